//! From numbers to places in a drawing, and the ticks worth a line.

/// From here on the largest ratio over the smallest takes a logarithmic scale.
const LOGARITHMIC_FROM: f64 = 8.0;
/// More ticks than this collide on a phone; those of a linear scale have longer labels.
const TICKS_MAX: usize = 7;
const INTERVALS_MAX: f64 = 5.0;
/// Empty space at either end of the scale, in per cent.
const MARGIN: f64 = 3.0;

/// The least and the greatest.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// From ratios to per cent of a plot's width.
pub(super) struct Scale {
    pub(super) is_logarithmic: bool,
    /// Ends, as [`Scale::place`] of their ratios.
    low: f64,
    high: f64,
}

impl Scale {
    /// A scale that shows 1 and all of `ratios`.
    pub(super) fn over(ratios: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends([1.0].into_iter().chain(ratios));
        Self::between(low, high, high / low > LOGARITHMIC_FROM)
    }

    /// A linear scale that shows 1 and all of `values`.
    pub(super) fn linear(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends([1.0].into_iter().chain(values));
        Self::between(low, high, false)
    }

    /// A logarithmic scale that shows all of `values`, none of which may be 0 or less.
    pub(super) fn logarithmic(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values);
        Self::between(low, high, true)
    }

    fn between(low: f64, high: f64, is_logarithmic: bool) -> Self {
        let mut scale = Self { is_logarithmic, low, high };
        (scale.low, scale.high) = (scale.place(low), scale.place(high));
        // A lone baseline still needs a scale to stand on.
        let least = 0.01;
        if scale.high - scale.low < least {
            scale.low -= least;
            scale.high += least;
        }
        scale
    }

    fn place(&self, ratio: f64) -> f64 {
        if self.is_logarithmic { ratio.log10() } else { ratio }
    }

    /// Where a ratio is, in per cent of the width.
    pub(super) fn percent(&self, ratio: f64) -> f64 {
        let part = (self.place(ratio) - self.low) / (self.high - self.low);
        MARGIN + (100.0 - 2.0 * MARGIN) * part.clamp(0.0, 1.0)
    }

    /// Ratios worth a line: always 1, and round steps from there.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic { self.logarithmic_ticks() } else { self.linear_ticks() }
    }

    /// Between two ticks of a linear scale.
    fn step(&self) -> f64 {
        let span = self.high - self.low;
        let power = 10_f64.powf((span / INTERVALS_MAX).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
        steps.into_iter().find(|step| span / step < INTERVALS_MAX).unwrap_or(span)
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let step = self.step();
        let first = ((self.low - 1.0) / step).ceil() as i64;
        let last = ((self.high - 1.0) / step).floor() as i64;
        (first..=last).map(|number| 1.0 + number as f64 * step).collect()
    }

    /// The text at a tick.
    pub(super) fn label(&self, tick: f64) -> String {
        if !self.is_logarithmic {
            let decimals = (-self.step().log10()).ceil().max(0.0) as usize;
            return format!("{tick:.decimals$}");
        }
        match tick {
            tick if (0.001..100_000.0).contains(&tick) => tick.to_string(),
            tick => format!("{tick:.0e}"),
        }
    }

    /// 1, 2 and 5 times powers of ten; where that is too many, every so many powers.
    fn logarithmic_ticks(&self) -> Vec<f64> {
        let shown = |tick: &f64| (self.low..=self.high).contains(&tick.log10());
        let powers = |every: i32| {
            let (first, last) = (self.low / f64::from(every), self.high / f64::from(every));
            (first.floor() as i32..=last.ceil() as i32).map(move |n| 10_f64.powi(n * every))
        };
        let fine: Vec<f64> = powers(1)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power))
            .filter(shown)
            .collect();
        if fine.len() <= TICKS_MAX {
            return fine;
        }
        let every = ((self.high - self.low) / (TICKS_MAX - 1) as f64).ceil().max(1.0) as i32;
        powers(every).filter(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(low: f64, high: f64) -> Scale {
        Scale::over([low, high].into_iter())
    }

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| scale.label(tick)).collect()
    }

    #[test]
    fn a_wide_range_is_logarithmic() {
        assert!(!over(0.5, 4.0).is_logarithmic);
        assert!(over(0.5, 4.1).is_logarithmic);
        assert!(over(1.0, 20.1).is_logarithmic);
    }

    #[test]
    fn ticks_are_few_and_round_and_always_hold_the_baseline() {
        assert_eq!(labels(&over(0.32, 2.4)), ["0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(labels(&over(0.985, 1.008)), ["0.985", "0.990", "0.995", "1.000", "1.005"]);
        assert_eq!(labels(&over(0.1, 4.6)), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(&over(1.0, 1e12)), ["1", "100", "10000", "1e6", "1e8", "1e10", "1e12"]);
        for (low, high) in [(1.0, 1.0), (1e-9, 1.0), (1e-300, 1e300), (2.0, 7.9), (0.2, 0.9)] {
            let scale = over(low, high);
            let ticks = scale.ticks();
            assert!(ticks.contains(&1.0) && ticks.len() <= 2 * TICKS_MAX, "{ticks:?}");
            for place in ticks.iter().chain(&[low, high]).map(|ratio| scale.percent(*ratio)) {
                assert!((MARGIN..=100.0 - MARGIN).contains(&place), "{low} {high}: {place}");
            }
        }
    }
}

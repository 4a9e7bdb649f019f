//! How numbers and words are written, on terminals and on pages alike.

use crate::record::Ratio;

/// What stands where there is no number.
pub(crate) const NONE: &str = "–";

/// Between digits and their unit, and between groups of three: narrow, and no line breaks there.
const THIN: char = '\u{202f}';

/// How a hash is written; names that are not known stay as they are.
pub(crate) fn hash_name(hash: &str) -> &str {
    match hash {
        "sha256" => "SHA-256",
        "blake3" => "BLAKE3",
        other => other,
    }
}

/// `1 thread`, `2 threads`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A whole number in groups of three.
pub fn grouped(number: u64) -> String {
    group(&number.to_string())
}

/// Groups the digits before the point; from five digits on, as years and ports do without.
fn group(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut grouped = String::new();
    for (position, digit) in number.char_indices() {
        if whole > 4 && position > 0 && position < whole && (whole - position).is_multiple_of(3) {
            grouped.push(THIN);
        }
        grouped.push(digit);
    }
    grouped
}

/// A number that is not negative, with so many significant digits; whole digits are never dropped.
pub(crate) fn digits(value: f64, significant: usize) -> String {
    let Some(exponent) = exponent(value, significant) else {
        return if value == 0.0 { "0".into() } else { NONE.into() };
    };
    if !(-4..9).contains(&exponent) {
        return format!("{value:.*e}", significant - 1);
    }
    let decimals = (significant as i32 - 1 - exponent).max(0) as usize;
    group(&format!("{value:.decimals$}"))
}

/// The power of ten of a value's first digit after rounding; `None` unless it is a positive number.
fn exponent(value: f64, significant: usize) -> Option<i32> {
    let positive = value.is_finite() && value > 0.0;
    let rounded = positive.then(|| format!("{value:.*e}", significant - 1))?;
    rounded.split_once('e')?.1.parse().ok()
}

/// Three significant digits with a decimal prefix: `48.0 M`, and the unit after it.
pub(crate) fn rate(value: f64, unit: &str) -> String {
    const PREFIXES: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    let step = exponent(value, 3).unwrap_or(0).div_euclid(3).max(0) as usize;
    let Some(prefix) = PREFIXES.get(step) else {
        return format!("{}{THIN}{unit}", digits(value, 3));
    };
    let number = digits(value / 1000_f64.powi(step as i32), 3);
    if number == NONE || (prefix.is_empty() && unit.is_empty()) {
        return number;
    }
    format!("{number}{THIN}{prefix}{unit}")
}

/// A part of a whole in per cent.
pub(crate) fn percent(part: f64) -> String {
    match digits(100.0 * part, 2) {
        number if number == NONE => number,
        number => format!("{number}{THIN}%"),
    }
}

/// A change in per cent with its interval: `-4.1 % [-5.0, -3.2]`.
pub(crate) fn change(ratio: &Ratio) -> String {
    let Ratio { median, low, high } = ratio;
    if ![median, low, high].iter().all(|end| end.is_finite()) {
        return NONE.into();
    }
    let [median, low, high] = [median, low, high].map(|end| 100.0 * (end - 1.0));
    format!("{median:+.1}{THIN}% [{low:+.1}, {high:+.1}]")
}

/// Nanoseconds with the unit that fits.
pub(crate) fn nanoseconds(nanoseconds: u64) -> String {
    let value = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}{THIN}ns"),
        1_000..1_000_000 => format!("{:.1}{THIN}µs", value / 1e3),
        _ => format!("{:.1}{THIN}ms", value / 1e6),
    }
}

/// Whether HTML and XML can write it: other control characters they cannot.
pub(crate) fn is_printable(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

/// A ratio with as many decimals as its interval supports.
pub(crate) struct Shown {
    /// The median; [`NONE`] if it is not a number.
    pub(crate) median: String,
    /// Low and high with a dash between; [`NONE`] where there is no interval.
    pub(crate) interval: String,
}

impl Shown {
    pub(crate) fn of(ratio: &Ratio) -> Self {
        Self::with(ratio, 1.2)
    }

    /// With one more decimal: noise is read closely.
    pub(crate) fn closely(ratio: &Ratio) -> Self {
        Self::with(ratio, 2.2)
    }

    /// Decimals such that the ends of the interval differ by about `10^beyond` in the last place.
    fn with(ratio: &Ratio, beyond: f64) -> Self {
        let width = ratio.high - ratio.low;
        let is_interval = width.is_finite() && width > 0.0;
        let decimals = match is_interval {
            true => (beyond - width.log10()).floor().clamp(0.0, 4.0) as usize,
            // The baseline's own ratio is 1 by definition.
            false if ratio.median == 1.0 => 0,
            false => 2,
        };
        let show = |value: f64| match value {
            // Too small or too large for decimals.
            value if !(0.001..1e6).contains(&value) => digits(value, 3),
            value => group(&format!("{value:.decimals$}")),
        };
        let interval = match is_interval {
            true => format!("{}–{}", show(ratio.low), show(ratio.high)),
            false => NONE.into(),
        };
        Self { median: show(ratio.median), interval }
    }

    /// The median with its sign.
    pub(crate) fn times(&self) -> String {
        match self.median.as_str() {
            NONE => NONE.into(),
            median => format!("{median}{THIN}×"),
        }
    }
}

/// `2026-11-22T09:20:00Z` as `22 November 2026, 09:20 UTC`; what is not like that, as it is.
pub(crate) fn date(rfc3339: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let parts = || {
        let (day, time) = rfc3339.strip_suffix('Z')?.split_once('T')?;
        let mut fields = day.splitn(3, '-');
        let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
        let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(format!("{} {month} {year}, {} UTC", day.parse::<u8>().ok()?, time.get(..5)?))
    };
    parts().unwrap_or_else(|| rfc3339.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(rate(4.8e7, "/s"), "48.0\u{202f}M/s");
        assert_eq!(rate(999_999.0, ""), "1.00\u{202f}M");
        assert_eq!(rate(0.5, ""), "0.500");
        assert_eq!(rate(0.0, ""), "0");
        assert_eq!(rate(f64::NAN, "/s"), NONE);
        assert_eq!(grouped(123_456_789), "123\u{202f}456\u{202f}789");
        assert_eq!(grouped(4096), "4096");
        let shown = [950, 1_500, 2_345_678].map(nanoseconds);
        assert_eq!(shown, ["950\u{202f}ns", "1.5\u{202f}µs", "2.3\u{202f}ms"]);
        let slower = Ratio { median: 0.959, low: 0.95, high: 0.968 };
        assert_eq!(change(&slower), "-4.1\u{202f}% [-5.0, -3.2]");
        assert_eq!(digits(2246.0, 3), "2246");
        assert_eq!(digits(53.96, 3), "54.0");
        assert_eq!(percent(0.61), "61\u{202f}%");
        assert_eq!(percent(f64::INFINITY), NONE);
        assert_eq!(date("2026-11-02T09:20:00Z"), "2 November 2026, 09:20 UTC");
        assert_eq!(date("yesterday"), "yesterday");
    }

    #[test]
    fn a_ratio_has_the_decimals_that_its_interval_supports() {
        let shown = |median, low, high| {
            let shown = Shown::of(&Ratio { median, low, high });
            (shown.median, shown.interval)
        };
        assert_eq!(shown(4.62, 4.60, 4.65), ("4.62".into(), "4.60–4.65".into()));
        assert_eq!(shown(1.0003, 0.9985, 1.0012), ("1.000".into(), "0.999–1.001".into()));
        assert_eq!(shown(20.1, 19.9, 20.4), ("20.1".into(), "19.9–20.4".into()));
        assert_eq!(shown(1.0, 1.0, 1.0), ("1".into(), NONE.into()));
        assert_eq!(shown(f64::NAN, 1.0, f64::INFINITY), (NONE.into(), NONE.into()));
    }
}

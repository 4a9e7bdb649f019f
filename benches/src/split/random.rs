//! Distributions over the one generator of this package.

use crate::workload::Words;

/// Uniform in 0..1, 53 bits.
pub(super) fn unit(words: &mut Words) -> f64 {
    (words.next() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Uniform in 0..=`most`.
pub(super) fn up_to(words: &mut Words, most: u64) -> u64 {
    ((u128::from(words.next()) * (u128::from(most) + 1)) >> 64) as u64
}

/// Normal with mean 0 and deviation 1 (Box and Muller).
pub(super) fn normal(words: &mut Words) -> f64 {
    let radius = (-2.0 * (1.0 - unit(words)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(words)).cos()
}

/// Exponential, rounded down.
pub(super) fn exponential(words: &mut Words, mean: f64) -> u64 {
    (-(1.0 - unit(words)).ln() * mean) as u64
}

/// Log-uniform between two numbers: each order of magnitude is as likely as any other.
pub(super) fn log_uniform(words: &mut Words, low: f64, high: f64) -> f64 {
    (low.ln() + unit(words) * (high / low).ln()).exp()
}

/// A generator of its own for each thing that is drawn, so that one does not shift the other.
pub(super) fn of(seed: u64, what: u64) -> Words {
    let mut words = Words::new(seed ^ what.wrapping_mul(0xd6e8_feb8_6659_fd93));
    Words::new(words.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_deviations_are_the_ones_asked_for() {
        let mut words = of(1, 2);
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut words)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let waits = (0..20_000).map(|_| exponential(&mut words, 1000.0)).sum::<u64>() / 20_000;
        assert!((960..1040).contains(&waits), "{waits}");
        assert!((0..1000).all(|_| up_to(&mut words, 3) <= 3));
        assert_eq!(up_to(&mut words, 0), 0);
        let all = (0..1000).all(|_| (2.0..=5.0).contains(&log_uniform(&mut words, 2.0, 5.0)));
        assert!(all);
    }
}

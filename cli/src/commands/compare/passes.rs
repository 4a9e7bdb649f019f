//! In which order points are visited, and for how long.
//!
//! Every point is visited once a pass, in a new order each pass. The first pass takes one round of
//! each, which tells what a round costs: a payment of a million children takes seconds, one of
//! sixteen takes milliseconds. In later passes points that cost little get equally long visits out
//! of the time that those that cost much leave.

use std::time::{Duration, Instant};

use ammeter_bench::workload::Words;

/// How often points are visited, and for how long in all.
#[derive(Clone, Copy, Debug)]
pub struct Passes {
    /// How many.
    pub count: u32,
    /// For all of them together.
    pub time: Duration,
    /// Seeds the order.
    pub seed: u64,
}

/// Visits `points` until all passes are over or `visit` returns false. It is given how long to
/// stay; it stays for at least a round.
pub fn in_passes<P>(
    points: &mut [P],
    plan: Passes,
    mut visit: impl FnMut(&mut P, Duration) -> bool,
) {
    let mut words = Words::new(plan.seed);
    let mut order: Vec<usize> = (0..points.len()).collect();
    let mut least = vec![f64::INFINITY; points.len()];
    let start = Instant::now();
    for pass in 0..plan.count {
        let left = plan.time.saturating_sub(start.elapsed()).as_secs_f64();
        let stay = match pass {
            0 => 0.0,
            _ => level(&least, left / f64::from(plan.count - pass)),
        };
        words.shuffle(&mut order);
        for &point in &order {
            let start = Instant::now();
            if !visit(&mut points[point], Duration::from_secs_f64(stay)) {
                return;
            }
            least[point] = least[point].min(start.elapsed().as_secs_f64());
        }
    }
}

/// The level to which visits that cost less are raised, so that all together cost `budget`; 0 where
/// they cost more than that already.
fn level(least: &[f64], budget: f64) -> f64 {
    let mut costs = least.to_vec();
    costs.sort_by(f64::total_cmp);
    let mut raised = costs.len();
    let mut left = budget;
    for cost in costs.iter().rev() {
        let even = left / raised as f64;
        if *cost <= even {
            return even;
        }
        left -= cost;
        raised -= 1;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheap_visits_share_what_dear_ones_leave() {
        assert_eq!(level(&[1.0, 1.0, 1.0], 12.0), 4.0);
        assert_eq!(level(&[1.0, 10.0, 1.0], 14.0), 2.0);
        assert_eq!(level(&[3.0, 10.0, 1.0], 15.0), 2.0, "3 is more than a half of 5");
        assert_eq!(level(&[5.0, 10.0], 14.0), 0.0);
        assert_eq!(level(&[], 14.0), 0.0);
    }

    #[test]
    fn every_point_is_visited_once_a_pass_in_changing_order() {
        let mut seen = Vec::new();
        let mut points: Vec<usize> = (0..20).collect();
        let plan = Passes { count: 3, time: Duration::ZERO, seed: 1 };
        in_passes(&mut points, plan, |point, _| {
            seen.push(*point);
            true
        });
        let passes: Vec<&[usize]> = seen.chunks(20).collect();
        assert!(passes.len() == 3 && passes[0] != passes[1] && passes[1] != passes[2]);
        for pass in passes {
            let mut sorted = pass.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, points);
        }
    }

    #[test]
    fn a_visit_can_end_it_all() {
        let mut visits = 0;
        let plan = Passes { count: 3, time: Duration::from_secs(60), seed: 1 };
        in_passes(&mut [0; 5], plan, |_, _| {
            visits += 1;
            visits < 2
        });
        assert_eq!(visits, 2);
    }
}

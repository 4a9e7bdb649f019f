//! Which points a sweep has.

use std::{iter::successors, thread};

use ammeter_bench::workload::Workload;

use crate::{commands::compare::Arguments, console::Refusal};

/// What every sweep over n visits, as far as its largest n; and that one.
const CHILDREN: [u64; 23] = [
    1,
    2,
    3,
    4,
    6,
    8,
    12,
    16,
    24,
    32,
    48,
    64,
    128,
    256,
    1024,
    4096,
    1 << 14,
    1 << 16,
    1 << 18,
    1 << 20,
    1 << 22,
    1 << 24,
    1 << 26,
];

/// Payments are so many that a call derives about this many pairs.
const PAIRS: u64 = 4096;

/// A place on the axis of a sweep.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) workload: Workload,
    pub(super) threads: u64,
}

/// Sizes up to the largest that was asked for, or that the scheme has.
pub(super) fn over_children(arguments: &Arguments) -> Vec<Stop> {
    let largest = arguments.sweep_max().min(arguments.children_max());
    let below = CHILDREN.into_iter().filter(|children| *children < largest);
    let stop = |children: u64| {
        let payments = (PAIRS / children).max(1);
        let (payments, children) = (payments as usize, children as usize);
        let workload = Workload::new(arguments.scheme, payments, children, arguments.seed);
        Stop { workload, threads: arguments.threads() }
    };
    below.chain([largest]).map(stop).collect()
}

/// 1, 2, 4 … threads, and as many as there are.
pub(super) fn over_threads(arguments: &Arguments) -> Result<Vec<Stop>, Refusal> {
    let most = thread::available_parallelism()
        .map_err(|error| Refusal::of("--sweep threads", error))?
        .get() as u64;
    let below = successors(Some(1), |threads| Some(2 * threads)).take_while(|n| *n < most);
    let stop = |threads| Stop { workload: arguments.workload(), threads };
    Ok(below.chain([most]).map(stop).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::compare::flags::parse;

    fn sizes(flags: &[&str]) -> Vec<(usize, usize)> {
        let stops = over_children(&parse(flags));
        stops.iter().map(|stop| (stop.workload.children, stop.workload.payments.len())).collect()
    }

    #[test]
    fn small_payments_are_many_and_schemes_end_at_their_last_index() {
        let sizes_of_tree = sizes(&["--scheme", "tree", "--quick"]);
        assert_eq!(sizes_of_tree.first(), Some(&(1, 4096)));
        assert!(sizes_of_tree.contains(&(3, 1365)));
        assert_eq!(sizes_of_tree.last(), Some(&(256, 16)));
        assert_eq!(sizes(&["--quick"]).last(), Some(&(1 << 16, 1)));
        assert_eq!(sizes(&["--sweep-max", "1"]), [(1, 4096)]);
        let odd: Vec<usize> = sizes(&["--sweep-max", "7"]).iter().map(|size| size.0).collect();
        assert_eq!(odd, [1, 2, 3, 4, 6, 7], "the largest is what was asked for");
    }

    #[test]
    fn threads_double_up_to_all() {
        let stops = over_threads(&parse(&[])).unwrap();
        let all = thread::available_parallelism().unwrap().get() as u64;
        assert_eq!((stops[0].threads, stops[stops.len() - 1].threads), (1, all));
        assert!(stops.windows(2).all(|pair| pair[1].threads <= 2 * pair[0].threads));
    }
}

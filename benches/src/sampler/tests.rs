use std::sync::atomic::{AtomicU32, Ordering};

use ammeter_core::{Pairs, Scheme};

use super::*;
use crate::{
    backend::{Backend, Failure},
    clock::Elapsed,
    registry,
};

/// Flips one bit of one output, once, late in the run.
struct Liar {
    honest: Box<dyn Backend>,
    calls: u32,
}

impl Backend for Liar {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let Pairs { preimages, payment_hashes } = output;
        let reborrowed = Pairs { preimages: &mut *preimages, payment_hashes: &mut *payment_hashes };
        let elapsed = self.honest.derive(workload, reborrowed)?;
        self.calls += 1;
        if self.calls == 20 {
            payment_hashes[workload.pairs() / 2].0[31] ^= 1;
        }
        Ok(elapsed)
    }
}

/// Does nothing, at once.
struct Idler;

impl Backend for Idler {
    fn derive(&mut self, _: &Workload, _: Pairs<'_>) -> Result<Elapsed, Failure> {
        Ok(Elapsed { time: Duration::from_nanos(1), reference_cycles: None })
    }
}

/// Gives up.
struct Quitter;

impl Backend for Quitter {
    fn derive(&mut self, _: &Workload, _: Pairs<'_>) -> Result<Elapsed, Failure> {
        Err(Failure("no".into()))
    }
}

fn entry(name: &str, make: impl Fn() -> Box<dyn Backend> + Send + Sync + 'static) -> Entry {
    Entry {
        name: name.into(),
        hash: Hash::Sha256,
        isa: String::new(),
        version: String::new(),
        call: String::new(),
        make: Box::new(make),
    }
}

fn honest() -> Box<dyn Backend> {
    registry::entries(Hash::Sha256)[0].make()
}

fn run(entries: &[Entry], threads: usize) -> Run {
    let workload = Workload::new(Scheme::Og, 2, 33, 1);
    let plan = Plan { hash: Hash::Sha256, threads, time: Duration::ZERO, seed: 1 };
    sample(entries, 0, &workload, plan, &mut |_| true)
}

#[test]
fn one_wrong_bit_once_unmasks_a_row_and_spares_the_others() {
    for threads in [1, 3] {
        let liar = || Box::new(Liar { honest: honest(), calls: 0 }) as Box<dyn Backend>;
        let entries = [
            entry("honest", honest),
            entry("liar", liar),
            entry("idler", || Box::new(Idler)),
            entry("quitter", || Box::new(Quitter)),
        ];
        let run = run(&entries, threads);
        assert!(matches!(run.outcomes[0], Outcome::Verified(_)), "{:?}", run.outcomes);
        assert!(matches!(run.outcomes[1], Outcome::Wrong(_)), "{:?}", run.outcomes);
        assert!(matches!(run.outcomes[2], Outcome::Wrong(_)), "{:?}", run.outcomes);
        assert!(matches!(run.outcomes[3], Outcome::Failed(_)), "{:?}", run.outcomes);
        assert!(run.noise.is_some());
    }
}

#[test]
fn a_wrong_baseline_leaves_nothing_to_compare_with() {
    let run = run(&[entry("idler", || Box::new(Idler)), entry("honest", honest)], 1);
    assert!(matches!(run.outcomes[0], Outcome::Wrong(_)));
    assert!(matches!(run.outcomes[1], Outcome::Failed(_)));
    assert!(run.noise.is_none());
}

/// Right in all calls, until the pass is over and its clock is audited.
struct Untimed(Box<dyn Backend>);

impl Backend for Untimed {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        self.0.derive(workload, output)
    }

    fn end_pass(&mut self) -> Result<(), Fault> {
        Err(Fault::Untimed(Failure("its clock: no".into())))
    }
}

/// The results of a baseline of which only the copies `bad` are so: 0 is its row, 1 is A/A, and 2
/// what all rows are compared with. Beside it runs an honest row.
fn copies(bad: &[u32], make: fn() -> Box<dyn Backend>) -> Run {
    let (made, bad) = (AtomicU32::new(0), bad.to_vec());
    let make = move || {
        let copy = made.fetch_add(1, Ordering::Relaxed);
        if bad.contains(&copy) { make() } else { honest() }
    };
    run(&[entry("baseline", make), entry("honest", honest)], 1)
}

fn liar() -> Box<dyn Backend> {
    Box::new(Liar { honest: honest(), calls: 0 })
}

#[test]
fn the_row_of_the_baseline_answers_for_all_its_copies() {
    for copy in 0..3 {
        let run = copies(&[copy], liar);
        assert!(matches!(run.outcomes[0], Outcome::Wrong(_)), "{copy}: {:?}", run.outcomes);
        assert!(run.noise.is_none(), "{copy}");
        let has_ratio = matches!(run.outcomes[1], Outcome::Verified(_));
        assert_eq!(has_ratio, copy != 2, "{copy}: {:?}", run.outcomes);

        let run = copies(&[copy], || Box::new(Untimed(honest())));
        assert!(matches!(run.outcomes[0], Outcome::Untimed(_)), "{copy}: {:?}", run.outcomes);
        assert!(run.noise.is_none(), "{copy}");
        let other = &run.outcomes[1];
        match copy {
            2 => assert!(matches!(other, Outcome::Untimed(_)), "{other:?}"),
            _ => assert!(matches!(other, Outcome::Verified(_)), "{copy}: {other:?}"),
        }
    }
    let run = copies(&[], liar);
    assert!(run.noise.is_some() && run.outcomes.iter().all(|outcome| outcome.sampled().is_ok()));
}

#[test]
fn a_refused_clock_of_the_baseline_hides_no_wrong_output() {
    let made = AtomicU32::new(0);
    let make = move || match made.fetch_add(1, Ordering::Relaxed) {
        2 => liar(),
        _ => Box::new(Untimed(honest())),
    };
    let run = run(&[entry("baseline", make), entry("honest", honest)], 1);
    assert!(matches!(run.outcomes[0], Outcome::Wrong(_)), "{:?}", run.outcomes);
}

#[test]
fn passes_add_up_to_one_run() {
    let workload = Workload::new(Scheme::Og, 2, 33, 1);
    let plan = Plan { hash: Hash::Sha256, threads: 1, time: Duration::ZERO, seed: 1 };
    let entries = [entry("one", honest), entry("other", honest)];
    let mut sampler = Sampler::new(&entries, 0, &workload, plan);
    let mut so_far = Vec::new();
    for rounds_min in [0, 3, 1] {
        sampler.pass(Duration::ZERO, rounds_min, &mut |_: f64| true);
        so_far.push(sampler.results().rounds);
    }
    assert_eq!((so_far, sampler.rounds()), (vec![1, 4, 5], 5), "asking takes no sample");
    let run = sampler.results();
    assert_eq!(run.rounds, 5);
    for outcome in &run.outcomes {
        let Outcome::Verified(sampled) = outcome else { panic!("{outcome:?}") };
        assert_eq!((sampled.ratios.len(), sampled.pass_speeds.len()), (5, 3));
        assert_eq!(sampled.ratio, Interval::of_median(&sampled.ratios, 1), "of all passes");
    }
}

/// A row that is found out in one pass stays so in the next.
#[test]
fn a_fault_lasts() {
    let liar = || Box::new(Liar { honest: honest(), calls: 0 }) as Box<dyn Backend>;
    let workload = Workload::new(Scheme::Og, 2, 33, 1);
    let plan = Plan { hash: Hash::Sha256, threads: 1, time: Duration::ZERO, seed: 1 };
    let entries = [entry("honest", honest), entry("liar", liar)];
    let mut sampler = Sampler::new(&entries, 0, &workload, plan);
    sampler.pass(Duration::ZERO, 3, &mut |_: f64| true);
    sampler.pass(Duration::ZERO, 1, &mut |_: f64| true);
    let run = sampler.results();
    assert!(matches!(run.outcomes[0], Outcome::Verified(_)), "{:?}", run.outcomes);
    assert!(matches!(run.outcomes[1], Outcome::Wrong(_)), "{:?}", run.outcomes);
}

#[test]
fn asked_to_stop_a_pass_ends_with_its_round() {
    let workload = Workload::new(Scheme::Og, 2, 33, 1);
    let plan = Plan { hash: Hash::Sha256, threads: 1, time: Duration::ZERO, seed: 1 };
    let entries = [entry("honest", honest)];
    let mut sampler = Sampler::new(&entries, 0, &workload, plan);
    sampler.pass(Duration::from_secs(600), 1, &mut |_: f64| false);
    assert_eq!(sampler.rounds(), 1);
}

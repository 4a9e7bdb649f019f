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

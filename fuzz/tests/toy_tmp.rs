use ammeter_fuzz::{adapter::{UnderTest, builtin::Builtin}, sim::{attack::{self, *}, generate::Settings, invariants::Watch, show, shrink}, specimens::*};
use std::time::Instant;
fn go(n: u64, make: &(dyn Fn() -> Box<dyn UnderTest> + Sync)) {
    let plan = Plan { seed: std::env::var("SEED").map_or(1, |s| s.parse().unwrap()), histories: n, jobs: 1, settings: Settings::default(), watch: Watch::Rules };
    let t = Instant::now();
    let report = attack::run(&plan, make, &Progress::default());
    println!("{} histories, {:?}, {} inputs", report.histories, t.elapsed(), report.coverage.input_count());
    println!("{:?}\n{:?} {} states", report.coverage.reasons(), report.coverage.unreadable(), report.coverage.state_count());
    if let Some(f) = report.failure {
        println!("seed {} {}", f.seed, f.violation);
        let mut toy = make();
        let (h, v) = shrink::shrink(&f.history, &f.violation, &mut *toy, plan.watch);
        println!("{h}\n{v}\n{}", show::timeline(&h, &mut *toy, plan.watch));
        panic!();
    }
}
#[test]
fn clean() { go(100_000, &|| Box::new(Toy::new(None))) }
#[test]
fn core() { go(100_000, &|| Box::new(Builtin::new())) }
#[test]
fn core_audited() { go(20_000, &|| Box::new(Builtin::audited())) }
#[test]
fn flaws() {
    let only = std::env::var("FLAW").ok();
    let tries = 200_000;
    for flaw in Flaw::ALL.iter().filter(|f| only.as_deref().is_none_or(|o| f.name() == o)) {
        let mut times = vec![];
        let mut broke = std::collections::BTreeMap::<&str, u32>::new();
        let seeds = std::env::var("SEEDS").map_or(3, |s| s.parse().unwrap());
        for seed in 1..=seeds {
            let plan = Plan { seed: seed << 32, histories: tries, jobs: 1, settings: Settings::default(), watch: Watch::Invariants };
            let report = attack::run(&plan, &|| Box::new(Toy::new(Some(*flaw))), &Progress::default());
            let Some(f) = report.failure else { times.push(u64::MAX); continue };
            times.push(report.histories);
            *broke.entry(f.violation.invariant.name()).or_default() += 1;
            if seed == 1 {
                let mut toy = Toy::new(Some(*flaw));
                let (h, v) = shrink::shrink(&f.history, &f.violation, &mut toy, plan.watch);
                println!("### {} {}\n{h}{v}", flaw.name(), h.operations.len());
            }
        }
        times.sort();
        println!("==> {:26} {:22} {:?} {:?}", flaw.name(), flaw.breaks().name(), broke, times);
    }
}

use ammeter_fuzz::{sim::{attack::{self, *}, generate::Settings, invariants::Watch, show, shrink}, specimens::*};
use std::time::Instant;
#[test]
fn clean() {
    let plan = Plan { seed: 1, histories: 20_000, jobs: 1, settings: Settings::default(), watch: Watch::Rules };
    let t = Instant::now();
    let report = attack::run(&plan, &|| Box::new(Toy::new(None)), &Progress::default());
    println!("{} histories, {:?}, {} inputs", report.histories, t.elapsed(), report.coverage.input_count());
    println!("{:?}\n{:?} {} states", report.coverage.reasons(), report.coverage.unreadable(), report.coverage.state_count());
    if let Some(f) = report.failure {
        println!("seed {} {}", f.seed, f.violation);
        let mut toy = Toy::new(None);
        let (h, v) = shrink::shrink(&f.history, &f.violation, &mut toy, plan.watch);
        println!("{h}\n{v}\n{}", show::timeline(&h, &mut toy, plan.watch));
        panic!();
    }
}

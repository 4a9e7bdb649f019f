//! Promise: the harness finds every specimen, and shrinks what it finds to about the shortest
//! history that is known.

use ammeter_fuzz::{
    census::{Sign, shortest, sign},
    sim::{
        attack,
        history::History,
        invariants::{Invariant, Watch},
        show,
    },
    specimens::{Baseline, Flaw, detect},
};

/// For each specimen and seed. In release all are found in a tenth of this.
const HISTORIES: u64 = 50_000;

#[test]
fn every_known_history_breaks_what_its_specimen_names() {
    for flaw in Flaw::ALL {
        let mut specimen = Baseline::new(Some(*flaw));
        let violation = attack::replay(&shortest(*flaw), &mut specimen, Watch::Invariants)
            .expect_err("a specimen breaks");
        assert_eq!(violation.invariant, flaw.breaks(), "{}: {violation}", flaw.name());
    }
}

#[test]
fn a_census_shows_a_specimen_its_flaw_and_the_correct_receiver_none() {
    for flaw in Flaw::ALL {
        assert_eq!(sign(*flaw, &mut Baseline::new(None)), Sign::Absent, "{}", flaw.name());
        let shown = sign(*flaw, &mut Baseline::new(Some(*flaw)));
        assert!(matches!(shown, Sign::Shown(_)), "{}: {shown:?}", flaw.name());
    }
}

#[test]
fn every_specimen_is_found_and_shrunk() {
    let mut ratios = Vec::new();
    for flaw in Flaw::ALL {
        let shortest = shortest(*flaw).operations.len();
        for seed in 1..=2 {
            let found = detect::find(*flaw, seed, HISTORIES, None)
                .unwrap_or_else(|| panic!("{} is not found with seed {seed}", flaw.name()));
            ratios.push(found.shrunk_length(*flaw) as f64 / shortest as f64);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    assert!(median <= 1.5, "shrunk histories are {median} times as long as the shortest known");
}

#[test]
fn specimens_have_names_and_stories() {
    let mut names: Vec<&str> = Flaw::ALL.iter().map(|flaw| flaw.name()).collect();
    assert!(names.len() >= 40);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Flaw::ALL.len());
    for flaw in Flaw::ALL {
        assert_eq!(Flaw::of_name(flaw.name()), Some(*flaw));
        assert!(!flaw.story().is_empty());
    }
}

/// The table of rules is more than the invariants: a failure that breaks the table only has a trace
/// and a test that ask for the table.
#[test]
fn what_breaks_the_table_of_rules_fails_alike_in_its_trace_and_in_its_test() {
    // It fails a part whose share another part has. The third part never comes, so no invariant
    // breaks.
    let mut specimen = Baseline::new(Some(Flaw::SharesAreKeys));
    let text = "ammeter history 1\n\
        payment basic one-share parts=3 fold=0 amount=1000 name=own root=0\n\
        htlc 1/0 payment=0 part=0\nhtlc 1/1 payment=0 part=1\n";
    let mut history: History = text.parse().expect("a history");
    assert_eq!(attack::replay(&history, &mut specimen, Watch::Invariants), Ok(()));
    let found = attack::replay(&history, &mut specimen, Watch::Rules);
    let violation = found.clone().expect_err("the table says hold");
    assert_eq!(violation.invariant, Invariant::Rules);

    history.rules = true;
    let trace: History = history.to_string().parse().expect("its own text");
    assert_eq!(attack::replay(&trace, &mut specimen, Watch::Invariants), found);

    let pasted = show::test(&history, &violation, "Baseline::new(None)", Watch::Rules);
    let (_, pasted) = pasted.split_once("= \"\\\n").expect("a history begins");
    let (pasted, call) = pasted.split_once("\"\n").expect("a history ends");
    let pasted: History = pasted.parse().expect("the test's text");
    assert_eq!(attack::replay(&pasted, &mut specimen, Watch::Invariants), found);
    assert!(call.contains("Watch::Rules)"), "{call}");
}

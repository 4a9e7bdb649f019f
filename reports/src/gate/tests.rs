use super::*;

fn figure(name: &str, median: f64) -> Figure {
    Figure {
        name: name.into(),
        cpu: "Example CPU".into(),
        against: "peer 1.2.3".into(),
        ratio: Some(Ratio { median, low: 0.998 * median, high: 1.002 * median }),
        noise: Some(Ratio { median: 1.0, low: 0.999, high: 1.001 }),
        fault: None,
        clock_refused: false,
    }
}

fn verdict(old: Figure, new: Figure) -> Verdict {
    changes(&[old], &[new], 0.03).remove(0).verdict
}

fn unknown(verdict: &Verdict, word: &str) -> bool {
    matches!(verdict, Verdict::Unknown(why) if why.contains(word))
}

#[test]
fn three_verdicts() {
    let against = |median| verdict(figure("row", 2.0), figure("row", median));
    assert_eq!(against(2.0), Verdict::Fine);
    assert_eq!(against(3.0), Verdict::Fine, "faster");
    assert_eq!(against(1.97), Verdict::Fine, "slower by less than is allowed");
    assert!(against(1.90).is_regression());
    assert!(unknown(&against(1.94), "wider"), "on the edge");
}

#[test]
fn noise_makes_a_verdict_unknown_and_never_a_regression() {
    let noisy = |mut of: Figure| {
        of.noise = Some(Ratio { median: 1.0, low: 0.9, high: 1.1 });
        of
    };
    let (old, new) = (figure("row", 2.0), figure("row", 1.90));
    assert!(unknown(&verdict(noisy(old.clone()), new.clone()), "wider"));
    assert!(unknown(&verdict(old.clone(), noisy(new.clone())), "wider"));
    let silent = Figure { noise: None, ..new };
    assert!(unknown(&verdict(old, silent), "A/A"));
}

#[test]
fn what_cannot_be_compared_is_not() {
    let (old, new) = (figure("row", 2.0), figure("row", 1.0));
    let other = |change: fn(&mut Figure)| {
        let mut new = new.clone();
        change(&mut new);
        verdict(old.clone(), new)
    };
    assert!(unknown(&other(|new| new.cpu = "Another".into()), "machines"));
    assert!(unknown(&other(|new| new.against = "peer 2".into()), "compared with"));
    assert!(unknown(&other(|new| new.name = "gone".into()), "does not have"));
    assert!(unknown(&other(|new| new.ratio = None), "missing"));
    let nan = Ratio { median: f64::NAN, low: f64::NAN, high: f64::NAN };
    assert!(unknown(&verdict(old.clone(), Figure { ratio: Some(nan), ..new.clone() }), "wider"));
}

#[test]
fn only_what_was_right_can_be_no_longer_right() {
    let right = figure("row", 2.0);
    let wrong = Figure { fault: Some("an output differed".into()), ..right.clone() };
    let refused = Figure {
        fault: Some("failed: its clock: it lies".into()),
        clock_refused: true,
        ..right.clone()
    };
    assert!(verdict(right.clone(), wrong.clone()).is_regression());
    assert!(unknown(&verdict(right.clone(), refused.clone()), "its clock"));
    for old in [wrong.clone(), refused] {
        for new in [&wrong, &right] {
            assert!(unknown(&verdict(old.clone(), new.clone()), "the old run"));
        }
    }
}

#[test]
fn what_compares_nothing_is_told_from_what_finds_nothing() {
    let old = ["one", "two", "three"].map(|name| figure(name, 2.0));
    let other = Figure { cpu: "Another".into(), ..figure("one", 2.0) };
    let why = |new: &[Figure]| incomparable(&changes(&old, new, 0.03));
    let both = "the machines differ; the new run does not have it";
    assert_eq!(why(std::slice::from_ref(&other)).as_deref(), Some(both));
    let wrong = Figure { fault: Some("an output differed".into()), ..figure("two", 2.0) };
    for found in [figure("two", 2.0), figure("two", 1.94), wrong] {
        assert_eq!(why(&[other.clone(), found]), None);
    }
}

#[test]
fn of_several_of_a_name_the_order_decides_nothing() {
    let (old, slow) = (figure("row", 2.0), figure("row", 1.0));
    let fast = Figure { cpu: "Another".into(), ..figure("row", 3.0) };
    for new in [[slow.clone(), fast.clone()], [fast, slow.clone()], [figure("row", 2.0), slow]] {
        let verdicts = changes(std::slice::from_ref(&old), &new, 0.03);
        assert!(verdicts.len() == 1 && verdicts[0].verdict.is_regression(), "{verdicts:?}");
    }
}

fn three() -> Vec<Change> {
    let old = ["<one>", "two|", "three"].map(|name| figure(name, 2.0));
    let new = [figure("<one>", 1.0), figure("two|", 1.94), figure("three", 2.0)];
    changes(&old, &new, 0.03)
}

#[test]
fn markdown_has_each_figure_once_and_folds_what_is_fine() {
    let text = markdown(&three(), 0.03);
    assert!(text.contains("1 regressed by more than 3.0 %, 1 did not, 1 cannot be told"), "{text}");
    let (seen, folded) = text.split_once("<details>").unwrap();
    assert!(
        seen.contains("| regressed | \\<one\\> |") && seen.contains("| cannot tell | two\\| |")
    );
    assert!(folded.contains("| fine | three |") && !seen.contains("three"), "{text}");
}

#[test]
fn junit_escapes_and_counts() {
    let text = junit(&three());
    assert!(text.contains("tests=\"3\" failures=\"1\" skipped=\"1\""), "{text}");
    assert!(text.contains("name=\"&lt;one&gt;\"><failure message="), "{text}");
    assert_eq!(text.matches("<testcase").count(), text.matches("</testcase>").count());
}

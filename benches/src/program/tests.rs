//! Programs that are honest, that cheat, and that misbehave.

use std::{
    io::{BufRead as _, BufReader, Write as _, pipe},
    sync::Mutex,
    thread,
};

use ammeter_core::Scheme;

use super::*;
use crate::{
    registry,
    sampler::{Outcome, Plan, Run, sample},
};

/// Answers in a program's stead: given the request and its answer.
type Tamper = Box<dyn FnMut(&str, String) -> String + Send>;

fn ours() -> Entry {
    registry::entries(Hash::Sha256).remove(0)
}

/// Where the clock is not what is asked for: a thread has no count of its time off the core, so on a
/// busy machine it would be refused.
fn whatever_its_clock() -> Patience {
    Patience { clock: f64::INFINITY, ..Patience::default() }
}

/// A program that runs in a thread here, behind a man in the middle who changes what it says.
fn tampered(served: fn() -> Entry, tamper: fn() -> Tamper) -> Entry {
    behind(served, tamper, whatever_its_clock())
}

fn behind(served: fn() -> Entry, tamper: fn() -> Tamper, patience: Patience) -> Entry {
    let start = move || {
        let [ours, theirs] = [(); 2].map(|()| [(); 2].map(|()| pipe().expect("a pipe")));
        let [(requests, to_middle), (from_middle, mut answers)] = ours;
        let [(for_program, mut to_program), (from_program, of_program)] = theirs;
        thread::spawn(move || serve(&served(), BufReader::new(for_program), of_program));
        let request = Arc::new(Mutex::new(String::new()));
        let asked = Arc::clone(&request);
        thread::spawn(move || {
            for line in BufReader::new(requests).lines().map_while(Result::ok) {
                asked.lock().unwrap().clone_from(&line);
                if writeln!(to_program, "{line}").is_err() {
                    return;
                }
            }
        });
        let mut tamper = tamper();
        thread::spawn(move || {
            for line in BufReader::new(from_program).lines().map_while(Result::ok) {
                let answer = tamper(&request.lock().unwrap(), line);
                if writeln!(answers, "{answer}").is_err() {
                    return;
                }
            }
        });
        Ok((None, Conversation::new(to_middle, from_middle)))
    };
    entry_from("program", Box::new(start), patience).expect("it says hello")
}

fn honest() -> Tamper {
    Box::new(|_, answer| answer)
}

/// Times of two tests at once would disturb each other.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs `row` beside our own.
fn compared(row: Entry, scheme: Scheme) -> Run {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let workload = Workload::new(scheme, 2, 33, 1);
    let plan = Plan { hash: Hash::Sha256, threads: 1, time: Duration::ZERO, seed: 1 };
    sample(&[ours(), row], 0, &workload, plan, &mut |_| true)
}

/// What is said of a row.
fn fault(row: Entry) -> String {
    match compared(row, Scheme::Og).outcomes.remove(1) {
        Outcome::Wrong(text) | Outcome::Failed(Failure(text)) | Outcome::Untimed(Failure(text)) => {
            text
        }
        Outcome::Verified(_) => panic!("it was not found out"),
    }
}

#[test]
fn an_honest_program_is_verified_in_every_scheme() {
    for scheme in Scheme::ALL {
        let run = compared(tampered(ours, honest), scheme);
        for outcome in &run.outcomes {
            assert!(matches!(outcome, Outcome::Verified(_)), "{scheme}: {outcome:?}");
        }
        assert!(run.noise.is_some());
    }
}

/// A baseline and several threads may be programs too, and one program serves one lane after the
/// other.
#[test]
fn programs_are_a_baseline_and_have_threads() {
    let started = Arc::new(Mutex::new(0));
    let count = Arc::clone(&started);
    let start = move || {
        *count.lock().unwrap() += 1;
        let [(requests, to), (from, answers)] = [(); 2].map(|()| pipe().expect("a pipe"));
        thread::spawn(move || serve(&ours(), BufReader::new(requests), answers));
        Ok((None, Conversation::new(to, from)))
    };
    let row = entry_from("program", Box::new(start), whatever_its_clock()).unwrap();
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let entries = [ours(), row];
    let plan = Plan { hash: Hash::Sha256, threads: 2, time: Duration::ZERO, seed: 1 };
    for payments in [2, 3] {
        let workload = Workload::new(Scheme::Og, payments, 33, 1);
        let run = sample(&entries, 1, &workload, plan, &mut |_| true);
        for outcome in &run.outcomes {
            assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
        }
    }
    assert_eq!(*started.lock().unwrap(), 6, "two threads: of the row, the baseline, and A/A");
}

#[test]
fn derive_gives_the_pairs_themselves() {
    let workload = Workload::new(Scheme::Lnd, 3, 5, 7);
    let mut output = Output::new(workload.pairs());
    let mut program = tampered(ours, honest).make();
    program.derive(&workload, output.wiped()).unwrap();
    assert_eq!(output.digest(), workload.expected(Hash::Sha256));
}

/// The page's transcript, served by us: everything but the hello and the times is given by the
/// requests.
#[test]
fn the_page_shows_what_is_said() {
    const PAGE: &str = include_str!("../../../docs/backend-protocol.md");
    let transcript = PAGE.split("## A transcript").nth(1).expect("the page has a transcript");
    let lines: Vec<&str> = transcript.split("```").nth(1).expect("in a box").lines().collect();
    let lines_with =
        |mark: &'static str| lines.iter().filter_map(move |line| line.strip_prefix(mark));
    let requests: String = lines_with("> ").map(|line| format!("{line}\n")).collect();
    let mut said = Vec::new();
    serve(&ours(), requests.as_bytes(), &mut said).unwrap();
    let after_ready = |lines: &mut dyn Iterator<Item = String>| -> Vec<String> {
        lines.skip_while(|line| line != "ready").map(without_times).collect()
    };
    let said = String::from_utf8(said).unwrap();
    let said = after_ready(&mut said.lines().map(str::to_owned));
    assert_eq!(said, after_ready(&mut lines_with("< ").map(|line| (*line).to_owned())));
    assert_eq!(said.len(), 5);
}

fn without_times(line: String) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    if let ["ran", _, _, digest] = words[..] {
        return format!("ran {digest}");
    }
    line
}

/// Gives the first answer for ever.
#[test]
fn a_cached_answer_is_found_out() {
    let cached = || -> Tamper {
        let mut first = None;
        Box::new(move |request, answer| {
            if request.starts_with("run ") { first.get_or_insert(answer).clone() } else { answer }
        })
    };
    let text = fault(tampered(ours, cached));
    assert!(text.contains("WRONG: the digest of the call with counter"), "{text}");
}

/// Flips one bit of one output in every tenth call.
struct OneBit {
    honest: Box<dyn Backend>,
    calls: u32,
    every: u32,
}

impl Backend for OneBit {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let Pairs { preimages, payment_hashes } = output;
        let again = Pairs { preimages: &mut *preimages, payment_hashes: &mut *payment_hashes };
        let elapsed = self.honest.derive(workload, again)?;
        self.calls += 1;
        if self.calls.is_multiple_of(self.every) {
            payment_hashes[47].0[31] ^= 1;
        }
        Ok(elapsed)
    }
}

fn one_bit(every: u32) -> Entry {
    let make =
        move || -> Box<dyn Backend> { Box::new(OneBit { honest: ours().make(), calls: 0, every }) };
    Entry { make: Box::new(make), ..ours() }
}

#[test]
fn one_wrong_bit_is_found_and_named() {
    let text = fault(tampered(|| one_bit(1), honest));
    assert!(text.contains("WRONG: pair 47 of the call with counter"), "{text}");
    let (said, due) = text.split_once(" and should be ").expect("both values");
    assert_ne!(&said[said.len() - 64..], due);
    let text = fault(tampered(|| one_bit(100), honest));
    assert!(text.contains("the same calls one by one were right"), "{text}");
}

/// Claims `part` of both of its times.
fn claims(part: f64) -> Tamper {
    Box::new(move |_, answer| {
        let words: Vec<&str> = answer.split(' ').collect();
        let ["ran", wall, cpu, digest] = words[..] else { return answer };
        let times = [wall, cpu].map(|time| (time.parse::<f64>().unwrap() * part).ceil());
        format!("ran {} {} {digest}", times[0], times[1])
    })
}

#[test]
fn an_idle_clock_is_found_out_and_one_that_runs_ahead() {
    for tamper in [|| claims(1e-6), || claims(0.4), || claims(4.0)] {
        let text = fault(behind(ours, tamper, Patience::default()));
        assert!(text.contains("its clock: it claims"), "{text}");
    }
}

/// A CPU clock that stands still would hide everything behind "I was not on the core".
#[test]
fn time_off_the_core_counts_as_far_as_the_kernel_confirms_it() {
    let us = Duration::from_micros;
    assert_eq!(on_core(us(1000), Some(us(0)), Some(us(0))), us(1000), "nobody took the core");
    assert_eq!(on_core(us(1000), Some(us(600)), Some(us(300))), us(700));
    assert_eq!(on_core(us(1000), Some(us(600)), Some(us(900))), us(600));
    assert_eq!(
        on_core(us(1000), Some(us(998)), Some(us(900))),
        us(1000),
        "within the clocks' error"
    );
    assert_eq!(on_core(us(1000), Some(us(1700)), Some(us(0))), us(1000), "other threads' time");
    assert_eq!(on_core(us(1000), Some(us(600)), None), us(1000), "no kernel to ask");
    assert_eq!(on_core(us(1000), None, Some(us(600))), us(1000));
}

#[cfg(unix)]
mod misbehaving {
    use std::{fs, path::Path};

    use super::*;

    const HELLO: &str = "printf 'ammeter-backend 1\\nname sh\\nversion 1\\nhash sha256\\nready\\n'";

    /// The row of a shell script, or why there is none.
    fn script(text: &str) -> Result<(tempfile::TempDir, Entry), Failure> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("program"), text).unwrap();
        let line = CommandLine::new("sh program", folder.path())?;
        let patience = Patience {
            ready: Duration::from_secs(5),
            answer: Duration::from_millis(500),
            pair: Duration::ZERO,
            clock: 0.25,
        };
        entry("script", line, patience).map(|row| (folder, row))
    }

    /// What is said of a script that says hello and then does this.
    fn after_hello(then: &str) -> String {
        let (_folder, row) = script(&format!("{HELLO}\n{then}\n")).expect("it says hello");
        fault(row)
    }

    #[test]
    fn each_ends_with_a_message_that_says_what_happened() {
        let cases = [
            ("sleep 1000", "no answer within 0.5 s"),
            ("read x; echo boom >&2; exit 3", "exit status: 3"),
            ("read x; echo boom >&2; exit 3", "standard error: boom"),
            ("yes", "`y`"),
            ("read x; tr '\\0' x < /dev/zero", "more than 1024 bytes"),
            ("read x; printf 'what?\\n'; sleep 1000", "`what?` is not `loaded`"),
            ("read x; printf 'x\\377\\n'; sleep 1000", "not UTF-8 at offset 1"),
            ("read x; printf 'loa'", "in the middle of a line"),
            ("read x; echo error no such scheme; sleep 1000", "it says: no such scheme"),
            ("echo early; sleep 1000", "`early`"),
        ];
        for (then, message) in cases {
            let text = after_hello(then);
            assert!(text.contains(message), "{then}: {text}");
        }
    }

    #[test]
    fn a_program_that_does_not_say_hello_is_no_row() {
        let cases = [
            ("echo hello; sleep 1000", "its first line is `hello`"),
            ("exit 7", "exit status: 7"),
            ("printf 'ammeter-backend 1\\nready\\n'; sleep 1000", "without a line `name"),
            ("echo ammeter-backend 1; yes 'x y'", "no `ready` in its first 32 lines"),
        ];
        for (text, message) in cases {
            let Err(Failure(said)) = script(text) else { panic!("{text}: a row") };
            assert!(said.contains(message), "{text}: {said}");
        }
    }

    /// A workload that is larger than a pipe, for a program that never reads.
    #[test]
    fn a_program_that_does_not_read_does_not_hold_us_up() {
        let (_folder, row) = script(&format!("{HELLO}\nsleep 1000")).unwrap();
        let workload = Workload::new(Scheme::Lnd, 1, 10_000, 1);
        let check = Check { workload: &workload, expected: workload.expected(Hash::Sha256) };
        let mut output = Output::new(workload.pairs());
        let Err(Fault::Failed(Failure(text))) = row.make().calls(1, &check, &mut output) else {
            panic!("it derived")
        };
        assert!(text.contains("the workload was not read within 0.5 s"), "{text}");
    }

    /// What a program started ends with it.
    #[test]
    fn nothing_is_left_behind() {
        let (folder, row) =
            script(&format!("sleep 1000 &\necho $! > child\n{HELLO}\ncat")).unwrap();
        let child: i32 =
            fs::read_to_string(folder.path().join("child")).unwrap().trim().parse().unwrap();
        let is_there = || {
            // A zombie waits for the init process to look at it.
            let status =
                fs::read_to_string(Path::new("/proc").join(child.to_string()).join("stat"));
            let pid = rustix::process::Pid::from_raw(child).unwrap();
            rustix::process::test_kill_process(pid).is_ok()
                && !status.is_ok_and(|status| status.contains(") Z "))
        };
        assert!(is_there());
        drop(row);
        let start = Instant::now();
        while is_there() {
            assert!(start.elapsed() < Duration::from_secs(10), "it still runs");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

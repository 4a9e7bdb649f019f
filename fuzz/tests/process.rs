//! Promise: whatever a program does, an attack on it ends in time, says what it did, and leaves
//! none of its processes behind.
#![cfg(unix)]

use std::{
    fs, io,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use ammeter_amp::receiver::Policy;
use ammeter_core::Hash;
use ammeter_fuzz::{
    adapter::{Complaint, Outcome, Treated, UnderTest, process::Process},
    sim::{
        attack,
        history::{Fault, History, Operation},
        input::Input,
        invariants::{Invariant, Watch},
        profile::Profile,
    },
};

/// How long a program may take to answer here.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long anything may take: nothing that ends at all comes near it.
const ENDS: Duration = Duration::from_secs(60);

/// A shell script as a program, with a mark in its arguments by which its processes are known.
struct Script {
    _folder: tempfile::TempDir,
    path: PathBuf,
    mark: String,
}

impl Script {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("receiver.sh");
        // The folder's name is nobody else's.
        let mark = folder.path().to_string_lossy().into_owned();
        fs::write(&path, text.replace("MARK", &mark)).expect("a script");
        Self { _folder: folder, path, mark }
    }

    /// A program that speaks protocol 2, holds nothing, and does this at every event.
    fn at_each_event(what: &str) -> Self {
        Self::new(&format!(
            r#"echo '{{"hello":{{"protocol":2,"name":"script"}}}}'
               while read -r line; do
                 case "$line" in
                   *'"event":"open"'*) n=0; echo '{{"done":0}}' ;;
                   *) n=$((n + 1)); {what} ;;
                 esac
               done"#
        ))
    }

    fn start(&self) -> io::Result<Process> {
        Process::answering_within(&format!("sh {}", self.path.display()), PATIENCE)
    }

    /// What it is blamed for at the first event that it is given.
    fn blame(&self) -> Complaint {
        let started = Instant::now();
        let mut process = self.start().expect("it starts");
        let complaint = blame(&mut process, &Input::Block { height: 1 });
        drop(process);
        self.is_gone();
        assert!(started.elapsed() < ENDS);
        complaint
    }

    /// None of its processes is there.
    fn is_gone(&self) {
        if !PathBuf::from("/proc").is_dir() {
            return println!("skipped: no /proc here, orphans are not looked for");
        }
        // A killed process may stay a moment in the table of whoever inherits it.
        let until = Instant::now() + ENDS;
        while self.has_processes() {
            assert!(Instant::now() < until, "a process of {} is left", self.path.display());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn has_processes(&self) -> bool {
        let entries = fs::read_dir("/proc").expect("a folder");
        entries.filter_map(Result::ok).any(|entry| {
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(&self.mark)
        })
    }
}

fn blame(process: &mut Process, input: &Input<'_>) -> Complaint {
    let outcome = process.take(input, None, &mut Vec::new());
    assert_eq!(outcome, Outcome::Down);
    process.complaint().expect("it says what was wrong")
}

fn says(complaint: &Complaint, is_dead: bool, what: &str) {
    assert!(complaint.what.starts_with(what), "{complaint}");
    assert_eq!(complaint.is_dead, is_dead, "{complaint}");
}

/// Ends with a process that has the mark in its arguments and would last a day.
const HANG: &str = "sh -c 'sleep 86400' MARK";

#[test]
fn a_log_line_on_standard_output() {
    let complaint = Script::at_each_event("echo 'INFO all is well'").blame();
    says(&complaint, false, "wrote a line that is no answer: INFO all is well");
}

#[test]
fn an_exit_and_its_last_words() {
    let complaint = Script::at_each_event("echo 'out of luck' >&2; exit 3").blame();
    says(&complaint, true, "exited with status 3");
    assert_eq!(complaint.last_words, "out of luck");
}

#[test]
fn a_death_by_signal() {
    says(&Script::at_each_event("kill -SEGV $$").blame(), true, "died of signal 11 (SIGSEGV)");
}

#[test]
fn a_hang() {
    says(&Script::at_each_event(HANG).blame(), true, "did not answer for 2s");
}

#[test]
fn a_hang_that_ignores_polite_requests() {
    let script = Script::at_each_event(&format!("trap '' TERM INT HUP; {HANG}"));
    says(&script.blame(), true, "did not answer for 2s");
}

#[test]
fn a_closed_output() {
    let script = Script::at_each_event(&format!("exec >&-; {HANG}"));
    says(&script.blame(), true, "closed its standard output and went on");
}

#[test]
fn a_done_too_early() {
    let complaint = Script::at_each_event(r#"echo '{"done":9}'"#).blame();
    says(&complaint, false, "said done 9 when it had been given 1 events");
}

#[test]
fn a_done_too_late() {
    let complaint = Script::at_each_event(r#"echo '{"done":0}'"#).blame();
    says(&complaint, false, "said done 0 when it had been given 1 events");
}

#[test]
fn effects_behind_a_done() {
    let both = r#"printf '{"done":%d}\n{"effect":"hold","channel_id":"1","htlc_id":"0"}\n' $n"#;
    let script = Script::at_each_event(both);
    let mut process = script.start().expect("it starts");
    let first = process.take(&Input::Block { height: 1 }, None, &mut Vec::new());
    assert_eq!(first, Outcome::Done);
    let complaint = blame(&mut process, &Input::Block { height: 2 });
    says(&complaint, false, r#"wrote behind its last answer, unasked: {"effect":"hold""#);
}

/// What a program says behind the last answer of a history is blamed on that history, and not on the
/// next.
#[test]
fn words_behind_the_last_done() {
    let script = Script::at_each_event(
        r#"case $n in
            5) printf '{"done":5}\n{"effect":"hold","channel_id":"1","htlc_id":"0"}\n';;
            *) echo "{\"done\":$n}";;
        esac"#,
    );
    let mut process = script.start().expect("it starts");
    // Two blocks, a clock, and twice the time that a history ends with. In one write: what comes while
    // the next question is on its way passes for the answer.
    let mut history = History::new(Policy::new(Hash::Sha256));
    history.operations.push(Operation::Block { height: 1001 });
    let violation = attack::replay(&history, &mut process, Watch::Invariants).expect_err("words");
    assert_eq!(violation.invariant, Invariant::Protocol, "{violation}");
}

#[test]
fn a_line_without_an_end() {
    let complaint = Script::at_each_event("yes MARK | tr -d '\\n'").blame();
    says(&complaint, false, "wrote 65536 bytes and no end of the line");
}

#[test]
fn effects_without_end() {
    let flood = r#"yes '{"effect":"hold","channel_id":"1","htlc_id":"0"}'"#;
    says(&Script::at_each_event(flood).blame(), false, "wrote 65536 lines, or their bytes,");
}

#[test]
fn complaints_without_end_and_no_answer() {
    let complaint = Script::at_each_event("yes 'MARK is sorry' >&2").blame();
    says(&complaint, true, "did not answer for 2s");
    assert!(complaint.last_words.lines().count() <= 12, "{complaint}");
    // The last line may have been cut by the kill.
    let mut whole = complaint.last_words.lines().rev().skip(1);
    assert!(whole.next().is_some_and(|line| line.ends_with("is sorry")), "{complaint}");
}

#[test]
fn effects_of_another_history() {
    let script = Script::new(
        r#"echo '{"hello":{"protocol":2}}'
           read -r line
           echo '{"done":0}'
           read -r line
           echo '{"effect":"hold","channel_id":"1","htlc_id":"0"}'
           echo '{"done":0}'
           read -r line"#,
    );
    let mut process = script.start().expect("it starts");
    process.begin(&Policy::new(Hash::Sha256));
    let complaint = blame(&mut process, &Input::Block { height: 1 });
    says(&complaint, false, "said 1 effect(s) of a folder with nothing in it");
}

/// Programs that do not even begin, and why they are refused.
#[test]
fn bad_beginnings() {
    for (text, expected) in [
        ("echo garbage; sh -c 'sleep 86400' MARK", "wrote a line that is no answer: garbage"),
        ("sh -c 'sleep 86400' MARK", "did not answer for 2s"),
        ("echo 'no config' >&2; exit 1", "exited with status 1"),
        (r#"echo '{"hello":{"protocol":3}}'"#, "protocol 3 is not spoken here"),
        (r#"echo '{"hello":{}}'"#, "protocol: a number is needed"),
        (
            r#"echo '{"hello":{"protocol":2,"profile":{"versions":["v9"]}}}'"#,
            "profile.versions: a list of basic, adaptive, committed, tree, lnd, mpp is needed",
        ),
        (
            r#"echo '{"hello":{"protocol":2,"profile":{"policy":{"hold":1}}}}'"#,
            "profile.policy.hold: no field of a policy that can be fixed",
        ),
        (r#"echo '{"hello":{"protocol":2}}'; read -r line; echo '{"done":1}'"#, "said done 1"),
    ] {
        let script = Script::new(text);
        let started = Instant::now();
        let error = script.start().expect_err(text).to_string();
        assert!(error.starts_with("sh: it ") && error.contains(expected), "{text}: {error}");
        assert!(started.elapsed() < ENDS);
        script.is_gone();
    }
    let error = Process::new("/nowhere/receiver").expect_err("no such program").to_string();
    assert_eq!(error, "/nowhere/receiver: it could not be started: no such program");
    let script = Script::new("");
    let error = Process::new(&script.path.to_string_lossy()).expect_err("a text file").to_string();
    assert!(error.ends_with("it could not be started: it is not executable"), "{error}");
}

/// What a program left running in its group goes with it.
#[test]
fn helpers_of_a_program_go_with_it() {
    let script = Script::at_each_event(&format!(r#"{HANG} & echo "{{\"done\":$n}}""#));
    let mut process = script.start().expect("it starts");
    let outcome = process.take(&Input::Block { height: 1 }, None, &mut Vec::new());
    assert_eq!(outcome, Outcome::Done);
    assert!(script.has_processes() || !PathBuf::from("/proc").is_dir());
    drop(process);
    script.is_gone();
}

/// A program that has gone to the attack's own process group is not of the one that is killed.
#[test]
fn a_program_that_leaves_its_group() {
    if Command::new("perl").args(["-e", "exit 0"]).status().is_err() {
        return println!("skipped: no perl here, which can change a group");
    }
    let script = Script::new(
        r#"echo '{"hello":{"protocol":2}}'
           read -r line
           echo '{"done":0}'
           exec perl -e 'setpgrp(0, getpgrp(getppid())) or die; sleep 86400' MARK"#,
    );
    says(&script.blame(), true, "did not answer for 2s");
}

/// With `--profile strict` nothing that a program says of itself reaches its policy.
#[test]
fn another_profile_than_its_own() {
    let script = Script::new(
        r#"echo '{"hello":{"protocol":2,"profile":{"policy":{"hold_ms":"7"}}}}'
           while read -r line; do
             case "$line" in
               *'"event":"open"'*) n=0; echo "$line" >> MARK/opened; echo '{"done":0}' ;;
               *) n=$((n + 1)); echo "{\"done\":$n}" ;;
             esac
           done"#,
    );
    let mut process = script.start().expect("it starts");
    let history = History::new(Policy::new(Hash::Sha256));
    assert_eq!(attack::replay(&history, &mut process, Watch::Invariants), Ok(()));
    let mut strict = Treated { subject: Box::new(process), profile: Profile::default() };
    assert_eq!(attack::replay(&history, &mut strict, Watch::Invariants), Ok(()));
    let opened = fs::read_to_string(script.path.with_file_name("opened")).expect("what was opened");
    let is_own = |line: &str| line.contains("\"hold_ms\":7,");
    let is_own: Vec<bool> = opened.lines().map(is_own).collect();
    assert_eq!((is_own.first(), is_own.last()), (Some(&true), Some(&false)), "{opened}");
}

/// What is counted as a fault is what it was: a program cannot be given a full disk.
#[test]
fn faults_are_what_is_done() {
    let process = Script::at_each_event("true").start().expect("it starts");
    let killed = Some(Fault::Torn { writes: 0 });
    assert_eq!(process.acts_out(Fault::DiskFull), killed);
    assert_eq!(process.acts_out(Fault::WriteError), killed);
    assert_eq!(process.acts_out(Fault::SyncLies), None);
    assert_eq!(process.acts_out(Fault::AfterCommit), Some(Fault::AfterCommit));
}

/// The second process of this program does not start.
#[test]
fn a_program_that_cannot_be_started_again() {
    let script = Script::new(
        r#"test -e MARK/once && { echo 'the store is locked' >&2; exit 1; }
           touch MARK/once
           echo '{"hello":{"protocol":2}}'
           while read -r line; do
             case "$line" in
               *'"event":"open"'*) n=0; echo '{"done":0}' ;;
               *) n=$((n + 1)); echo "{\"done\":$n}" ;;
             esac
           done"#,
    );
    let mut process = script.start().expect("it starts once");
    let block = Input::Block { height: 1 };
    assert_eq!(process.take(&block, None, &mut Vec::new()), Outcome::Done);
    process.crash();
    process.restart();
    let complaint = blame(&mut process, &Input::Restarted);
    says(&complaint, true, "exited with status 1");
    assert_eq!(complaint.last_words, "the store is locked");
}

/// Without a greeting a program is spoken to as before: a process for each history, flags and all.
#[test]
fn protocol_1_is_still_spoken() {
    let script = Script::new(
        r#"echo "$@" >&2
           test "$2" = --hash || exit 9
           echo '{"done":0}'
           while read -r line; do
             n=$((n + 1))
             echo '{"effect":"fail","channel_id":1,"htlc_id":"7","reason":"bad weather"}'
             echo "{\"done\":$n}"
           done"#,
    );
    let line = format!("sh {} {{state}} {{policy}}", script.path.display());
    let mut process = Process::answering_within(&line, PATIENCE).expect("it starts");
    for height in 1..4 {
        let mut effects = Vec::new();
        let outcome = process.take(&Input::Block { height }, None, &mut effects);
        assert_eq!((outcome, effects.len()), (Outcome::Done, 1));
        assert_eq!(process.reason(effects[0].key()), Some("bad weather"));
        process.begin(&Policy::new(Hash::Sha256));
    }
    drop(process);
    script.is_gone();
}

/// A fault reads as much of the answer as it leaves, and the next process opens the same folder.
#[test]
fn crashes_open_the_same_folder() {
    let script = Script::new(
        r#"echo '{"hello":{"protocol":2}}'
           while read -r line; do
             case "$line" in
               *'"event":"open"'*)
                 n=0
                 state=$(echo "$line" | sed 's/.*"state":"\([^"]*\)".*/\1/')
                 test -e "$state/log" &&
                   echo '{"effect":"hold","channel_id":"1","htlc_id":"0"}'
                 echo '{"done":0}' ;;
               *)
                 n=$((n + 1))
                 echo "$line" >> "$state/log"
                 echo '{"effect":"hold","channel_id":"1","htlc_id":"0"}'
                 echo '{"effect":"hold","channel_id":"1","htlc_id":"1"}'
                 echo "{\"done\":$n}" ;;
             esac
           done"#,
    );
    let mut process = script.start().expect("it starts");
    let block = Input::Block { height: 1 };
    for (fault, heard, kept) in [
        (Fault::BeforeCommit, 0, 0),
        (Fault::AfterCommit, 0, 1),
        (Fault::AfterEffects { sent: 1 }, 1, 1),
        (Fault::AfterEffects { sent: 9 }, 2, 1),
    ] {
        process.begin(&Policy::new(Hash::Sha256));
        let mut effects = Vec::new();
        assert_eq!(process.take(&block, Some(fault), &mut effects), Outcome::Down, "{fault}");
        assert_eq!(process.complaint(), None);
        assert_eq!(effects.len(), heard, "{fault}");
        process.restart();
        effects.clear();
        assert_eq!(process.take(&Input::Restarted, None, &mut effects), Outcome::Done, "{fault}");
        assert_eq!(effects.len(), kept, "{fault}");
    }
    drop(process);
    script.is_gone();
}

/// The shell is what these tests are written in.
#[test]
fn there_is_a_shell() {
    assert!(Command::new("sh").args(["-c", "exit 0"]).status().expect("a shell").success());
}

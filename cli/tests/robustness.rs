//! Promise: every command ends as it says it does, whatever surrounds it: a full disk, a reader that
//! went away, folders that cannot be written, no terminal, one core, a CPU without AVX2, ctrl-C.
//! docs/robustness.md is the table of it.

#[path = "support/receiver.rs"]
mod receiver;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};

const ROOT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Each command in a form that takes a second at most, and its exit code.
fn commands() -> Vec<(Vec<String>, i32)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let record = root.join("reports/records/2026-11-22-epyc-zen5.json");
    let (record, vectors) = (record.display().to_string(), root.join("vectors"));
    let vectors = vectors.display().to_string();
    let compare = "compare --out out --seconds 0 --pairs 64 --hash sha256 --backend ring";
    let split = "compare --workload split --quick --seeds 1 --payments 1 --channels 80 --out out";
    let rows = [
        (compare.to_owned(), 0),
        (format!("{compare} --json -"), 0),
        ("compare --sweep n --sweep-max 2 --seconds 0 --backend ring --out out".to_owned(), 0),
        (split.to_owned(), 0),
        (format!("report {record} --out out"), 0),
        (format!("report {record} --drawings out"), 0),
        (format!("derive --root {ROOT} --count 40000"), 0),
        (format!("derive --root {ROOT} --format bin"), 0),
        ("attack --histories 20 --jobs 1".to_owned(), 0),
        ("attack --histories 20 --json".to_owned(), 0),
        ("attack --receiver specimen:sum-wraps --histories 5000 --jobs 1".to_owned(), 1),
        ("census --receiver specimen:none --seconds 0".to_owned(), 0),
        ("specimens".to_owned(), 0),
        (format!("decode {}", "00".repeat(65)), 0),
        (format!("send --scheme basic --amount 1000 --parts 2 --seed {ROOT}"), 0),
        ("receive".to_owned(), 0),
        (format!("vectors check {vectors}"), 0),
        ("doctor".to_owned(), 0),
        ("completions bash".to_owned(), 0),
        ("--help".to_owned(), 0),
        ("--version".to_owned(), 0),
    ];
    let split = |line: String| line.split(' ').map(str::to_owned).collect();
    rows.into_iter().map(|(line, code)| (split(line), code)).collect()
}

/// A command in a folder of its own, with no input.
struct Run {
    command: Command,
    folder: tempfile::TempDir,
}

impl Run {
    fn new(program: &str, arguments: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
        // What says how output looks, or which kernel runs, is the test's to say: with `CI`, even
        // a dumb terminal is coloured.
        for name in ["CI", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "NO_COLOR", "AMMETER_KERNEL"] {
            command.env_remove(name);
        }
        Self { command, folder }
    }

    fn ammeter(arguments: &[String]) -> Self {
        Self::new(env!("CARGO_BIN_EXE_ammeter"), arguments)
    }

    fn output(&mut self) -> Output {
        self.command.output().expect("it starts")
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("output is text")
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// One line, no panic, exit code 2.
fn is_refused(output: &Output, arguments: &[String], name: &str) {
    let said = text(&output.stderr);
    let complaint = said.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(
        complaint.starts_with("ammeter: ") && complaint.contains(name),
        "{arguments:?}: {said}"
    );
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_on_a_full_disk_is_said() {
    for (arguments, _) in commands() {
        let mut run = Run::ammeter(&arguments);
        run.command.stdout(File::options().write(true).open("/dev/full").expect("/dev/full"));
        is_refused(&run.output(), &arguments, "standard output: No space left on device");
    }
}

/// The reader is gone before the first byte.
#[test]
fn a_reader_that_went_away_is_no_error() {
    for (arguments, code) in commands() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut run = Run::ammeter(&arguments);
        let output = run.command.stdout(writer).output().expect("it starts");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains("pipe") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}

/// What cannot be complained of is not complained of.
#[test]
fn standard_error_may_be_gone() {
    for (arguments, code) in commands() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut run = Run::ammeter(&arguments);
        let output = run.command.stderr(writer).output().expect("it starts");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
    let mut run = Run::ammeter(&words("derive --root 0"));
    let (_, writer) = std::io::pipe().expect("a pipe");
    assert_eq!(run.command.stderr(writer).output().expect("it starts").status.code(), Some(2));
}

/// Flags that name what is written, in commands that would then work for long.
const WRITERS: &[&str] = &[
    "compare --out PLACE",
    "compare --out out --json PLACE",
    "compare --sweep n --out PLACE",
    "compare --workload receive --out PLACE",
    "compare --workload payment --out PLACE",
    "compare --workload split --out PLACE",
    "compare --against HEAD --out PLACE",
    "attack --seconds 1000 --trace PLACE",
    "attack --seconds 1000 --markdown PLACE",
    "attack --specimens --page PLACE",
    "census --seconds 1000 --page PLACE",
    "derive --root ROOT --count 4294967295 -o PLACE",
    "receive --state PLACE",
    "vectors write PLACE",
    "manual PLACE",
];

fn writer(line: &str, place: &str) -> Vec<String> {
    words(line).iter().map(|word| word.replace("PLACE", place).replace("ROOT", ROOT)).collect()
}

/// Refused at once, before minutes of work: the name of the place, and nothing left behind.
#[test]
fn a_folder_that_is_a_file_is_refused() {
    for line in WRITERS {
        let arguments = writer(line, "file/below");
        let mut run = Run::ammeter(&arguments);
        fs::write(run.folder.path().join("file"), "kept").expect("a file");
        is_refused(&run.output(), &arguments, "file");
        let kept = fs::read(run.folder.path().join("file")).expect("the file");
        assert_eq!(kept, b"kept", "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let probe = tempfile::tempdir().expect("a folder");
    fs::set_permissions(probe.path(), fs::Permissions::from_mode(0o555)).expect("a mode");
    if fs::write(probe.path().join("file"), "").is_ok() {
        println!("SKIPPED: read-only folders: this user may write into them");
        return;
    }
    for line in WRITERS {
        let arguments = writer(line, "locked/below");
        let mut run = Run::ammeter(&arguments);
        let locked = run.folder.path().join("locked");
        fs::create_dir(&locked).expect("a folder");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("a mode");
        is_refused(&run.output(), &arguments, "locked/below");
        assert_eq!(fs::read_dir(&locked).expect("a folder").count(), 0, "{arguments:?}");
    }
}

/// A file on a full disk: what was written is no file of that name.
#[cfg(target_os = "linux")]
#[test]
fn files_on_a_full_disk_are_said() {
    for line in [
        "compare --seconds 0 --pairs 64 --hash sha256 --backend ring --out out --json /dev/full",
        "attack --histories 20 --markdown /dev/full",
        "attack --receiver specimen:sum-wraps --histories 5000 --trace /dev/full",
        "attack --specimens --seeds 1 --histories 1 --page /dev/full",
        "census --seconds 0 --page /dev/full",
        "derive --root ROOT -o /dev/full",
    ] {
        let arguments = writer(line, "");
        is_refused(&Run::ammeter(&arguments).output(), &arguments, "/dev/full: No space left");
    }
}

/// What does not depend on time is the same in every surrounding.
fn stable() -> Vec<(Vec<String>, i32)> {
    // A report's page is named by the time.
    let moves = ["compare", "census", "doctor", "attack", "receive", "report"];
    let (moving, stable): (Vec<_>, Vec<_>) =
        commands().into_iter().partition(|(arguments, _)| moves.contains(&arguments[0].as_str()));
    let is_there = |name: &&str| moving.iter().any(|(arguments, _)| arguments[0] == *name);
    assert!(moves.iter().all(is_there), "a row for each exception: {moves:?}");
    stable
}

#[test]
fn without_a_terminal_the_surroundings_change_nothing() {
    let variables = [("NO_COLOR", "1"), ("COLUMNS", "40"), ("LANG", "C"), ("LC_ALL", "C")];
    let more = [("TERM", "dumb"), ("CLICOLOR_FORCE", "0")];
    for (arguments, code) in commands() {
        let output = Run::ammeter(&arguments).command.envs(variables).envs(more).output();
        let output = output.expect("it starts");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        let said = [&output.stdout[..], &output.stderr].concat();
        assert!(!said.contains(&0x1b), "{arguments:?}: an escape sequence");
    }
    for (arguments, _) in stable() {
        let plain = Run::ammeter(&arguments).output().stdout;
        let other = Run::ammeter(&arguments).command.envs(variables).envs(more).output();
        // Help alone is as wide as the terminal.
        if arguments[0] != "--help" {
            assert!(other.expect("it starts").stdout == plain, "{arguments:?}");
        }
    }
}

/// In a terminal there is colour, unless somebody asks for none.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_coloured_only_where_that_is_wanted() {
    if Command::new("script").arg("--version").output().is_err() {
        println!("SKIPPED: terminals: there is no `script`, which makes one");
        return;
    }
    let typed = "compare --out out --seconds 0 --pairs 64 --hash sha256 --backend ring";
    let typed = format!("{} {typed}", env!("CARGO_BIN_EXE_ammeter"));
    let shown = |variables: &[(&str, &str)]| {
        let arguments = ["-qec", &typed, "/dev/null"].map(str::to_owned);
        let mut run = Run::new("script", &arguments);
        run.command.env("TERM", "xterm-256color").envs(variables.iter().copied());
        let output = run.output();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let is_coloured = |said: &str| {
        let sequences = said.split("\x1b[").skip(1);
        let ends = sequences.filter_map(|rest| rest.chars().find(char::is_ascii_alphabetic));
        ends.into_iter().any(|end| end == 'm')
    };
    assert!(is_coloured(&shown(&[])));
    assert!(!is_coloured(&shown(&[("NO_COLOR", "1")])));
    assert!(!is_coloured(&shown(&[("TERM", "dumb")])));
    assert!(shown(&[("NO_COLOR", "1"), ("COLUMNS", "40")]).contains("ring"));
}

#[cfg(target_os = "linux")]
#[test]
fn one_core_is_enough() {
    let pinned = |arguments: &[String]| {
        [&words("-c 0"), &words(env!("CARGO_BIN_EXE_ammeter")), arguments].concat()
    };
    if !Command::new("taskset").args(["-c", "0", "true"]).status().is_ok_and(|done| done.success())
    {
        println!("SKIPPED: one core: there is no `taskset`, or no core 0 for us");
        return;
    }
    for (arguments, code) in commands() {
        let output = Run::new("taskset", &pinned(&arguments)).output();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
    }
    let stable = words(&format!("derive --root {ROOT} --count 100000"));
    assert_eq!(
        Run::new("taskset", &pinned(&stable)).output().stdout,
        Run::ammeter(&stable).output().stdout
    );
}

/// No AVX2 and no SHA instructions, as far as a variable can say so.
#[test]
fn kernels_of_old_cpus_give_the_same() {
    let kernels: &[&str] =
        if cfg!(target_arch = "x86_64") { &["sse41", "portable"] } else { &["portable"] };
    for kernel in kernels {
        for (arguments, code) in commands() {
            let output = Run::ammeter(&arguments).command.env("AMMETER_KERNEL", kernel).output();
            let output = output.expect("it starts");
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{kernel}, {arguments:?}: {said}");
            if stable().iter().any(|(other, _)| *other == arguments) {
                assert!(output.stdout == Run::ammeter(&arguments).output().stdout, "{arguments:?}");
            }
        }
    }
}

/// Runs for long, and is interrupted once it has begun.
#[cfg(unix)]
fn interrupted(line: &str, begun: impl Fn(&Path, &Child) -> bool) -> (Output, tempfile::TempDir) {
    let mut run = Run::ammeter(&writer(line, ""));
    let command = run.command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    while !begun(run.folder.path(), &child) {
        assert!(child.try_wait().expect("a child").is_none(), "{line}: it ended");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let process = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().expect("kill").success());
    (child.wait_with_output().expect("it ends"), run.folder)
}

/// Whether a process has a handler for ctrl-C: from then on one is not lost.
#[cfg(target_os = "linux")]
fn catches(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).map(str::trim);
    caught.is_some_and(|bits| u64::from_str_radix(bits, 16).expect("hex") & 2 != 0)
}

/// The one file of a kind in `out`.
fn left(folder: &Path, kind: &str) -> String {
    let entries = fs::read_dir(folder.join("out")).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let found: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == kind)).collect();
    assert_eq!(found.len(), 1, "{kind}");
    fs::read_to_string(&found[0]).expect("text")
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_leaves_what_was_measured() {
    for line in [
        "compare --seconds 1000 --pairs 64 --hash sha256 --backend ring,ammeter/portable --out out",
        "compare --sweep n --sweep-max 4 --seconds 1000 --hash sha256 --backend ring --out out",
        "compare --workload split --channels 80 --out out",
    ] {
        let is_begun = |folder: &Path, child: &Child| folder.join("out").exists() && catches(child);
        let (output, folder) = interrupted(line, is_begun);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{line}: {said}");
        assert!(said.contains("finishing with what there is"), "{line}: {said}");
        let record: Value = serde_json::from_str(&left(folder.path(), "json")).expect("JSON");
        assert_eq!(record["workload"]["interrupted"], true, "{line}");
        assert!(left(folder.path(), "html").ends_with("</html>\n"), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_an_attack_with_its_report() {
    for line in ["attack --seconds 1000 --json --trace trace", "census --seconds 1000 --json"] {
        let (output, folder) = interrupted(line, |_, child| catches(child));
        assert_eq!(output.status.code(), Some(130), "{line}: {}", text(&output.stderr));
        let record: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(record["build"]["version"].is_string(), "{line}: {record}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "no partial trace");
    }
}

/// The file of an earlier run stays; nothing partial does.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_leaves_the_old_file() {
    let line = "derive --root ROOT --count 4294967295 -o pairs";
    let (output, folder) = interrupted(line, |folder, child| {
        let count = fs::read_dir(folder).expect("a folder").count();
        if count == 1 && !folder.join("pairs").exists() {
            fs::write(folder.join("pairs"), "old").expect("a file");
        }
        count > 1 && catches(child)
    });
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert_eq!(fs::read(folder.path().join("pairs")).expect("the old file"), b"old");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

/// What was answered before ctrl-C is there in the next life.
#[cfg(unix)]
#[test]
fn ctrl_c_loses_nothing_that_a_receiver_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = ["--state", folder.path().to_str().expect("UTF-8")];
    let events = receiver::sent(&["--scheme", "basic", "--parts", "2"]);
    let mut first = receiver::Receiver::start(&state);
    assert_eq!(first.ask(&events[0])[0]["effect"], "hold");
    first.interrupt();
    assert_eq!(first.wait().status.code(), Some(130));
    let mut second = receiver::Receiver::start(&state);
    let answers = second.ask(&events[1]);
    let settled = answers.iter().filter(|answer| answer["effect"] == "settle").count();
    assert_eq!(settled, 2, "{answers:?}");
    assert_eq!(second.end().status.code(), Some(0));
}

/// A clock that goes back is no news, and one that leaps ahead ends what it makes too old.
#[test]
fn clocks_may_jump() {
    let mut receiver = receiver::Receiver::start(&[]);
    let clock = |now_ms: u64| json!({"event": "clock", "now_ms": now_ms});
    let events = receiver::sent(&["--scheme", "basic", "--parts", "2"]);
    assert!(receiver.ask(&clock(1_000_000)).is_empty());
    assert_eq!(receiver.ask(&events[0])[0]["effect"], "hold");
    assert!(receiver.ask(&clock(0)).is_empty(), "back");
    let answers = receiver.ask(&clock(u64::MAX));
    assert_eq!(answers[0]["effect"], "fail", "{answers:?}");
    assert_eq!(receiver.end().status.code(), Some(0));
}

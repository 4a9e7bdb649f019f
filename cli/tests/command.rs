//! Promise: the command does what its help says, and bad input gets one clear line and exit code 2.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The last index of `lnd`.
const LAST: &str = "4294967295";
const ROOT: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The first pair of `og` with SHA-256 in `vectors/reference.json`.
const R_1: &str = "2158a8906d5e2c2be001bac943ab9cab4063536e1c546b40221fdf8db031a4bb";
const H_1: &str = "54421ecea8f7bc1d9cea69a025e8dda03b2df246cbb97d78e378ea01d1a853f1";

/// A folder of its own for a test, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ammeter-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().into()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().into()
    }

    fn count(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ammeter(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ammeter")).args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = ammeter(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line of a refusal.
fn refused(arguments: &[&str]) -> String {
    let output = ammeter(arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
    assert!(line.starts_with("ammeter: "), "{line}");
    line
}

#[test]
fn bad_input_gets_one_line_that_names_the_fault() {
    let folder = Folder::new("bad-input");
    let short = folder.file("short", &format!("{ROOT}\n{}\n", &ROOT[2..]));
    let letters = folder.file("letters", &format!("{}x\n", &ROOT[1..]));
    let empty = folder.file("empty", "");
    let three = folder.file("three", &format!("{ROOT}\n").repeat(3));
    let endless = folder.file("endless", &format!("{ROOT}\n{}", "0".repeat(1025)));
    let missing = folder.path("missing");
    let unwritable = folder.path("no/such/folder");
    let (odd, byte_31) = (&ROOT[1..], &ROOT[2..]);
    let past_the_end = (1u64 << 32).to_string();
    let cases: &[(&[&str], &[&str])] = &[
        (&["derive"], &["--root"]),
        (&["compare", "--workload", "receive", "--hash", "sha256"], &["--hash", "derive"]),
        (&["compare", "--workload", "payment", "--threads", "2"], &["--threads", "derive"]),
        (&["compare", "--workload", "split", "--scheme", "lnd"], &["--scheme", "derive"]),
        (&["compare", "--workload", "receive", "--backend", "ring"], &["--backend", "derive"]),
        (&["derive", "--root", odd], &["--root", "63 hexadecimal digits"]),
        (&["derive", "--root", byte_31], &["--root", "62 hexadecimal digits"]),
        (&["derive", "--root", "0g"], &["--root", "offset 1"]),
        (&["derive", "--root", ""], &["--root", "0 hexadecimal digits"]),
        (&["derive", "--root", ROOT, "--count", &past_the_end], &["--count", "4294967295"]),
        (&["derive", "--root", ROOT, "--count", "-1"], &["--count"]),
        (&["derive", "--root", ROOT, "--from", "0"], &["--from", "scheme og"]),
        (&["derive", "--root", ROOT, "--from", &past_the_end], &["--from"]),
        (&["derive", "--root", ROOT, "--scheme", "tree", "--count", "257"], &["--count", "255"]),
        (&["derive", "--root", ROOT, "--scheme", "md5"], &["--scheme", "bolts658"]),
        (&["derive", "--root", ROOT, "--hash", "md5"], &["--hash", "blake3"]),
        (&["derive", "--root", ROOT, "--kernel", "mmx"], &["--kernel", "portable"]),
        (
            &["derive", "--root", ROOT, "--hash", "blake3", "--kernel", "shani"],
            &["--kernel", "there is none"],
        ),
        (&["derive", "--root", ROOT, "-o", &unwritable], &[&unwritable]),
        (&["derive", "--root", ROOT, "--scheme", "lnd"], &["--shares"]),
        (&["derive", "--root", ROOT, "--shares", &empty], &["--shares", "og"]),
        (&["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &missing], &[&missing]),
        (
            &["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &short],
            &[&short, "line 2", "62 hexadecimal digits"],
        ),
        (
            &["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &letters],
            &[&letters, "line 1", "offset 63"],
        ),
        (
            &["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &empty, "--count", "2"],
            &["--shares", "0 shares for 2 children"],
        ),
        (
            &["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &three, "--count", "2"],
            &["--shares", &three, "more than 2 shares for 2 children"],
        ),
        (
            &["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &endless],
            &[&endless, "line 2", "longer than 1024 bytes"],
        ),
        (
            &["derive", "--root", ROOT, "--scheme", "lnd", "--shares", &three, "--from", LAST],
            &["--from", "4294967295"],
        ),
        (&["compare", "--backend", "md5"], &["--backend", "md5", "sha2-0.11"]),
        (&["compare", "--baseline", "md5"], &["--baseline", "md5"]),
        (&["compare", "--hash", "blake3", "--kernel", "shani"], &["--kernel"]),
        (
            &["compare", "--backend", "ammeter/portable", "--kernel", "shani"],
            &["--backend ammeter/portable", "--kernel"],
        ),
        (
            &["compare", "--backend", "ammeter/auto", "--kernel", "portable", "--sweep", "n"],
            &["--backend ammeter/auto", "--kernel"],
        ),
        (
            &[
                "compare",
                "--backend",
                "ring,ammeter/avx2",
                "--kernel",
                "portable",
                "--against",
                "x",
            ],
            &["--backend ammeter/avx2", "--kernel"],
        ),
        (&["compare", "--pairs", "0"], &["--pairs"]),
        (&["compare", "--threads", "0"], &["--threads"]),
        (&["compare", "--threads", "1024", "--pairs", "1"], &["--threads", "cores"]),
        (&["compare", "--pairs", "18446744073709551616"], &["--pairs"]),
        (&["compare", "--pairs", "16777217"], &["--pairs", "16777216"]),
        (&["compare", "--threads", "1025"], &["--threads", "1024"]),
        (&["compare", "--pairs", "16777216", "--threads", "1024"], &["--pairs, --threads"]),
        (
            &["compare", "--sweep", "n", "--sweep-max", "67108864", "--threads", "2"],
            &["--sweep-max, --threads"],
        ),
        (&["attack", "--jobs", "1025"], &["--jobs", "1024"]),
        (&["compare", "--seconds", "nan"], &["--seconds"]),
        (&["compare", "--seconds", "1", "--quick"], &["--quick"]),
        (&["compare", "--sweep", "hashes"], &["--sweep", "threads"]),
        (&["compare", "--sweep", "n", "--pairs", "64"], &["--pairs", "--sweep n"]),
        (&["compare", "--sweep", "threads", "--threads", "2"], &["--threads", "--sweep threads"]),
        (&["compare", "--sweep-max", "64"], &["--sweep-max", "--sweep n"]),
        (&["compare", "--sweep", "threads", "--sweep-max", "64"], &["--sweep-max", "--sweep n"]),
        (&["compare", "--sweep", "n", "--sweep-max", "67108865"], &["--sweep-max"]),
        (&["compare", "--sweep", "n", "--backend", "md5"], &["--backend", "md5", "ammeter/auto"]),
        (&["compare", "--quick", "--out", &short], &["--out", &short]),
        (
            &["compare", "--quick", "--json", &unwritable, "--out", &folder.path("o")],
            &[&unwritable],
        ),
        (&["--no-such-flag"], &["--no-such-flag"]),
        (&["no-such-command"], &["no-such-command"]),
    ];
    for (arguments, names) in cases {
        let line = refused(arguments);
        for name in *names {
            assert!(line.contains(name), "{arguments:?}: {line}");
        }
        assert!(!line.contains(ROOT), "a root is a secret");
    }
}

#[test]
fn an_unknown_name_in_the_kernel_variable_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["derive", "--root", ROOT])
        .env("AMMETER_KERNEL", "mmx")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("AMMETER_KERNEL"));
}

#[test]
fn derive_speaks_every_format() {
    assert_eq!(stdout(&["derive", "--root", ROOT]), format!("{R_1} {H_1}\n"));
    let csv = stdout(&["derive", "--root", ROOT, "--count", "2", "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[..2], ["index,preimage,payment_hash", &format!("1,{R_1},{H_1}")]);
    assert!(lines.len() == 3 && lines[2].starts_with("2,"));
    let json = stdout(&["derive", "--root", ROOT, "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["index"], &value["preimage"]), (&1.into(), &R_1.into()));
    assert_eq!(value["payment_hash"], H_1);
    let binary = ammeter(&["derive", "--root", ROOT, "--count", "3", "--format", "bin"]).stdout;
    assert_eq!(binary.len(), 3 * 64);
    let hex: String = binary[..64].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, format!("{R_1}{H_1}"));
    assert_eq!(stdout(&["derive", "--root", ROOT, "--count", "0"]), "");
    assert_eq!(
        stdout(&["derive", "--root", ROOT, "--count", "0", "--format", "csv"]),
        "index,preimage,payment_hash\n"
    );
    let last = stdout(&["derive", "--root", ROOT, "--from", "4294967295", "--json"]);
    assert!(last.starts_with("{\"index\":4294967295,"));
}

#[test]
fn derive_takes_a_share_a_line() {
    let folder = Folder::new("shares");
    let shares = folder.file("shares", &format!("{ROOT}\r\n{}\n", "ab".repeat(32)));
    let flags = ["derive", "--root", ROOT, "--scheme", "lnd", "--from", "7", "--shares", &shares];
    let both = stdout(&[&flags[..], &["--json"]].concat());
    assert_eq!(both.lines().count(), 2);
    assert!(both.starts_with("{\"index\":7,"));
    // Every kernel and the forced portable one agree.
    assert_eq!(both, stdout(&[&flags[..], &["--json", "--kernel", "portable"]].concat()));
}

/// More shares than one buffer holds, and a fault behind the first.
#[test]
fn derive_streams_shares() {
    let folder = Folder::new("many-shares");
    const SHARES: usize = 70_000;
    let mut text: String = (0..SHARES).map(|k| format!("{k:064x}\n")).collect();
    let flags = ["derive", "--root", ROOT, "--scheme", "lnd", "--format", "csv", "--shares"];
    let lines = stdout(&[&flags[..], &[&folder.file("shares", &text)]].concat());
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 1 + SHARES);
    // The same children alone.
    for position in [0, 32_767, 32_768, SHARES - 1] {
        let share = folder.file("share", &format!("{position:064x}"));
        let from = position.to_string();
        let alone = stdout(&[&flags[..], &[&share, "--from", &from]].concat());
        assert_eq!(alone.lines().nth(1), Some(lines[1 + position]));
    }

    text.push_str("zz\n");
    let path = folder.path("pairs");
    let faulty = folder.file("faulty", &text);
    let line = refused(&[&flags[..], &[&faulty, "-o", &path]].concat());
    assert!(line.contains("line 70001") && !fs::exists(&path).unwrap(), "{line}");
    let counted = [&flags[..], &[&faulty, "--count", "65536", "-o", &path]].concat();
    let line = refused(&counted);
    assert!(line.contains("more than 65536 shares") && !fs::exists(&path).unwrap(), "{line}");
}

/// Shares come through a pipe, twenty times more of them, and the peak is the same.
#[cfg(target_os = "linux")]
#[test]
fn a_stream_of_shares_takes_constant_memory() {
    let peak_of = |count: usize| -> u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ammeter"))
            .args(["derive", "--root", ROOT, "--scheme", "lnd", "--shares", "/dev/stdin"])
            .args(["--format", "bin", "-o", "/dev/null"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let lines = format!("{ROOT}\n").repeat(1000);
        for _ in 0..count / 1000 {
            pipe.write_all(lines.as_bytes()).unwrap();
        }
        // The process waits for more shares, or for the end.
        let peak = peak_kib(&child);
        drop(pipe);
        assert!(child.wait().unwrap().success());
        peak
    };
    let (short, long) = (peak_of(100_000), peak_of(2_000_000));
    assert!(long < short + (8 << 10), "{short} KiB, then {long} KiB");
}

/// What a live child has used at most.
#[cfg(target_os = "linux")]
fn peak_kib(child: &std::process::Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What the system does not give is refused, with the flag that asked for it.
#[cfg(target_os = "linux")]
#[test]
fn memory_that_is_not_there_is_refused() {
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 1000000; exec \"$0\" compare --pairs 16777216"])
        .arg(env!("CARGO_BIN_EXE_ammeter"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        line,
        "ammeter: --pairs, --threads: 3072 MiB of memory are needed and not to be had\n"
    );
}

#[test]
fn output_files_are_whole_or_absent() {
    let folder = Folder::new("output");
    let path = folder.path("pairs");
    stdout(&["derive", "--root", ROOT, "-o", &path]);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{R_1} {H_1}\n"));
    refused(&["derive", "--root", ROOT, "--from", "0", "-o", &path]);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{R_1} {H_1}\n"), "the old file stays");
    assert_eq!(folder.count(), 1, "and no partial one");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let line = refused(&["derive", "--root", ROOT, "--count", "100000", "-o", "/dev/full"]);
    assert!(line.contains("/dev/full"), "{line}");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["derive", "--root", ROOT])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// A reader that leaves, as `head` does, ends a stream of 4 billion without a complaint.
#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["derive", "--root", ROOT, "--count", "4294967295"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut start = [0; 129];
    pipe.read_exact(&mut start).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}

/// What a stream holds does not grow with its length: 25 times the pairs, the same peak.
#[cfg(target_os = "linux")]
#[test]
fn a_stream_takes_constant_memory() {
    let peak_of = |count: u64| -> u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ammeter"))
            .args(["derive", "--root", ROOT, "--format", "bin", "--count", &count.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdout.take().unwrap();
        // A pipe holds far less than the last megabyte: with that unread, the process is still
        // there.
        const LAST: u64 = 1 << 20;
        let (mut left, mut buffer) = (64 * count - LAST, vec![0; LAST as usize]);
        while left > 0 {
            let most = (buffer.len() as u64).min(left) as usize;
            pipe.read_exact(&mut buffer[..most]).unwrap();
            left -= most as u64;
        }
        let peak = peak_kib(&child);
        pipe.read_exact(&mut buffer).unwrap();
        assert!(child.wait().unwrap().success());
        peak
    };
    let (short, long) = (peak_of(100_000), peak_of(2_500_000));
    assert!(long < 64 << 10, "{long} KiB");
    assert!(long < short + (8 << 10), "{short} KiB, then {long} KiB");
}

#[test]
fn a_baseline_that_a_hash_does_not_have_is_said() {
    let folder = Folder::new("baseline");
    let out = folder.path("out");
    let flags = ["compare", "--pairs", "64", "--seconds", "0", "--out", &out, "--baseline"];
    let said = |more: &[&str]| {
        let output = ammeter(&[&flags[..], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let both = said(&["ring", "--backend", "ring,blake3"]);
    assert!(both.contains("--baseline ring: not for blake3, where it is blake3"), "{both}");
    let one = said(&["ring", "--backend", "ring"]);
    assert!(!one.contains("--baseline"), "{one}");
}

#[test]
fn compare_leaves_a_record_and_a_page() {
    let folder = Folder::new("compare");
    let out = folder.path("out");
    let flags = ["compare", "--pairs", "64", "--seconds", "0", "--out", &out, "--backend"];
    let table = stdout(&[&flags[..], &["ring,ammeter/portable"]].concat());
    assert!(table.contains("ring") && table.contains("ammeter/portable"), "{table}");
    assert!(!table.contains('\x1b'), "no colour off a terminal");
    let written: Vec<PathBuf> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(written.len(), 2, "{written:?}");
    for path in written {
        let text = fs::read_to_string(&path).unwrap();
        if path.extension().unwrap() == "json" {
            check_record(&serde_json::from_str(&text).unwrap());
        } else {
            assert!(text.contains("ammeter/portable") && text.contains("<svg"));
        }
    }
    let json = stdout(&[&flags[..], &["ring", "--json", "-"]].concat());
    check_record(&serde_json::from_str(&json).unwrap());
}

/// Every field that the record promises.
fn check_record(record: &serde_json::Value) {
    for field in ["schema", "host", "build", "workload", "noise", "limits", "rows"] {
        assert!(record.get(field).is_some(), "{field}");
    }
    for row in record["rows"].as_array().unwrap() {
        assert_eq!(row["verified"], true, "{row}");
        for field in ["backend", "hash", "scheme", "isa", "of_limit", "reference_cycles_per_pair"] {
            assert!(row.get(field).is_some(), "{field}");
        }
        let (speed, ratio) = (&row["pairs_per_second"], &row["ratio_to_baseline"]);
        let order = |object: &serde_json::Value, names: [&str; 3]| {
            let values = names.map(|name| object[name].as_f64().unwrap());
            assert!(values.is_sorted() && values[0] > 0.0, "{object}");
        };
        order(speed, ["q1", "median", "q3"]);
        order(ratio, ["low", "median", "high"]);
    }
}

#[test]
fn doctor_lists_every_kernel_of_this_architecture() {
    let json: serde_json::Value = serde_json::from_str(&stdout(&["doctor", "--json"])).unwrap();
    let kernels = json["kernels"].as_array().unwrap();
    for hash in ["sha256", "blake3"] {
        let of_hash = || kernels.iter().filter(|row| row["hash"] == hash);
        assert!(of_hash().any(|row| row["isa"] == "portable" && row["missing"].is_null()));
        assert_eq!(of_hash().filter(|row| row["chosen"] == true).count(), 1);
    }
    assert!(stdout(&["doctor"]).contains("What would spoil timings"));
}

/// A packager finds both, and every command is in both.
#[test]
fn completions_and_the_manual_know_every_command() {
    let help = stdout(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() > 10, "{help}");
    for shell in ["bash", "fish", "zsh", "elvish", "powershell"] {
        let script = stdout(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&["completions", "bash", "--json"])).expect("JSON");
    assert_eq!(json["shell"], "bash");
    assert_eq!(json["script"], stdout(&["completions", "bash"]));
    assert!(refused(&["completions", "csh"]).contains("csh"));

    let folder = Folder::new("manual");
    assert_eq!(stdout(&["manual", &folder.path("man1")]), "");
    for command in &commands {
        let page = folder.path(&format!("man1/ammeter-{command}.1"));
        let page = fs::read_to_string(page).expect(command);
        assert!(page.contains(".SH OPTIONS"), "{command}");
        let of_others = page.contains(".SH SUBCOMMANDS");
        assert!(of_others || page.contains(r"\-\-json"), "{command} has no --json");
    }
    let json = stdout(&["manual", &folder.path("man1"), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let pages = json["pages"].as_array().expect("a list");
    assert!(
        pages.len() > commands.len() && pages.contains(&"ammeter-derive.1".into()),
        "{pages:?}"
    );
    assert!(fs::read_to_string(folder.path("man1/ammeter.1")).is_ok());
    let file = folder.file("file", "");
    assert!(refused(&["manual", &file]).contains("file: "));
}

#[test]
fn the_version_says_what_was_built() {
    let version = stdout(&["--version"]);
    let lines: Vec<&str> = version.lines().collect();
    assert_eq!(lines[0], concat!("ammeter ", env!("CARGO_PKG_VERSION")));
    let names = ["commit", "features", "compiler", "target", "profile"];
    for (line, name) in lines[1..].iter().zip(names) {
        let (said, value) = line.split_once(": ").expect(line);
        assert!(said == name && !value.is_empty(), "{version}");
    }
    assert_eq!(lines.len(), 6, "{version}");
    // That of the folder, not that from which it inherits: `checks`, and not `release`.
    let folder = Path::new(env!("CARGO_BIN_EXE_ammeter")).parent().expect("a folder");
    let folder = folder.file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(lines[5], format!("profile: {folder}"));
}

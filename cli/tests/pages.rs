//! Promise: what a page tells its reader to type can be typed.
//!
//! The commands in blocks of `sh` and `console` are run in a folder that looks like the repository,
//! in a form that takes seconds, and what a page shows of their output is compared. What cannot be
//! run here is printed with the reason. All of them, and those between backticks, are looked up:
//! subcommands, flags, recipes, scripts, tests. An exception that no page needs any more is a
//! failure. `-- --nocapture` shows what was run and skipped.

#[path = "support/command.rs"]
mod command;
#[path = "support/page.rs"]
mod page;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ammeter_amp::onion::SecretKey;
use command::{ammeter, json_of, text};
use page::Shown;

/// What stands for something of the reader's, and what stands for it here.
const READERS: &[(&str, &str)] = &[
    ("cargo run --release -- ", "ammeter "),
    ("cargo run --release", "ammeter"),
    ("--receiver process:PROGRAM", "--receiver 'process:ammeter receive --protocol 2'"),
    ("--receiver … ", "--receiver builtin "),
    ("ATTACK_SECONDS=900", "ATTACK_SECONDS=1"),
];

/// What is not run.
const SKIPPED: &[(&str, &str)] = &[
    ("library:", "needs a library of the reader's"),
    ("served=process:target", "needs the example `backend`, built for release"),
    ("process:./lnd", "needs lnd's adapter: .ci/receivers builds it and replays its traces"),
    ("--against", "builds another commit: tests/against.rs runs it"),
    ("--backends benches", "builds programs in six languages"),
    ("just ", "a recipe: builds for minutes"),
    ("cargo ", "builds: a step of .ci/run"),
    (".ci/", "a step of .ci/run"),
    ("./build.sh", "network: .ci/receivers runs it"),
    ("./known.sh", "needs lnd's adapter: .ci/receivers runs it"),
    ("pip install", "network"),
    ("vectors/check.py", "needs blake3 from PyPI: .ci/vectors runs it"),
];

/// Flags of other programs.
const OTHERS: [&str; 2] = ["--cfg", "--no-default-features"];

/// Flags that make a command short, by how it begins. The first that fits counts.
const SHORTER: &[(&str, &str)] = &[
    ("attack --receiver specimen:", "--histories 20000 --jobs 2"),
    ("attack --specimens", "--seeds 1 --histories 1"),
    ("attack", "--histories 100 --jobs 2"),
    ("compare --workload split", "--quick --seeds 1 --payments 1 --channels 80"),
    ("compare", "--seconds 0 --pairs 64"),
];

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every page but the history of changes, which names what is gone; by its path.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
            if path.is_symlink() || name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".md") && name != "CHANGELOG.md" {
                let place = path.strip_prefix(root()).expect("below").to_str().expect("UTF-8");
                pages.insert(place.to_owned(), fs::read_to_string(&path).expect("text"));
            }
        }
    }
    pages
}

/// What there is to be named.
struct Named {
    /// Of each subcommand, its flags.
    flags: BTreeMap<String, BTreeSet<String>>,
    recipes: BTreeSet<String>,
    /// Folder of each package.
    packages: BTreeMap<String, PathBuf>,
}

impl Named {
    fn find() -> Self {
        let help = |command: &str| {
            let output = ammeter(&[command, "--help"]);
            assert!(output.status.success(), "{command}");
            text(&output.stdout).to_owned()
        };
        let all = ammeter(&["--help"]);
        let commands = text(&all.stdout).lines().skip_while(|line| *line != "Commands:").skip(1);
        let commands = commands
            .take_while(|line| !line.is_empty())
            .filter(|line| !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next());
        let mut flags: BTreeMap<_, _> = commands
            .filter(|name| *name != "help")
            .map(|name| (name.to_owned(), flags_of(&help(name))))
            .collect();
        flags.insert(String::new(), flags_of(text(&all.stdout)));

        let justfile = fs::read_to_string(root().join("justfile")).expect("a justfile");
        let recipes =
            justfile.lines().filter(|line| line.contains(':') && !line.starts_with([' ', '#']));
        let recipes = recipes.filter_map(|line| line.split([' ', ':']).next()).map(str::to_owned);

        let manifests = fs::read_dir(root()).expect("a folder");
        let manifests = manifests.map(|entry| entry.expect("an entry").path().join("Cargo.toml"));
        let packages = manifests.filter(|path| path.exists()).map(|path| {
            let manifest = fs::read_to_string(&path).expect("text");
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = "));
            let folder = path.parent().expect("a folder").to_owned();
            (name.expect("a name").trim_matches('"').to_owned(), folder)
        });
        Self { flags, recipes: recipes.collect(), packages: packages.collect() }
    }

    /// What is wrong with a line of shell, which a page in `folder` shows.
    fn fault(&self, line: &str, folder: &Path) -> Option<String> {
        page::words(line).iter().find_map(|words| self.fault_of(words, folder))
    }

    fn fault_of(&self, words: &[String], folder: &Path) -> Option<String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let is_set =
            |word: &&&str| word.split_once('=').is_some_and(|(name, _)| !name.contains(['-', '/']));
        let words = &words[words.iter().take_while(is_set).count()..];
        let script = words.iter().find(|word| {
            word.starts_with(".ci/")
                || word.ends_with(".py") && word.contains('/') && !word.contains(' ')
                || word.ends_with(".sh")
        });
        if let Some(script) = script.map(|script| script.trim_start_matches("ammeter-checkout/")) {
            let is_there =
                [root(), folder.to_owned()].iter().any(|place| place.join(script).exists());
            return (!is_there).then(|| format!("there is no {script}"));
        }
        match words {
            ["ammeter", words @ ..] => self.fault_of_flags(words),
            ["cargo", "run", "--release"] => None,
            ["cargo", "run", "--release", "--", words @ ..] => self.fault_of_flags(words),
            ["cargo", words @ ..] => self.fault_of_target(words),
            ["just", recipe, ..] if !self.recipes.contains(*recipe) => {
                Some(format!("there is no recipe {recipe}"))
            }
            _ => None,
        }
    }

    fn fault_of_flags(&self, words: &[&str]) -> Option<String> {
        let named = words.first().filter(|word| !word.starts_with('-')).copied().unwrap_or("");
        let Some(flags) = self.flags.get(named) else {
            return Some(format!("there is no command {named}"));
        };
        let names = words.iter().filter(|word| word.starts_with('-') && word.len() > 1);
        let names = names.map(|word| word.split('=').next().unwrap_or_default());
        let gone = names.into_iter().find(|name| !flags.contains(*name));
        gone.map(|name| format!("`ammeter {named}` has no {name}"))
    }

    /// Tests, benches and examples are files of their package.
    fn fault_of_target(&self, words: &[&str]) -> Option<String> {
        let value = |flag| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
        let folder = match value("-p") {
            Some(name) => match self.packages.get(name) {
                Some(folder) => folder,
                None => return Some(format!("there is no package {name}")),
            },
            None => return None,
        };
        let kinds = [("--test", "tests"), ("--bench", "benches"), ("--example", "examples")];
        kinds.iter().find_map(|(flag, kind)| {
            let name = value(flag)?;
            let file = folder.join(kind).join(format!("{name}.rs"));
            (!file.exists()).then(|| format!("there is no {}", file.display()))
        })
    }
}

/// The flags that a help lists: what its prose mentions does not count.
fn flags_of(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words =
        lines.flat_map(|line| line.split("  ").next().unwrap_or_default().split([' ', ',']));
    words.filter(|word| word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn what_a_page_names_is_there() {
    let named = Named::find();
    let mut looked_up = 0;
    let mut faults = Vec::new();
    let mut others = BTreeSet::new();
    for (place, markdown) in pages() {
        let folder = root().join(Path::new(&place).parent().expect("a folder"));
        let programs = ["ammeter ", "cargo ", "just ", ".ci/", "python3 "];
        let spans = page::spans(&place, &markdown);
        // Of a flag alone a page does not say whose it is: some command must have it.
        for span in spans.iter().filter(|span| span.text.starts_with("--")) {
            let name = span.text.split([' ', '=']).next().unwrap_or_default();
            match OTHERS.iter().find(|other| **other == name) {
                Some(other) => drop(others.insert(*other)),
                None if named.flags.values().any(|flags| flags.contains(name)) => {}
                None => faults.push(format!("{}: no command has {name}", span.place)),
            }
        }
        let spans =
            spans.into_iter().filter(|span| programs.iter().any(|at| span.text.starts_with(at)));
        for block in page::blocks(&place, &markdown).into_iter().chain([spans.collect()]) {
            let mut folder = folder.clone();
            for shown in block {
                if let Some(below) = shown.text.strip_prefix("cd ") {
                    folder = root().join(page::without_comment(below));
                    continue;
                }
                looked_up += 1;
                let fault = named.fault(&shown.text, &folder);
                faults.extend(fault.map(|fault| format!("{}: {fault}", shown.place)));
            }
        }
    }
    println!("{looked_up} commands looked up");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(looked_up > 50, "only {looked_up}");
    assert!(others.iter().eq(&OTHERS), "a page names only {others:?} of {OTHERS:?}");
}

/// The check itself: it sees what is gone.
#[test]
fn what_is_gone_is_seen() {
    let named = Named::find();
    let fault = |line| named.fault(line, &root());
    for (line, gone) in [
        ("ammeter atack", "atack"),
        ("ammeter attack --histories 3 --ruels", "--ruels"),
        ("cargo run --release -- attack --sed 3 # ten seconds", "--sed"),
        ("X=1 ammeter derive --root 'a b' | ammeter receive --kay @x", "--kay"),
        ("(cd x && go build -o y) && ammeter compare --quik", "--quik"),
        ("ammeter attack --merge-all=x", "--merge-all"),
        ("ammeter --histories 3", "--histories"), // of `attack` alone
        ("just atack", "atack"),
        (".ci/fuz 3", ".ci/fuz"),
        ("python3 fuzz/receivers/python/reciever.py", "reciever"),
        ("cargo test -p ammeter-fuzz --test spicemens", "spicemens"),
        ("cargo test -p ammeter-fuz", "ammeter-fuz"),
    ] {
        let said = fault(line).unwrap_or_else(|| panic!("{line}"));
        assert!(said.contains(gone), "{said}");
    }
    assert_eq!(fault("ammeter attack --receiver 'process:x --no-such' # --none"), None);
    assert_eq!(fault("cargo run --release"), None);
}

/// A folder that looks like the repository, where commands may write.
struct Yard {
    folder: tempfile::TempDir,
    readers: Vec<(String, String)>,
    /// The exceptions that some command needed.
    needed: RefCell<BTreeSet<String>>,
}

impl Yard {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        for entry in fs::read_dir(root()).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name();
            if !["target", ".git", "vectors", "ammeter-out"].iter().any(|out| name == *out) {
                symlink(entry.path(), path.join(name)).expect("a link");
            }
        }
        symlink(root(), path.join("ammeter-checkout")).expect("a link");
        symlink(root().join("benches/backends/python/backend.py"), path.join("mine.py"))
            .expect("a link");
        let vectors = path.join("vectors");
        fs::create_dir(&vectors).expect("a folder");
        for entry in fs::read_dir(root().join("vectors")).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.path().is_file() {
                fs::copy(entry.path(), vectors.join(entry.file_name())).expect("a copy");
            }
        }
        fs::write(path.join("known.toml"), "").expect("a file");
        let mut yard = Self { folder, readers: Vec::new(), needed: RefCell::default() };
        yard.add_readers();
        yard
    }

    /// Keys of two nodes, an onion for them, a receiver.
    fn add_readers(&mut self) {
        let path = self.folder.path();
        let receiver = "#!/bin/sh\nexec ammeter receive --protocol 2\n";
        let program = path.join("my-receiver");
        fs::write(&program, receiver).expect("a file");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, mode).expect("a mode");
        let keys = [("router", 0x41u8), ("receiver", 0x42)].map(|(name, byte)| {
            let key = SecretKey::from_bytes(&[byte; 32]).expect("a key");
            let digits = format!("{byte:02x}").repeat(32);
            fs::write(path.join(format!("{name}.key")), digits).expect("a file");
            key.public_key().to_string()
        });
        let route = keys.join(",");
        let sent = ["send", "--scheme", "basic", "--amount", "90000", "--parts", "3", "--json"];
        let sent = json_of(&ammeter(&[&sent[..], &["--route", &route]].concat()));
        let part = |field: &str| sent["parts"][0][field].as_str().expect(field).to_owned();
        self.readers = READERS.iter().map(|(from, to)| ((*from).into(), (*to).into())).collect();
        self.readers.extend([
            ("ROUTER,RECEIVER".to_owned(), route),
            ("ONION ".to_owned(), part("onion") + " "),
            ("--payment-hash HASH".to_owned(), format!("--payment-hash {}", part("payment_hash"))),
        ]);
    }

    /// The exceptions that no command needed.
    fn idle(&self) -> Vec<String> {
        let readers = self.readers.iter().map(|(from, _)| from.as_str());
        let tables = [SKIPPED, SHORTER].into_iter().flatten().map(|(what, _)| *what);
        let needed = self.needed.borrow();
        readers.chain(tables).filter(|what| !needed.contains(*what)).map(str::to_owned).collect()
    }

    /// What is run for a command of a page, or why nothing is.
    fn to_run(&self, text: &str) -> Result<String, &'static str> {
        let needs = |what: &str| self.needed.borrow_mut().insert(what.to_owned());
        let mut line = page::without_comment(text).to_owned();
        for (from, to) in &self.readers {
            if line.contains(from) {
                needs(from);
                line = line.replace(from, to);
            }
        }
        if let Some((what, why)) = SKIPPED.iter().find(|(what, _)| line.contains(what)) {
            needs(what);
            return Err(why);
        }
        let commands = page::words(&line);
        let is_placeholder = |word: &String| {
            let is_capital = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
            word.contains('…') || is_capital
        };
        if commands.iter().flatten().any(is_placeholder) {
            return Err("a word stands for something of the reader's");
        }
        if let [words] = &commands[..] {
            let own = words.iter().skip_while(|word| *word != "ammeter").skip(1);
            let own: Vec<&str> = own.map(String::as_str).collect();
            let own = if own.is_empty() { "compare".to_owned() } else { own.join(" ") };
            let is_ours = words.iter().any(|word| word == "ammeter");
            let shorter = SHORTER.iter().find(|(start, _)| own.starts_with(start));
            if let Some((start, flags)) = shorter.filter(|_| is_ours) {
                needs(start);
                line = format!("{} {flags}", line.replace(" --quick", ""));
            }
        }
        Ok(line)
    }
}

/// A receiver that is known to be bad is found.
fn expected(line: &str) -> i32 {
    let is_bad = line.contains("specimen:") && !line.contains("specimen:none");
    i32::from(is_bad || line.contains("attack --specimens"))
}

#[test]
fn what_a_page_shows_can_be_run() {
    let yard = Yard::new();
    let binary = Path::new(env!("CARGO_BIN_EXE_ammeter")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").expect("a path"));
    let (mut ran, mut faults) = (0, Vec::new());
    for (place, markdown) in pages() {
        for block in page::blocks(&place, &markdown) {
            let mut folder = yard.folder.path().to_owned();
            for Shown { place, text, output } in block {
                if let Some(below) = text.strip_prefix("cd ") {
                    folder = folder.join(page::without_comment(below));
                    continue;
                }
                let line = match yard.to_run(&text) {
                    Ok(line) => line,
                    Err(why) => {
                        println!("SKIPPED: {place}: {}: {why}", page::without_comment(&text));
                        continue;
                    }
                };
                let mut shell = Command::new("sh");
                shell.args(["-c", &line]).current_dir(&folder).env("PATH", &path);
                let done = shell.stdin(Stdio::null()).output().expect("a shell");
                ran += 1;
                println!("{place}: {line}");
                let said = format!(
                    "{place}: {line}\n{}{}",
                    self::text(&done.stdout),
                    self::text(&done.stderr)
                );
                if done.status.code() != Some(expected(&line)) {
                    faults.push(format!("{said}{}", done.status));
                } else if let Some(missing) = missing(&output, self::text(&done.stdout)) {
                    faults.push(format!("{said}The page shows: {missing}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(ran > 15, "only {ran}");
    assert_eq!(yard.idle(), [""; 0], "exceptions that no page needs");
}

/// The first line that a page shows and that was not printed, in this order.
fn missing<'a>(shown: &'a [String], printed: &str) -> Option<&'a str> {
    let mut printed = printed.lines();
    let shown =
        shown.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && *line != "…");
    shown.into_iter().find(|line| !printed.any(|other| page::is_alike(line, other)))
}

/// The comparison itself: it sees what is another.
#[test]
fn what_is_shown_is_compared() {
    let alike = page::is_alike;
    assert!(alike("3 of 4   in 0.12 s", "3 of 4 in 7.5 s"));
    assert!(!alike("3 of 4 in 0.12 s", "3 of 5 in 0.12 s"));
    assert!(alike("seed … breaks", "seed 7 breaks") && !alike("seed … breaks", "seed 7 broke"));
    assert!(!alike("no violation", "no violation of"), "a line is a whole line");
    assert!(alike("policy …", "policy hash=sha256") && !alike("policy …", "a policy"));
    let shown = ["b".to_owned(), "a".to_owned()];
    assert_eq!(missing(&shown, "a\nb\n"), Some("a"), "in their order");
}

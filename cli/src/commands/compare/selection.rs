//! Which rows run, and against which baseline.

use std::path::Path;

use ammeter_bench::{
    backend::Entry,
    program::{self, CommandLine, Patience, file},
    registry,
};
use ammeter_core::{Hash, Kernel};

use super::{Arguments, flags::Choice};
use crate::console::{Refusal, complain};

/// The rows of one hash.
pub(super) struct Group {
    pub(super) hash: Hash,
    pub(super) entries: Vec<Entry>,
    /// Position in `entries`.
    pub(super) baseline: usize,
}

/// Which rows run, a group for each hash that has any; there is one at least. Programs are built and
/// started.
pub(super) fn groups(arguments: &Arguments) -> Result<Vec<Group>, Refusal> {
    let chosen = arguments.names();
    let hashes = arguments.hash.map_or(Hash::ALL.to_vec(), |hash| vec![hash]);
    let mut all: Vec<(Hash, Vec<Entry>)> =
        hashes.iter().map(|hash| (*hash, entries(*hash))).collect();
    let left_out = registry::left_out().join(", ");
    if chosen.is_empty() && hashes.contains(&Hash::Sha256) && !left_out.is_empty() {
        complain(format_args!("skipped: {left_out}: built without the feature `peers`"));
    }
    let programs = programs(arguments)?;
    let is_program: Vec<String> = programs.iter().map(|entry| entry.name.clone()).collect();
    for program in programs {
        if all.iter().flat_map(|(_, rows)| rows).any(|row| row.name == program.name) {
            return Err(Refusal::of(&program.name, "there is a backend of that name already"));
        }
        match all.iter_mut().find(|(hash, _)| *hash == program.hash) {
            Some((_, rows)) => rows.push(program),
            None => {
                complain(format_args!("skipped: {}: its hash is {}", program.name, program.hash));
            }
        }
    }
    let all = all;
    let known = |name: &str| all.iter().flat_map(|(_, rows)| rows).any(|row| row.name == name);
    let names = |flag: &str, name: &str| {
        let mut names: Vec<&str> =
            all.iter().flat_map(|(_, rows)| rows).map(|row| row.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        Refusal::of(flag, format_args!("no backend `{name}` here; there are {}", names.join(", ")))
    };
    if let Some(name) = chosen.iter().find(|name| !known(name)) {
        return Err(names("--backend", name));
    }
    if let Some(name) = arguments.baseline.as_deref().filter(|name| !known(name)) {
        return Err(names("--baseline", name));
    }
    for isa in &arguments.kernel {
        let missing: Vec<_> =
            all.iter().filter_map(|(hash, _)| Kernel::named(*hash, *isa).err()).collect();
        if missing.len() == all.len() {
            return Err(Refusal::of("--kernel", missing[0]));
        }
    }

    let mut groups = Vec::new();
    for (hash, mut entries) in all {
        let fallback = registry::default_baseline(hash);
        let named = arguments.baseline.as_deref();
        let has = |name: &str| entries.iter().any(|entry| entry.name == name);
        let baseline = named.filter(|name| has(name)).unwrap_or(fallback).to_owned();
        entries.retain(|entry| {
            let kernel = !entry.is_ours() || arguments.has_kernel(&entry.name);
            let named = chosen.contains(&entry.name.as_str());
            let backend = chosen.is_empty() || named || is_program.contains(&entry.name);
            // At one size it would tie with a kernel that is there already.
            let size = !entry.is_auto() || arguments.sweep.is_some() || named;
            entry.name == baseline || kernel && backend && size
        });
        // A hash of which no row but the baseline was asked for was not asked for.
        let asked = |entry: &Entry| {
            chosen.contains(&entry.name.as_str()) || is_program.contains(&entry.name)
        };
        let asked = chosen.is_empty() || entries.iter().any(asked);
        let Some(position) = entries.iter().position(|entry| entry.name == baseline) else {
            continue;
        };
        if !asked {
            continue;
        }
        if let Some(named) = named.filter(|named| *named != baseline) {
            complain(format_args!("--baseline {named}: not for {hash}, where it is {baseline}"));
        }
        groups.push(Group { hash, entries, baseline: position });
    }
    if groups.is_empty() {
        return Err(Refusal::of("--hash, --kernel, --backend", "no row is left to compare"));
    }
    Ok(groups)
}

/// Every row for `hash`, the one whose engine chooses its kernel last of ours.
fn entries(hash: Hash) -> Vec<Entry> {
    let (mut entries, peers): (Vec<Entry>, Vec<Entry>) =
        registry::entries(hash).into_iter().partition(Entry::is_ours);
    entries.push(registry::auto(hash));
    entries.extend(peers);
    entries
}

/// The rows of all programs: those of `--backend` must be there, those of a file may be missing.
fn programs(arguments: &Arguments) -> Result<Vec<Entry>, Refusal> {
    let mut programs = Vec::new();
    for choice in &arguments.backend {
        let Choice::Program { name, command } = choice else { continue };
        let row = CommandLine::new(command, Path::new("."))
            .and_then(|line| program::entry(name, line, Patience::default()));
        programs
            .push(row.map_err(|failure| Refusal::of(format_args!("--backend {name}"), failure))?);
    }
    let mut listed = Vec::new();
    for path in &arguments.backends {
        listed.extend(file::read(path).map_err(|failure| {
            Refusal::of(format_args!("--backends {}", path.display()), failure)
        })?);
    }
    // Whoever names some of them does not want the others built.
    let names = arguments.names();
    if listed.iter().any(|program| names.contains(&program.name.as_str())) {
        let baseline = arguments.baseline.as_deref();
        let is_named = |name: &str| names.contains(&name) || baseline == Some(name);
        listed.retain(|program| is_named(&program.name));
    }
    for program in listed {
        match program.entry(Patience::default()) {
            Ok((row, tool)) => {
                let tool = tool.map(|tool| format!(" ({tool})")).unwrap_or_default();
                complain(format_args!("{}: {}{tool}", row.name, row.version));
                programs.push(row);
            }
            Err(failure) => complain(format_args!("skipped: {}: {failure}", program.name)),
        }
    }
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::compare::flags::parse;

    #[test]
    fn of_a_file_only_the_named_programs_are_built() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backends.toml");
        let program = |name| {
            format!("[[backend]]\nname = \"{name}\"\nbuild = \"mkdir {name}\"\nrun = \"./none\"\n")
        };
        std::fs::write(&path, ["a", "b", "c"].map(program).concat()).unwrap();
        let built = |arguments: &[&str]| {
            let file = ["--backends", path.to_str().unwrap()];
            groups(&parse(&[&file, arguments].concat())).err();
            ["a", "b", "c"].map(|name| std::fs::remove_dir(folder.path().join(name)).is_ok())
        };
        assert_eq!(built(&["--backend", "a"]), [true, false, false]);
        assert_eq!(built(&["--backend", "a,ring", "--baseline", "b"]), [true, true, false]);
        assert_eq!(built(&["--backend", "ring"]), [true, true, true]);
        assert_eq!(built(&[]), [true, true, true]);
    }

    #[test]
    fn rows_are_chosen_by_name_kernel_and_hash() {
        let names = |arguments: &[&str]| -> Vec<String> {
            let groups = groups(&parse(arguments)).unwrap();
            groups.into_iter().flat_map(|group| group.entries).map(|entry| entry.name).collect()
        };
        assert_eq!(names(&["--backend", "ring"]), ["sha2-0.11", "ring"]);
        assert_eq!(names(&["--backend", "blake3"]), ["blake3"]);
        assert_eq!(
            names(&["--hash", "blake3", "--kernel", "portable"]),
            ["ammeter/portable", "blake3"]
        );
        assert_eq!(
            names(&["--backend", "ring", "--baseline", "ammeter/portable", "--hash", "sha256"]),
            ["ammeter/portable", "ring"]
        );
        assert!(groups(&parse(&["--backend", "md5"])).is_err());
        assert!(groups(&parse(&["--baseline", "md5"])).is_err());
        let gone = groups(&parse(&["--backend", "x=process:./no-such-program"]));
        assert!(gone.is_err_and(|refusal| refusal.to_string().contains("could not be started")));
    }
}

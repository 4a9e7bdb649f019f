//! The committed seeds.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of this package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Name and bytes of each of a target's seeds, in the order of their names; never none.
pub(crate) fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("seeds").join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("seeds of {target}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no seeds");
    let seed = |path: PathBuf| (path.display().to_string(), fs::read(&path).expect("readable"));
    paths.into_iter().map(seed).collect()
}

//! How this program was built, as its build script found out.

use ammeter_report::{
    host::Host,
    record::{Build, Head},
};

/// What `--version` says.
pub const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("AMMETER_COMMIT"),
    "\nfeatures: ",
    env!("AMMETER_FEATURES"),
    "\ncompiler: ",
    env!("AMMETER_RUSTC"),
    "\ntarget: ",
    env!("AMMETER_TARGET"),
    "\nprofile: ",
    env!("AMMETER_PROFILE"),
);

/// This program's.
pub fn current() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("AMMETER_COMMIT").into(),
        rustc: env!("AMMETER_RUSTC").into(),
        target: env!("AMMETER_TARGET").into(),
        profile: env!("AMMETER_PROFILE").into(),
    }
}

/// What a record of this program begins with.
pub fn head(schema: &str, host: Host) -> Head {
    Head { schema: schema.into(), host, build: current() }
}

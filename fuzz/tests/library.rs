//! Promise: receivers in shared libraries are attacked like any other: ours is clean behind the C
//! interface, a bad one in C is found, and what is no such library is refused.
#![cfg(unix)]

use std::{
    env, fs,
    mem::{offset_of, size_of},
    path::{Path, PathBuf},
    process::Command,
};

use ammeter_amp::receiver::Policy;
use ammeter_core::Hash;
use ammeter_fuzz::{
    adapter::{
        UnderTest,
        library::{
            Library,
            c::{CEffects, CHtlc, CInvoice, CKey, CPolicy, Table},
        },
    },
    sim::{
        attack::{self, Plan, Progress, Report, Shard},
        generate::Settings,
        invariants::{Invariant, Watch},
    },
};

fn attacked(library: &Path, histories: u64, watch: Watch) -> Report {
    let settings = Settings::default();
    let shard = Shard::WHOLE;
    let plan = Plan { seed: 1, histories, shard, jobs: 2, settings, watch };
    let open = || -> Box<dyn UnderTest> { Box::new(Library::new(library).expect("it loads")) };
    attack::run(&plan, &open, &Progress::default())
}

/// Cargo builds examples with the tests, in a folder beside theirs.
fn ours() -> PathBuf {
    let tests = env::current_exe().expect("it runs");
    let name = format!("{}ammeter_receiver{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let library =
        tests.ancestors().nth(2).expect("target/PROFILE/deps").join("examples").join(name);
    assert!(library.exists(), "no {}: `cargo test -p ammeter-fuzz` makes it", library.display());
    library
}

fn compiled(name: &str, source: &str, folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = folder.join(name).with_extension("so");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let status = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Werror", "-shared", "-fPIC", "-I"])
        .args([&root.join("include"), Path::new("-o"), &library, &root.join(source)])
        .status();
    assert!(status.expect("a C compiler").success());
    library
}

#[test]
fn our_receiver_is_clean_behind_the_c_interface() {
    let report = attacked(&ours(), 40, Watch::Rules);
    assert!(report.failure.is_none(), "{:?}", report.failure);
    assert_eq!(report.histories, 40);
}

#[test]
fn a_bad_receiver_in_c_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = compiled("forgetful", "examples/library/forgetful.c", folder.path());
    let failure = attacked(&library, 1_000, Watch::Invariants).failure.expect("it is found");
    assert_eq!(failure.violation.invariant, Invariant::NoOverstay);
}

/// A library that does not open in the middle of an attack is a finding, and no panic.
#[test]
fn a_receiver_that_does_not_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = include_str!("../examples/library/forgetful.c")
        .replace("return &nothing;", "return (void)nothing, (void *)0;");
    let file = folder.path().join("closed.c");
    fs::write(&file, source).expect("room");
    let library = compiled("closed", file.to_str().expect("text"), folder.path());
    Library::check(&library).expect_err("an attack does not begin like this");
    let failure = attacked(&library, 1_000, Watch::Invariants).failure.expect("it is found");
    assert_eq!(failure.violation.invariant, Invariant::HonestSetsSettle);
    assert!(failure.violation.seen.contains("does not open"), "{}", failure.violation);
}

/// Every field of the header at its place in ours, and no room for another one: a C compiler says so.
#[test]
fn the_header_has_our_layout() {
    macro_rules! layout {
        ($c:literal, $ours:ty: $($field:ident)*) => {{
            let size = size_of::<$ours>();
            let places = [$((stringify!($field), offset_of!($ours, $field))),*];
            let at = places.map(|(field, at)| format!("offsetof({}, {field}) == {at}", $c));
            format!("_Static_assert(sizeof({}) == {size} && {}, \"\");\n", $c, at.join(" && "))
        }};
    }
    let source = [
        "#include \"ammeter_receiver.h\"\n".to_owned(),
        layout!("ammeter_policy", CPolicy: hash deviants_fail_set sets_span_realms spontaneous
            overpayment_factor_max expiry_margin_blocks hold_ms retention_ms bytes_max sets_max
            set_htlcs_max channel_htlcs_max htlcs_max part_count_max refusals_max),
        layout!("ammeter_key", CKey: channel_id htlc_id),
        layout!("ammeter_htlc", CHtlc: key payment_hash amount_msat expiry is_payload onion onion_size),
        layout!("ammeter_invoice", CInvoice: name amount_msat reusable),
        layout!("ammeter_effects", CEffects: context hold settle fail),
        layout!("ammeter_receiver_api", Table: version open htlc block clock invoice cancel resolved
            kill),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("layout.c");
    fs::write(&file, source.concat()).expect("room");
    compiled("layout", file.to_str().expect("text"), folder.path());
}

/// A field that [`Policy::SETTINGS`] gets reaches a library too.
#[test]
fn a_library_is_told_the_whole_policy() {
    for setting in Policy::SETTINGS {
        let ours = Policy::new(Hash::Sha256);
        let values = ["blake3", "reject-newcomer", "one", "true", "false", "7"];
        let mut others = values.into_iter().filter_map(|value| {
            let mut other = ours;
            setting.set(&mut other, value).ok().filter(|()| other != ours).map(|()| other)
        });
        let other = others.next().expect(setting.name);
        assert_eq!(Policy::from(&CPolicy::from(&other)), other, "{}", setting.name);
    }
}

#[test]
fn what_is_no_receiver_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("text.so");
    fs::write(&text, "no library").expect("room");
    let old = folder.path().join("old.c");
    fs::write(&old, "const unsigned ammeter_receiver = 7;").expect("room");
    let other = folder.path().join("other.c");
    fs::write(&other, "const int anything = 1;").expect("room");
    let gap = folder.path().join("gap.c");
    let table = "const ammeter_receiver_api ammeter_receiver = {.version = 1};";
    fs::write(&gap, format!("#include \"ammeter_receiver.h\"\n{table}")).expect("room");
    let gap = compiled("gap", gap.to_str().expect("text"), folder.path());
    let old = compiled("old", old.to_str().expect("text"), folder.path());
    let other = compiled("other", other.to_str().expect("text"), folder.path());
    for (path, reason) in [
        (&text, "text.so"),
        (&old, "version 7, not 1"),
        (&gap, "has no open"),
        (&other, "ammeter_receiver"),
    ] {
        let error = Library::new(path).expect_err("no receiver").to_string();
        assert!(error.contains(reason), "{error}");
    }
}

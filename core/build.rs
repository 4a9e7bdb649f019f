//! Tells the crate whether it is optimized.
//!
//! A kernel is one function into which all its rounds are inlined. Without optimization nothing in its
//! frame shares a place: that of AVX-512 would be larger than a thread's stack, and take long to
//! compile. Rounds stay functions then.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(unoptimized)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=unoptimized");
    }
}

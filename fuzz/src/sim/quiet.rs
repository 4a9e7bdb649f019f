//! A panic of a receiver under test is a finding. The panic hook does not print it.

use std::{
    cell::Cell,
    panic::{set_hook, take_hook},
    sync::Once,
};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`. Meanwhile the panic hook prints no panic of this thread.
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |information| {
            if !QUIET.get() {
                loud(information);
            }
        }));
    });
    QUIET.set(true);
    let result = work();
    QUIET.set(false);
    result
}

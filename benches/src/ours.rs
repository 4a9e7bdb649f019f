//! Our own rows: one a kernel, and one that chooses among them.

use std::{sync::LazyLock, time::Instant};

use ammeter_core::{Engine, Hash, Kernel, Pairs, dispatch::KernelError};

use crate::{
    backend::{AUTO, Backend, Entry, Failure},
    clock::{Elapsed, time},
    workload::Workload,
};

/// A row for every kernel of `hash` that this machine has, best first.
pub(crate) fn entries(hash: Hash) -> impl Iterator<Item = Entry> {
    Kernel::available(hash).map(move |kernel| Entry {
        name: format!("ammeter/{}", kernel.isa()),
        hash,
        isa: kernel.isa().to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
        call: "Engine::derive".into(),
        make: Box::new(move || Box::new(Ours(Ok(Engine::with_kernel(kernel).single_threaded())))),
    })
}

/// The row whose engine chooses its kernel.
pub(crate) fn auto(hash: Hash) -> Entry {
    // Once for all lanes and points of a sweep: each would take milliseconds, and might choose anew.
    let engine = LazyLock::new(move || {
        let start = Instant::now();
        let engine = Engine::calibrated(hash, || start.elapsed().as_nanos() as u64);
        engine.map(Engine::single_threaded)
    });
    Entry {
        name: AUTO.into(),
        hash,
        isa: "chosen".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        call: "Engine::calibrated, Engine::derive".into(),
        make: Box::new(move || Box::new(Ours(*engine))),
    }
}

/// One for each thread of the harness.
struct Ours(Result<Engine, KernelError>);

impl Backend for Ours {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let engine = self.0.as_ref().map_err(|missing| Failure(missing.to_string()))?;
        let (result, elapsed) = time(|| {
            workload
                .places(output)
                .try_for_each(|(payment, pairs)| engine.derive(&workload.job(payment), pairs))
        });
        result.map(|()| elapsed).map_err(|error| Failure(error.to_string()))
    }
}

//! Our own rows: one a kernel.

use ammeter_core::{Engine, Hash, Kernel, Pairs};

use crate::{
    backend::{Backend, Entry, Failure},
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
        call: "Engine::derive",
        make: Box::new(move || Box::new(Ours(Engine::with_kernel(kernel).single_threaded()))),
    })
}

/// The harness brings the threads, one of these each.
struct Ours(Engine);

impl Backend for Ours {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let (result, elapsed) = time(|| {
            workload
                .places(output)
                .try_for_each(|(payment, pairs)| self.0.derive(&workload.job(payment), pairs))
        });
        result.map(|()| elapsed).map_err(|error| Failure(error.to_string()))
    }
}

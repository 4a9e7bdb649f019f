//! Our receiver behind the C interface of `fuzz/include/ammeter_receiver.h`: what somebody else's
//! library looks like.
//!
//! ```sh
//! cargo build --release -p ammeter-fuzz --example ammeter_receiver
//! cargo run --release -- attack --receiver library:target/release/examples/libammeter_receiver.so
//! ```
#![allow(unsafe_code, non_upper_case_globals, reason = "a library in C's words")]

use std::{
    ffi::{CStr, CString, OsStr, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    ptr, slice,
};

use ammeter_amp::{
    receiver::{Effect, Event, IncomingHtlc, Onion, Policy},
    service::Durable,
    store::RedbStore,
};
use ammeter_core::{HtlcKey, Msat, PaymentHash};
use ammeter_fuzz::adapter::library::c::{CEffects, CHtlc, CInvoice, CKey, CPolicy, Table, VERSION};

type Ours = Durable<RedbStore>;

/// The table that `ammeter attack` looks for.
#[unsafe(no_mangle)]
pub static ammeter_receiver: Table = Table {
    version: VERSION,
    open: Some(open),
    htlc: Some(htlc),
    block: Some(block),
    clock: Some(clock),
    invoice: Some(invoice),
    cancel: Some(cancel),
    resolved: Some(resolved),
    kill: Some(kill),
};

unsafe extern "C" fn open(
    folder: *const c_char,
    policy: *const CPolicy,
    effects: *const CEffects,
) -> *mut c_void {
    // SAFETY: the header's contract.
    let (folder, policy) = unsafe { (CStr::from_ptr(folder), Policy::from(&*policy)) };
    let folder = Path::new(OsStr::from_bytes(folder.to_bytes()));
    let Ok(store) = RedbStore::open(&folder.join("receiver.redb")) else { return ptr::null_mut() };
    let Ok(receiver) = Durable::open(policy, store) else { return ptr::null_mut() };
    let receiver: *mut Ours = Box::into_raw(Box::new(receiver));
    // A new life says first what an earlier one decided.
    // SAFETY: it was made here, and the effects are the caller's.
    if unsafe { give(receiver.cast(), None, effects) } == 0 {
        return receiver.cast();
    }
    // SAFETY: as above, and nobody else has it.
    unsafe { kill(receiver.cast()) };
    ptr::null_mut()
}

unsafe extern "C" fn htlc(
    receiver: *mut c_void,
    htlc: *const CHtlc,
    effects: *const CEffects,
) -> c_int {
    // SAFETY: the header's contract.
    unsafe {
        let htlc = &*htlc;
        let bytes = match htlc.onion_size {
            0 => &[],
            size => slice::from_raw_parts(htlc.onion, size),
        };
        let incoming = IncomingHtlc {
            key: htlc.key.into(),
            payment_hash: PaymentHash(htlc.payment_hash),
            amount_msat: Msat(htlc.amount_msat),
            cltv_expiry: htlc.expiry,
        };
        let onion = if htlc.is_payload == 0 { Onion::Frames(bytes) } else { Onion::Payload(bytes) };
        give(receiver, Event::arrived(incoming, onion), effects)
    }
}

unsafe extern "C" fn block(receiver: *mut c_void, height: u32, effects: *const CEffects) -> c_int {
    // SAFETY: the header's contract.
    unsafe { give(receiver, Event::Block { height }, effects) }
}

unsafe extern "C" fn clock(receiver: *mut c_void, now_ms: u64, effects: *const CEffects) -> c_int {
    // SAFETY: the header's contract.
    unsafe { give(receiver, Event::Clock { now_ms }, effects) }
}

unsafe extern "C" fn invoice(
    receiver: *mut c_void,
    invoice: *const CInvoice,
    effects: *const CEffects,
) -> c_int {
    // SAFETY: the header's contract.
    unsafe { give(receiver, Event::InvoiceAdded((&*invoice).into()), effects) }
}

unsafe extern "C" fn cancel(
    receiver: *mut c_void,
    name: *const [u8; 32],
    effects: *const CEffects,
) -> c_int {
    // SAFETY: the header's contract.
    unsafe { give(receiver, Event::InvoiceCancelled { name: *name }, effects) }
}

unsafe extern "C" fn resolved(receiver: *mut c_void, key: CKey, effects: *const CEffects) -> c_int {
    // SAFETY: the header's contract.
    unsafe { give(receiver, Event::Resolved(HtlcKey::from(key)), effects) }
}

unsafe extern "C" fn kill(receiver: *mut c_void) {
    // SAFETY: it came from `open`, and comes back once.
    drop(unsafe { Box::from_raw(receiver.cast::<Ours>()) });
}

/// # Safety
/// The receiver is from [`open`], the effects are the caller's.
unsafe fn give(
    receiver: *mut c_void,
    event: impl Into<Option<Event>>,
    effects: *const CEffects,
) -> c_int {
    // SAFETY: this function's own contract; nobody else has the receiver meanwhile.
    let (receiver, effects) = unsafe { (&mut *receiver.cast::<Ours>(), &*effects) };
    // A receiver that panicked is dead; a panic that left the library would take the attack down.
    let Ok(Ok(decided)) = catch_unwind(AssertUnwindSafe(|| receiver.take(event.into()))) else {
        return 1;
    };
    for effect in decided {
        let reason = match effect {
            Effect::Fail { reason, .. } => CString::new(reason.name()).unwrap_or_default(),
            _ => CString::default(),
        };
        // SAFETY: as above.
        unsafe { effects.tell(effect, &reason) };
    }
    0
}

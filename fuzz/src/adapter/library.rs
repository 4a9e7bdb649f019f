//! A receiver in a shared library, by the C interface of `fuzz/include/ammeter_receiver.h`: as fast
//! as one of ours, and as close to the harness.
//!
//! A crash is a `kill` and a new `open` over the same folder. As with a [program](super::process),
//! what can be chosen is whether an input has been answered by then.
#![allow(unsafe_code, reason = "a foreign library is called")]

pub mod c;

use std::{
    error::Error as _,
    ffi::{CStr, CString, c_char, c_int, c_void},
    io,
    path::Path,
    ptr,
};

use ammeter_amp::receiver::{Effect, IncomingHtlc, Onion, Policy, Reason};
use ammeter_core::{Hash, Preimage};

use self::c::{Api, CEffects, CHtlc, CKey, CPolicy, Table};
use crate::{
    adapter::{Complaint, Kept, Outcome, Scratch, UnderTest},
    sim::{history::Fault, input::Input, profile::Profile},
};

/// A receiver of a library under test.
#[derive(Debug)]
pub struct Library {
    policy: Policy,
    state: Scratch,
    /// Null while it is dead.
    receiver: *mut c_void,
    /// What it said when it was opened.
    first: Vec<Effect>,
    complaint: Option<Complaint>,
    api: Api,
    /// Keeps the functions of `api` where they are.
    _library: libloading::Library,
}

impl Library {
    /// Loads a library, and makes a folder for its records.
    ///
    /// # Errors
    /// If it cannot be loaded, has no `ammeter_receiver`, or one of another version.
    pub fn new(path: &Path) -> io::Result<Self> {
        let wrong = |error: libloading::Error| match error.source() {
            Some(source) => io::Error::other(source.to_string()),
            None => io::Error::other(error),
        };
        // SAFETY: whoever names a library wants its code to run.
        let library = unsafe { libloading::Library::new(path) }.map_err(wrong)?;
        // SAFETY: the header says what this symbol is.
        let table = unsafe { library.get::<*const Table>(b"ammeter_receiver\0") }.map_err(wrong)?;
        // SAFETY: it begins with its version, whichever it is.
        let version = unsafe { (*table).cast::<u32>().read() };
        if version != c::VERSION {
            return Err(strange(format!("version {version}, not {}", c::VERSION)));
        }
        // SAFETY: of this version it is a `Table`, in which null is a function that is not there.
        let table = unsafe { **table };
        let api = table.complete().map_err(|name| strange(format!("no {name}")))?;
        let (policy, state) = (Policy::new(Hash::Sha256), Scratch::new()?);
        let (receiver, first) = (ptr::null_mut(), Vec::new());
        Ok(Self { policy, state, receiver, first, complaint: None, api, _library: library })
    }

    /// Loads a library and opens its receiver once.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); if it does not open.
    pub fn check(path: &Path) -> io::Result<()> {
        Self::new(path)?.open()
    }

    fn open(&mut self) -> io::Result<()> {
        self.close();
        let folder = CString::new(self.state.0.to_string_lossy().as_bytes())?;
        self.first.clear();
        let effects = sink(&mut self.first);
        // SAFETY: the header's contract; all pointers outlive the call.
        self.receiver =
            unsafe { (self.api.open)(folder.as_ptr(), &CPolicy::from(&self.policy), &effects) };
        if self.receiver.is_null() { Err(io::Error::other("it does not open")) } else { Ok(()) }
    }

    fn close(&mut self) {
        let receiver = core::mem::replace(&mut self.receiver, ptr::null_mut());
        if !receiver.is_null() {
            // SAFETY: it came from `open`, and nobody else has it.
            unsafe { (self.api.kill)(receiver) };
        }
    }

    /// Whether it took an input.
    fn give(&self, input: &Input<'_>, told: &mut Vec<Effect>) -> bool {
        if self.receiver.is_null() {
            return false;
        }
        let (api, receiver, effects) = (&self.api, self.receiver, sink(told));
        // SAFETY: the header's contract; all pointers outlive the calls.
        let status: c_int = unsafe {
            match input {
                Input::Htlc { incoming, onion } => {
                    (api.htlc)(receiver, &htlc(incoming, *onion), &effects)
                }
                Input::Block { height } => (api.block)(receiver, *height, &effects),
                Input::Clock { now_ms } => (api.clock)(receiver, *now_ms, &effects),
                Input::InvoiceAdded(invoice) => (api.invoice)(receiver, &invoice.into(), &effects),
                Input::InvoiceCancelled { name } => (api.cancel)(receiver, name, &effects),
                Input::Resolved(key) => (api.resolved)(receiver, (*key).into(), &effects),
                Input::Restarted => {
                    told.clone_from(&self.first);
                    0
                }
            }
        };
        status == 0
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.close();
    }
}

impl UnderTest for Library {
    /// The interface has no room for a preimage.
    fn profile(&self) -> Profile {
        Profile::undeclared()
    }

    fn begin(&mut self, policy: &Policy) {
        self.close();
        self.state.empty();
        self.policy = *policy;
        self.restart();
    }

    /// A disk that lies is not in our hands here.
    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        match fault {
            Fault::SyncLies => None,
            Fault::BeforeCommit | Fault::AfterEffects { .. } => Some(fault),
            _ => Some(Fault::AfterCommit),
        }
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let mut told = Vec::new();
        let taken = fault != Some(Fault::BeforeCommit) && self.give(input, &mut told);
        match fault {
            None => {}
            Some(Fault::AfterEffects { sent }) => told.truncate(sent.into()),
            Some(_) => told.clear(),
        }
        effects.append(&mut told);
        if taken && fault.is_none() {
            return Outcome::Done;
        }
        self.close();
        Outcome::Down
    }

    fn crash(&mut self) {
        self.close();
    }

    fn restart(&mut self) {
        if self.open().is_err() {
            let (what, last_words) = ("does not open".into(), String::new());
            self.complaint = Some(Complaint { is_dead: true, what, last_words });
        }
    }

    fn complaint(&mut self) -> Option<Complaint> {
        self.complaint.take()
    }

    fn kept(&self) -> Option<Kept> {
        None
    }
}

fn strange(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("its ammeter_receiver has {what}"))
}

fn htlc(incoming: &IncomingHtlc, onion: Onion<'_>) -> CHtlc {
    let (is_payload, bytes) = match onion {
        Onion::Frames(bytes) => (0, bytes),
        Onion::Payload(bytes) => (1, bytes),
    };
    CHtlc {
        key: incoming.key.into(),
        payment_hash: incoming.payment_hash.0,
        amount_msat: incoming.amount_msat.0,
        expiry: incoming.cltv_expiry,
        is_payload,
        onion: bytes.as_ptr(),
        onion_size: bytes.len(),
    }
}

/// Functions that collect effects.
const fn sink(effects: &mut Vec<Effect>) -> CEffects {
    CEffects { context: ptr::from_mut(effects).cast(), hold, settle, fail }
}

unsafe extern "C" fn hold(context: *mut c_void, key: CKey) {
    // SAFETY: the context is that of `sink`.
    unsafe { push(context, Effect::Hold(key.into())) };
}

unsafe extern "C" fn settle(context: *mut c_void, key: CKey, preimage: *const [u8; 32]) {
    // SAFETY: the header's contract, and as above.
    unsafe { push(context, Effect::Settle { key: key.into(), preimage: Preimage(*preimage) }) };
}

unsafe extern "C" fn fail(context: *mut c_void, key: CKey, reason: *const c_char) {
    // SAFETY: the header's contract: a string, or null.
    let said = (!reason.is_null()).then(|| unsafe { CStr::from_ptr(reason) }.to_bytes());
    // Other receivers have other words.
    let known = Reason::ALL.iter().find(|reason| said == Some(reason.name().as_bytes()));
    let reason = known.copied().unwrap_or(Reason::Unreadable);
    // SAFETY: as above.
    unsafe { push(context, Effect::Fail { key: key.into(), reason }) };
}

/// # Safety
/// The context is that of [`sink`].
unsafe fn push(context: *mut c_void, effect: Effect) {
    // SAFETY: it is a list that lives, and that nobody else uses, while a receiver is called.
    unsafe { (*context.cast::<Vec<Effect>>()).push(effect) };
}

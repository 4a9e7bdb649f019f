//! `fuzz/include/ammeter_receiver.h` in Rust, where each field is explained.
#![allow(missing_docs, reason = "the header says it")]

use core::ffi::{CStr, c_char, c_int, c_void};

use ammeter_amp::receiver::{Deviation, Effect, Invoice, Limits, Policy, Realms};
use ammeter_core::{Hash, HtlcKey, Msat};

pub const VERSION: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CPolicy {
    pub hash: u32,
    pub deviants_fail_set: u32,
    pub sets_span_realms: u32,
    pub spontaneous: u32,
    pub overpayment_factor_max: u32,
    pub expiry_margin_blocks: u32,
    pub hold_ms: u64,
    pub retention_ms: u64,
    pub bytes_max: u64,
    pub sets_max: u32,
    pub set_htlcs_max: u32,
    pub channel_htlcs_max: u32,
    pub htlcs_max: u32,
    pub part_count_max: u32,
    pub refusals_max: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CKey {
    pub channel_id: u64,
    pub htlc_id: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CHtlc {
    pub key: CKey,
    pub payment_hash: [u8; 32],
    pub amount_msat: u64,
    pub expiry: u32,
    pub is_payload: u32,
    pub onion: *const u8,
    pub onion_size: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CInvoice {
    pub name: [u8; 32],
    pub amount_msat: u64,
    pub reusable: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CEffects {
    pub context: *mut c_void,
    pub hold: unsafe extern "C" fn(*mut c_void, CKey),
    pub settle: unsafe extern "C" fn(*mut c_void, CKey, *const [u8; 32]),
    pub fail: unsafe extern "C" fn(*mut c_void, CKey, *const c_char),
}

/// As a library defines it: a function that it forgot is null.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub version: u32,
    pub open: Option<Open>,
    pub htlc: Option<OnHtlc>,
    pub block: Option<OnBlock>,
    pub clock: Option<OnClock>,
    pub invoice: Option<OnInvoice>,
    pub cancel: Option<OnCancel>,
    pub resolved: Option<OnResolved>,
    pub kill: Option<Kill>,
}

pub type Open = unsafe extern "C" fn(*const c_char, *const CPolicy, *const CEffects) -> *mut c_void;
pub type OnHtlc = unsafe extern "C" fn(*mut c_void, *const CHtlc, *const CEffects) -> c_int;
pub type OnBlock = unsafe extern "C" fn(*mut c_void, u32, *const CEffects) -> c_int;
pub type OnClock = unsafe extern "C" fn(*mut c_void, u64, *const CEffects) -> c_int;
pub type OnInvoice = unsafe extern "C" fn(*mut c_void, *const CInvoice, *const CEffects) -> c_int;
pub type OnCancel = unsafe extern "C" fn(*mut c_void, *const [u8; 32], *const CEffects) -> c_int;
pub type OnResolved = unsafe extern "C" fn(*mut c_void, CKey, *const CEffects) -> c_int;
pub type Kill = unsafe extern "C" fn(*mut c_void);

/// A table without a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Api {
    pub(super) open: Open,
    pub(super) htlc: OnHtlc,
    pub(super) block: OnBlock,
    pub(super) clock: OnClock,
    pub(super) invoice: OnInvoice,
    pub(super) cancel: OnCancel,
    pub(super) resolved: OnResolved,
    pub(super) kill: Kill,
}

impl Table {
    /// The name of a function that is not there is the error.
    pub(super) fn complete(&self) -> Result<Api, &'static str> {
        Ok(Api {
            open: self.open.ok_or("open")?,
            htlc: self.htlc.ok_or("htlc")?,
            block: self.block.ok_or("block")?,
            clock: self.clock.ok_or("clock")?,
            invoice: self.invoice.ok_or("invoice")?,
            cancel: self.cancel.ok_or("cancel")?,
            resolved: self.resolved.ok_or("resolved")?,
            kill: self.kill.ok_or("kill")?,
        })
    }
}

// What a library of version 1 was compiled with.
const _: () = {
    assert!(size_of::<CPolicy>() == 72 && size_of::<CHtlc>() == 80 && size_of::<CInvoice>() == 48);
    assert!(size_of::<CEffects>() == 32 && size_of::<Table>() == 72);
};

impl From<&Policy> for CPolicy {
    fn from(policy: &Policy) -> Self {
        let Limits { bytes_max, sets_max, set_htlcs_max, channel_htlcs_max, .. } = policy.limits;
        let Limits { htlcs_max, part_count_max, refusals_max, .. } = policy.limits;
        Self {
            hash: u32::from(policy.hash == Hash::Blake3),
            deviants_fail_set: u32::from(policy.deviation == Deviation::FailSet),
            sets_span_realms: u32::from(policy.realms == Realms::Any),
            spontaneous: policy.spontaneous.into(),
            overpayment_factor_max: policy.overpayment_factor_max,
            expiry_margin_blocks: policy.expiry_margin_blocks,
            hold_ms: policy.hold_ms,
            retention_ms: policy.retention_ms,
            bytes_max,
            sets_max,
            set_htlcs_max,
            channel_htlcs_max,
            htlcs_max,
            part_count_max,
            refusals_max,
        }
    }
}

impl From<&CPolicy> for Policy {
    fn from(policy: &CPolicy) -> Self {
        let mut read = Self::new(if policy.hash == 0 { Hash::Sha256 } else { Hash::Blake3 });
        read.deviation = match policy.deviants_fail_set {
            0 => Deviation::RejectNewcomer,
            _ => Deviation::FailSet,
        };
        read.realms = if policy.sets_span_realms == 0 { Realms::One } else { Realms::Any };
        read.spontaneous = policy.spontaneous != 0;
        read.overpayment_factor_max = policy.overpayment_factor_max;
        read.hold_ms = policy.hold_ms;
        read.expiry_margin_blocks = policy.expiry_margin_blocks;
        read.retention_ms = policy.retention_ms;
        read.limits.sets_max = policy.sets_max;
        read.limits.set_htlcs_max = policy.set_htlcs_max;
        read.limits.channel_htlcs_max = policy.channel_htlcs_max;
        read.limits.htlcs_max = policy.htlcs_max;
        read.limits.bytes_max = policy.bytes_max;
        read.limits.part_count_max = policy.part_count_max;
        read.limits.refusals_max = policy.refusals_max;
        read
    }
}

impl From<HtlcKey> for CKey {
    fn from(HtlcKey { channel_id, htlc_id }: HtlcKey) -> Self {
        Self { channel_id, htlc_id }
    }
}

impl From<CKey> for HtlcKey {
    fn from(CKey { channel_id, htlc_id }: CKey) -> Self {
        Self { channel_id, htlc_id }
    }
}

impl From<&Invoice> for CInvoice {
    fn from(&Invoice { name, amount_msat: Msat(amount_msat), reusable, .. }: &Invoice) -> Self {
        Self { name, amount_msat, reusable: reusable.into(), reserved: 0 }
    }
}

impl From<&CInvoice> for Invoice {
    fn from(&CInvoice { name, amount_msat, reusable, .. }: &CInvoice) -> Self {
        Self { name, amount_msat: Msat(amount_msat), reusable: reusable != 0, preimage: None }
    }
}

impl CEffects {
    /// Tells an effect.
    ///
    /// # Safety
    /// The functions are the caller's and take its context.
    pub unsafe fn tell(&self, effect: &Effect, reason: &CStr) {
        let key = effect.key().into();
        // SAFETY: by this function's own contract; what is pointed at lives longer than the calls.
        unsafe {
            match effect {
                Effect::Hold(_) => (self.hold)(self.context, key),
                Effect::Settle { preimage, .. } => (self.settle)(self.context, key, &preimage.0),
                Effect::Fail { .. } => (self.fail)(self.context, key, reason.as_ptr()),
            }
        }
    }
}

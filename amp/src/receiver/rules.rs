//! What a newcomer may be refused for: one rule a function, in the order of [`RULES`].
//!
//! The order is a choice, and this is its sense:
//!
//! 1. Whether it may be one that was refused and not remembered; and room for one more HTLC.
//! 2. What is wrong with the HTLC by itself, so that its verdict does not depend on what came
//!    before.
//! 3. Whether its set is still open, or may be opened.
//! 4. What does not fit the set that it is for. A deviation comes first: under
//!    [`Deviation::FailSet`] it is a matter of the whole set, whatever else is wrong.
//! 5. Room in the set, or for the set.
//!
//! A newcomer that is refused changes nothing in its set, unless the rule fails the set.

use crate::receiver::{
    effect::Reason,
    event::{Htlc, IncomingHtlc, Version},
    policy::{Deviation, Realms},
    set_id::SetId,
    sets::{Phase, Set},
    state::{HTLC_BYTES, SET_BYTES, State},
};
use ammeter_core::types::{BYTES, PaymentId};

/// Why a newcomer is not admitted, and what else that means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// It fails, and its set goes on.
    Newcomer(Reason),
    /// It fails, and its set with it.
    Set(Reason),
}

/// What the rules look at.
pub(super) struct Case<'a> {
    pub(super) state: &'a State,
    pub(super) htlc: &'a Htlc,
    /// The set that it is for; `None` if it would open one.
    pub(super) set: Option<&'a Set>,
}

type Rule = fn(&Case<'_>) -> Option<Objection>;

/// The rules, first to last; the first objection stands.
const RULES: &[Rule] = &[
    room_for_htlc,
    named,
    part_count_bounded,
    weight_possible,
    amount_on_the_wire,
    expiry_on_the_wire,
    expiry_far_enough,
    set_is_undecided,
    somebody_asked,
    like_the_first,
    hash_is_new,
    weights_fit,
    amounts_fit,
    room_in_the_set,
    room_for_a_set,
];

/// The first objection to a newcomer.
pub(super) fn judge(case: &Case<'_>) -> Option<Objection> {
    RULES.iter().find_map(|rule| rule(case))
}

fn refuse_if(objectionable: bool, reason: Reason) -> Option<Objection> {
    objectionable.then_some(Objection::Newcomer(reason))
}

/// Limits are checked before anything is kept, and nothing that is held is evicted: otherwise who
/// sends the most decides whose payments fail. Prevents memory that strangers can grow ("Onion
/// Bomb").
fn room_for_htlc(case: &Case<'_>) -> Option<Objection> {
    no_room(case.state, &case.htlc.incoming).map(Objection::Newcomer)
}

/// Why there is no room for this HTLC, whatever its onion says.
pub(super) fn no_room(state: &State, incoming: &IncomingHtlc) -> Option<Reason> {
    let limits = &state.policy.limits;
    let of_channel = state.htlcs.of_channel(incoming.key.channel_id);
    // It may have failed before: there was no room to remember that. No HTLC settles after it
    // failed.
    if incoming.cltv_expiry <= state.closed_until {
        Some(Reason::RefusalLimit)
    } else if state.htlcs.members() >= limits.htlcs_max.into() {
        Some(Reason::HtlcLimit)
    } else if of_channel >= limits.channel_htlcs_max {
        Some(Reason::ChannelLimit)
    } else if state.bytes().saturating_add(HTLC_BYTES) > limits.bytes_max {
        Some(Reason::ByteLimit)
    } else {
        None
    }
}

/// An id of zeros is one that somebody forgot to set, and would be shared with everybody else who
/// did (lnd #4407).
fn named(Case { htlc, .. }: &Case<'_>) -> Option<Objection> {
    let zero = match &htlc.part.set_id {
        SetId::Payment(id) | SetId::Amp { set_id: id, .. } => *id == PaymentId::ZERO,
        SetId::Committed(id) => id.iter().all(|byte| *byte == 0),
        SetId::Mpp { payment_secret } => *payment_secret == [0; BYTES],
    };
    refuse_if(zero, Reason::ZeroId)
}

/// n is what a stranger makes the receiver derive; nothing is allocated for it, here or later.
fn part_count_bounded(Case { state, htlc, .. }: &Case<'_>) -> Option<Objection> {
    let part_count = match htlc.part.version {
        Version::Basic { part_count, .. } | Version::Adaptive { part_count } => part_count,
        _ => 0,
    };
    refuse_if(part_count > state.policy.limits.part_count_max, Reason::TooManyParts)
}

/// n = 0 would be complete before it began (Fiber's underflow); a weight of 0 is a part that is no
/// part, and one above n completes what it does not hold.
fn weight_possible(Case { htlc, .. }: &Case<'_>) -> Option<Objection> {
    let possible = match htlc.part.version {
        Version::Basic { part_count, weight } => (1..=part_count).contains(&weight),
        _ => true,
    };
    refuse_if(!possible, Reason::BadWeight)
}

/// The last router may have kept some of it. And it is the onion's amount that counts toward
/// completion, so one that forwards too much completes nothing early (lnd #7768, LDK #2062).
fn amount_on_the_wire(Case { htlc, .. }: &Case<'_>) -> Option<Objection> {
    refuse_if(htlc.incoming.amount_msat < htlc.part.amount_msat, Reason::AmountBelowOnion)
}

/// BOLT 4: an HTLC that expires before its onion says was tampered with on the way.
fn expiry_on_the_wire(Case { htlc, .. }: &Case<'_>) -> Option<Objection> {
    refuse_if(htlc.incoming.cltv_expiry < htlc.part.cltv_expiry, Reason::ExpiryBelowOnion)
}

/// Admitted, it would make its whole set due at once; refused, its sender can send it again.
fn expiry_far_enough(Case { state, htlc, .. }: &Case<'_>) -> Option<Objection> {
    refuse_if(htlc.incoming.cltv_expiry <= state.expiry_max(), Reason::ExpiresSoon)
}

/// A set that has settled or failed does not change: otherwise a late HTLC would be held for ever
/// (lnd #11176) or claimed with a preimage that is not its own (lnd d76278bc1).
fn set_is_undecided(Case { set, .. }: &Case<'_>) -> Option<Objection> {
    match set.as_ref()?.phase() {
        Phase::Collecting => None,
        Phase::Settling | Phase::Settled { .. } => Some(Objection::Newcomer(Reason::SetSettled)),
        Phase::Failing(_) | Phase::Failed { .. } => Some(Objection::Newcomer(Reason::SetFailed)),
    }
}

/// A set is opened for an invoice that is open, or where spontaneous payments are taken; but never
/// for a name that a remembered set has closed. Whoever pays an invoice twice should notice.
///
/// An `mpp` part is for the one hash of its invoice. A stranger who has seen the hash on a route does
/// not know the payment secret, so the two together are the invoice's or nobody's.
fn somebody_asked(Case { state, htlc, set }: &Case<'_>) -> Option<Objection> {
    if let Version::Mpp { .. } = htlc.part.version {
        let asked = state.invoices.payment_hash(&htlc.part.set_id);
        return refuse_if(asked != Some(&htlc.incoming.payment_hash), Reason::NoInvoice);
    }
    if set.is_some() {
        return None;
    }
    refuse_if(!state.is_welcome(&htlc.part.set_id), Reason::NoInvoice)
}

/// All parts say the same of their set, or somebody else is writing them. The total of the first
/// alone must not stand (Fiber).
fn like_the_first(Case { state, htlc, set }: &Case<'_>) -> Option<Objection> {
    let set = set.as_ref()?;
    let same_realm = state.policy.realms == Realms::Any || set.realm() == htlc.part.realm;
    if same_realm && same_terms(set, htlc.part.version) {
        return None;
    }
    Some(match state.policy.deviation {
        Deviation::FailSet => Objection::Set(Reason::Deviates),
        Deviation::RejectNewcomer => Objection::Newcomer(Reason::Deviates),
    })
}

/// Whether a part says of its set what the set's first part said. An adaptive part may not know n,
/// and the n that it tells must have room for those that are there already, and itself.
pub(super) fn same_terms(set: &Set, version: Version) -> bool {
    match (set.version(), version) {
        (Version::Adaptive { part_count: 0 }, Version::Adaptive { part_count }) => {
            part_count == 0 || part_count > set.weight()
        }
        (Version::Adaptive { .. }, Version::Adaptive { part_count: 0 }) => true,
        (terms, version) => terms == version.terms(),
    }
}

/// The same share again, on another route. XORed twice it would cancel itself; and one preimage
/// would claim two HTLCs, of which a router can steal the second. The parts of an `mpp` set have one
/// hash all the same: that is what atomic multi-path payments were made to mend.
fn hash_is_new(Case { state, htlc, set }: &Case<'_>) -> Option<Objection> {
    if let Version::Mpp { .. } = htlc.part.version {
        return None;
    }
    let held = state.holds_hash(set.as_ref()?, &htlc.incoming);
    refuse_if(held, Reason::DuplicateHash)
}

/// Weights past n: somebody counts wrong. Where n is not known, no set needs more shares than
/// the most that one may say.
fn weights_fit(Case { state, htlc, set }: &Case<'_>) -> Option<Objection> {
    let set = set.as_ref()?;
    let part_count_max = state.policy.limits.part_count_max;
    let (weight, part_count, reason) = match (set.version(), htlc.part.version) {
        (Version::Basic { part_count, .. }, Version::Basic { weight, .. }) => {
            (weight, part_count, Reason::WeightOverflow)
        }
        (Version::Adaptive { part_count: 0 } | Version::Committed { .. }, _) => {
            (1, part_count_max, Reason::TooManyParts)
        }
        (Version::Adaptive { part_count }, _) => (1, part_count, Reason::WeightOverflow),
        _ => return None,
    };
    let fits = set.weight().checked_add(weight).is_some_and(|sum| sum <= part_count);
    refuse_if(!fits, reason)
}

/// No honest payment sums past 2^64 − 1; wrapped, a fortune would look like nothing.
fn amounts_fit(Case { htlc, set, .. }: &Case<'_>) -> Option<Objection> {
    let fits = set.as_ref()?.amount().checked_add(htlc.part.amount_msat).is_some();
    (!fits).then_some(Objection::Set(Reason::AmountOverflow))
}

/// Bounds what one decision has to do.
fn room_in_the_set(Case { state, set, .. }: &Case<'_>) -> Option<Objection> {
    let full = set.as_ref()?.members() >= state.policy.limits.set_htlcs_max;
    refuse_if(full, Reason::SetHtlcLimit)
}

/// Also bounds what is remembered: sets that nobody finishes, and sets that are finished.
fn room_for_a_set(Case { state, set, .. }: &Case<'_>) -> Option<Objection> {
    if set.is_some() {
        return None;
    }
    let limits = &state.policy.limits;
    if limits.set_htlcs_max == 0 {
        return refuse_if(true, Reason::SetHtlcLimit);
    }
    if state.sets.count() as u64 >= limits.sets_max.into() {
        return refuse_if(true, Reason::SetLimit);
    }
    let bytes = state.bytes().saturating_add(HTLC_BYTES + SET_BYTES);
    refuse_if(bytes > limits.bytes_max, Reason::ByteLimit)
}

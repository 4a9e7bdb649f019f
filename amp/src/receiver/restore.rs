//! A receiver from the records that a store kept.
//!
//! What the records do not say is computed again: sums, deadlines, and which child claims which
//! HTLC of a settling set. A record that contradicts another is an error, never repaired: the store
//! writes all changes of an event together, so it cannot come from a crash.

use core::fmt;

use crate::receiver::{
    event::{ClockMs, Htlc, Part, Version},
    policy::Policy,
    record::{HtlcRecord, Record, SetRecord, SetState, Standing},
    rules::same_terms,
    set_id::SetId,
    step::Receiver,
};
use ammeter_core::{dispatch::KernelError, scheme::Hash, types::HtlcKey};

/// Why records make no receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreError {
    /// Nothing can be derived here.
    Kernel(KernelError),
    /// The records were written with another H: what they hold would be claimed with preimages that
    /// are none.
    OtherHash {
        /// The one that they were written with.
        written: Hash,
        /// The policy's.
        policy: Hash,
    },
    /// Two records of the policy.
    PolicyTwice,
    /// Two records of one HTLC.
    HtlcTwice(HtlcKey),
    /// Two records of one set.
    SetTwice(SetId),
    /// Two invoices with one name, or whose names begin alike.
    InvoiceTwice,
    /// Two records of the clocks.
    ClocksTwice,
    /// Two records of the height until which new HTLCs fail.
    ClosedUntilTwice,
    /// An HTLC of a set that has no record.
    NoSet(HtlcKey),
    /// An HTLC that its set cannot hold: it deviates, does not fit the sums, or has a hash that the
    /// set holds already.
    Misplaced(HtlcKey),
    /// A set that is over and holds HTLCs, that is not and holds none, or whose weights sum past n.
    WrongMembers(SetId),
    /// A settling set whose root does not derive what it holds.
    HashMismatch(SetId),
    /// A set that opened, or was over, when the clocks had not come so far.
    AheadOfClock(SetId),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(missing) => missing.fmt(f),
            Self::OtherHash { written, policy } => write!(
                f,
                "the records were written with {}, and the policy says {}",
                written.name(),
                policy.name()
            ),
            Self::PolicyTwice => f.write_str("two records of the policy"),
            Self::HtlcTwice(key) => write!(f, "two records of {key:?}"),
            Self::SetTwice(id) => write!(f, "two records of set {id:?}"),
            Self::InvoiceTwice => f.write_str("two invoices whose names begin alike"),
            Self::ClocksTwice => f.write_str("two records of the clocks"),
            Self::ClosedUntilTwice => {
                f.write_str("two records of the height until which new HTLCs fail")
            }
            Self::NoSet(key) => write!(f, "{key:?} is of a set that has no record"),
            Self::Misplaced(key) => write!(f, "{key:?} does not fit its set"),
            Self::WrongMembers(id) => write!(f, "set {id:?} cannot hold what it holds"),
            Self::HashMismatch(id) => {
                write!(f, "the root of set {id:?} does not derive what it holds")
            }
            Self::AheadOfClock(id) => write!(f, "set {id:?} is later than the clocks"),
        }
    }
}

impl core::error::Error for RestoreError {}

impl From<KernelError> for RestoreError {
    fn from(missing: KernelError) -> Self {
        Self::Kernel(missing)
    }
}

impl Receiver {
    /// The receiver that produced these records, which come in any order: it goes on as if nothing
    /// had happened. [`Event::Restarted`](crate::receiver::Event::Restarted) is the first event to
    /// give it.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub fn restore(
        policy: Policy,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, RestoreError> {
        let mut receiver = Self::new(policy)?;
        let (mut clocks, mut closed_until) = (None, None);
        let (mut early, mut phases) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                Record::Htlc(record) => {
                    if let Some(early_one) = receiver.restore_htlc(record)? {
                        early.push(early_one);
                    }
                }
                Record::Set(record) => phases.push(receiver.restore_set(&record)?),
                Record::Invoice(invoice) => {
                    let known = receiver.state.invoices.contains(&invoice.name);
                    if known || receiver.state.invoices.open(invoice, policy.hash).is_none() {
                        return Err(RestoreError::InvoiceTwice);
                    }
                }
                Record::Clocks(record) if clocks.is_none() => clocks = Some(record),
                Record::Clocks(_) => return Err(RestoreError::ClocksTwice),
                Record::ClosedUntil(height) if closed_until.is_none() => {
                    closed_until = Some(height);
                }
                Record::Policy(written) if written.hash != policy.hash => {
                    let (written, policy) = (written.hash, policy.hash);
                    return Err(RestoreError::OtherHash { written, policy });
                }
                Record::Policy(written) => {
                    if receiver.state.stored_policy.replace(written).is_some() {
                        return Err(RestoreError::PolicyTwice);
                    }
                }
                Record::ClosedUntil(_) => return Err(RestoreError::ClosedUntilTwice),
            }
        }
        receiver.state.clocks = clocks.unwrap_or_default();
        receiver.state.closed_until = closed_until.unwrap_or_default();
        for htlc in early {
            let set_slot = receiver.state.sets.find(&htlc.part.set_id);
            receiver
                .restore_member(&htlc, set_slot.ok_or(RestoreError::NoSet(htlc.incoming.key))?)?;
        }
        receiver.file(phases)?;
        Ok(receiver)
    }

    /// The member itself if its set is not known yet.
    fn restore_htlc(&mut self, record: HtlcRecord) -> Result<Option<Htlc>, RestoreError> {
        let HtlcRecord { incoming, standing } = record;
        if self.state.htlcs.find(incoming.key).is_some() {
            return Err(RestoreError::HtlcTwice(incoming.key));
        }
        match standing {
            Standing::Refused(reason) => self.state.htlcs.insert_refused(&incoming, reason),
            Standing::Member(part) => {
                let (set_slot, htlc) =
                    (self.state.sets.find(&part.set_id), Htlc { incoming, part });
                match set_slot {
                    None => return Ok(Some(htlc)),
                    Some(set_slot) => self.restore_member(&htlc, set_slot)?,
                }
            }
        }
        Ok(None)
    }

    fn restore_member(&mut self, htlc: &Htlc, set_slot: u32) -> Result<(), RestoreError> {
        let (key, set) = (htlc.incoming.key, &self.state.sets[set_slot]);
        if self.state.htlcs.find(key).is_some() {
            return Err(RestoreError::HtlcTwice(key));
        }
        let part: &Part = &htlc.part;
        // What a part told of n is in the record of its set.
        let untold = Version::Adaptive { part_count: 0 };
        let misplaced = !same_terms(set, part.version)
            || (set.version() == untold && part.version != untold)
            || set.scheme().is_some() && self.state.holds_hash(set, &htlc.incoming);
        if misplaced {
            return Err(RestoreError::Misplaced(key));
        }
        self.state.insert_member(htlc, set_slot).map(drop).ok_or(RestoreError::Misplaced(key))
    }

    /// The set's slot, and the phase that it will be filed in once it has its members.
    fn restore_set(&mut self, record: &SetRecord) -> Result<(u32, SetState), RestoreError> {
        if self.state.sets.find(&record.id).is_some() {
            return Err(RestoreError::SetTwice(record.id));
        }
        Ok((self.state.sets.reopen(record), record.state.clone()))
    }

    /// Moves every set, all of which collect so far, into its own phase.
    fn file(&mut self, mut phases: Vec<(u32, SetState)>) -> Result<(), RestoreError> {
        // Deadlines follow the order of lists.
        phases.sort_unstable_by_key(|(slot, phase)| {
            let set = &self.state.sets[*slot];
            (since_ms(phase).unwrap_or(set.opened_ms()), *set.id())
        });
        self.state.sets.refile(phases.iter().map(|(slot, _)| *slot));
        for (slot, phase) in phases {
            self.file_one(slot, phase)?;
        }
        Ok(())
    }

    fn file_one(&mut self, slot: u32, phase: SetState) -> Result<(), RestoreError> {
        let (state, over_ms) = (&mut self.state, since_ms(&phase));
        let set = &state.sets[slot];
        let (id, empty) = (*set.id(), set.members() == 0);
        if set.opened_ms().max(over_ms.unwrap_or(0)) > state.clocks.now_ms {
            return Err(RestoreError::AheadOfClock(id));
        }
        if empty != over_ms.is_some() || set.is_overfull() {
            return Err(RestoreError::WrongMembers(id));
        }
        match phase {
            SetState::Collecting => {}
            SetState::Settling { root } => {
                state.sets.settle(slot);
                state.sets.put_root(slot, root);
                if !self.verifier.verify_rest(&mut state.htlcs, &state.sets, slot) {
                    return Err(RestoreError::HashMismatch(id));
                }
            }
            SetState::Failing(reason) | SetState::Failed { reason, .. } => {
                state.sets.fail(slot, reason);
            }
            SetState::Settled { .. } => state.sets.settle(slot),
        }
        if let Some(since_ms) = over_ms {
            self.state.sets.conclude(slot, since_ms);
        }
        Ok(())
    }
}

const fn since_ms(phase: &SetState) -> Option<ClockMs> {
    match phase {
        SetState::Settled { since_ms } | SetState::Failed { since_ms, .. } => Some(*since_ms),
        SetState::Collecting | SetState::Settling { .. } | SetState::Failing(_) => None,
    }
}

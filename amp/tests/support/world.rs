//! A receiver with a store in memory beside it, and honest senders.
//!
//! Every step is taken twice: by the receiver that has lived from the start, and by one that is
//! restored from the records as they are. Both must answer the same, so that every test of a
//! behaviour is one of restarting too.

#![allow(dead_code)] // not every promise needs everybody

use std::collections::BTreeMap;

use ammeter_amp::{
    eob::writer::Writer,
    receiver::{
        Change, Clocks, Effect, Event, Htlc, HtlcRecord, IncomingHtlc, Invoice, Onion, Output,
        Part, Policy, Reason, Receiver, Record, SetId, SetRecord, SetState, Version,
    },
    sender::{self, Leg, Payment, Plan, Purpose, Seed, SeedRng},
};
use ammeter_core::{Engine, Hash, HtlcKey, Msat, PaymentHash, PaymentId, Share};

/// What a store holds.
#[derive(Clone, Default)]
pub(crate) struct Records {
    pub(crate) htlcs: BTreeMap<HtlcKey, HtlcRecord>,
    pub(crate) sets: BTreeMap<SetId, SetRecord>,
    pub(crate) invoices: BTreeMap<[u8; 32], Invoice>,
    pub(crate) clocks: Option<Clocks>,
    pub(crate) closed_until: Option<u32>,
    pub(crate) policy: Option<Policy>,
}

impl Records {
    /// Applies a change; none may be void.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::PutHtlc(record) => {
                let before = self.htlcs.insert(record.incoming.key, record);
                assert!(before.is_none(), "an HTLC is written once");
            }
            Change::DeleteHtlc(key) => assert!(self.htlcs.remove(&key).is_some()),
            Change::PutSet(record) => {
                let before = self.sets.insert(record.id, record.clone());
                assert_ne!(before, Some(record), "a set that did not change");
            }
            Change::DeleteSet(id) => assert!(self.sets.remove(&id).is_some()),
            Change::PutInvoice(invoice) => drop(self.invoices.insert(invoice.name, invoice)),
            Change::DeleteInvoice(name) => assert!(self.invoices.remove(&name).is_some()),
            Change::PutClocks(clocks) => assert_ne!(self.clocks.replace(clocks), Some(clocks)),
            Change::PutPolicy(policy) => assert_ne!(self.policy.replace(policy), Some(policy)),
            Change::PutClosedUntil(height) => {
                assert!(self.closed_until.replace(height).is_none_or(|before| before < height));
            }
        }
    }

    /// All of them; HTLCs before their sets if `early`.
    pub(crate) fn all(&self, early: bool) -> Vec<Record> {
        let htlcs = self.htlcs.values().cloned().map(Record::Htlc);
        let sets = self.sets.values().rev().cloned().map(Record::Set);
        let others = self.invoices.values().copied().map(Record::Invoice);
        let closed_until = self.closed_until.map(Record::ClosedUntil);
        let policy = self.policy.map(Record::Policy);
        let clocks = self.clocks.map(Record::Clocks).into_iter().chain(closed_until).chain(policy);
        match early {
            true => htlcs.chain(sets).chain(others).chain(clocks).collect(),
            false => clocks.chain(others).chain(sets).chain(htlcs.rev()).collect(),
        }
    }
}

/// A receiver and its store.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) receiver: Receiver,
    pub(crate) records: Records,
    steps: u32,
}

impl World {
    pub(crate) fn new(policy: Policy) -> Self {
        let receiver = Receiver::new(policy).expect("a kernel");
        Self { policy, receiver, records: Records::default(), steps: 0 }
    }

    pub(crate) fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = policy();
        change(&mut policy);
        Self::new(policy)
    }

    /// The receiver that a restart makes.
    pub(crate) fn restored(&self, early: bool) -> Receiver {
        let records = self.records.all(early);
        Receiver::restore(self.policy, records).expect("what was written can be read")
    }

    /// Goes on with a restored receiver.
    pub(crate) fn restart(&mut self) -> Vec<Effect> {
        self.receiver = self.restored(true);
        self.step(Event::Restarted)
    }

    /// What an event leads to.
    pub(crate) fn output(&mut self, event: Event) -> (Vec<Change>, Vec<Effect>) {
        let (mut output, mut other) = (Output::default(), Output::default());
        self.steps += 1;
        let mut restored = self.restored(self.steps.is_multiple_of(2));
        restored.audit();
        restored.assert_same(&self.receiver);
        restored.step(event.clone(), &mut other);
        self.receiver.step(event.clone(), &mut output);
        assert_eq!(output, other, "after a restart, {event:?}");
        self.receiver.audit();
        let changes = output.changes().to_vec();
        changes.iter().for_each(|change| self.records.apply(change));
        let effects = output.committed().to_vec();
        self.check(&effects);
        (changes, effects)
    }

    pub(crate) fn step(&mut self, event: Event) -> Vec<Effect> {
        self.output(event).1
    }

    pub(crate) fn arrive(&mut self, htlc: &Htlc) -> Vec<Effect> {
        self.step(Event::Arrived(htlc.clone()))
    }

    /// The HTLC is held.
    #[track_caller]
    pub(crate) fn holds(&mut self, htlc: &Htlc) {
        assert_eq!(self.arrive(htlc), [Effect::Hold(htlc.incoming.key)]);
    }

    /// The HTLC fails, and nothing else happens.
    #[track_caller]
    pub(crate) fn refuses(&mut self, htlc: &Htlc, reason: Reason) {
        assert_eq!(self.arrive(htlc), [Effect::Fail { key: htlc.incoming.key, reason }]);
    }

    /// The HTLC completes its set, all of which is claimed.
    #[track_caller]
    pub(crate) fn settles(&mut self, last: &Htlc, all: &[Htlc]) {
        let effects = self.arrive(last);
        assert!(
            effects.iter().all(|effect| matches!(effect, Effect::Settle { .. })),
            "{effects:?}"
        );
        assert_eq!(keys(&effects), keys_of(all));
    }

    /// All of these fail at once, for one reason.
    #[track_caller]
    pub(crate) fn fails(&mut self, event: Event, all: &[Htlc], reason: Reason) {
        let effects = self.step(event);
        assert_eq!(keys(&effects), keys_of(all));
        for effect in effects {
            assert_eq!(effect, Effect::Fail { key: effect.key(), reason });
        }
    }

    pub(crate) fn clock(&mut self, now_ms: u64) -> Vec<Effect> {
        self.step(Event::Clock { now_ms })
    }

    pub(crate) fn resolve(&mut self, htlcs: &[Htlc]) {
        for htlc in htlcs {
            assert_eq!(self.step(Event::Resolved(htlc.incoming.key)), []);
        }
    }

    pub(crate) fn state(&self, id: &SetId) -> Option<&SetState> {
        self.records.sets.get(id).map(|record| &record.state)
    }

    /// What must hold of every step.
    fn check(&self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Settle { key, preimage } = effect {
                let record = &self.records.htlcs[key];
                let hash = self.policy.hash.digest(preimage.as_bytes());
                assert_eq!(
                    PaymentHash(hash),
                    record.incoming.payment_hash,
                    "preimage-matches-hash"
                );
            }
        }
        let limits = &self.policy.limits;
        let metrics = self.receiver.metrics();
        assert!(metrics.members <= limits.htlcs_max.into(), "bounded");
        assert!(metrics.refused <= limits.refusals_max.into(), "bounded");
        assert_eq!(metrics.closed_until, self.records.closed_until.unwrap_or(0));
        assert!(self.records.sets.len() as u64 <= limits.sets_max.into(), "bounded");
        assert!(metrics.bytes <= limits.bytes_max, "bounded");
        assert_eq!(metrics.members + metrics.refused, self.records.htlcs.len() as u64);
    }
}

/// The policy of a test that says nothing else.
pub(crate) fn policy() -> Policy {
    Policy::new(Hash::Sha256)
}

/// The keys that effects are about, in order.
pub(crate) fn keys(effects: &[Effect]) -> Vec<HtlcKey> {
    let mut keys: Vec<_> = effects.iter().map(Effect::key).collect();
    keys.sort();
    keys
}

pub(crate) fn keys_of(htlcs: &[Htlc]) -> Vec<HtlcKey> {
    let mut keys: Vec<_> = htlcs.iter().map(|htlc| htlc.incoming.key).collect();
    keys.sort();
    keys
}

/// When the HTLCs of a test expire that says nothing else.
pub(crate) const EXPIRY: u32 = 800_000;

pub(crate) fn payment(total: u64, seed: u8, purpose: Purpose) -> Payment<SeedRng> {
    let engine = Engine::new(Hash::Sha256).expect("a kernel");
    Payment::new(Msat(total), purpose, engine, Seed::from_bytes([seed; 32]).rng())
}

/// A plan's payment, spontaneous.
pub(crate) fn gift(total: u64, seed: u8) -> Payment<SeedRng> {
    payment(total, seed, Purpose::Spontaneous)
}

/// A part as its HTLC arrives: by its own channel, with its number.
pub(crate) fn htlc(plan: &dyn Plan<SeedRng>, part: &sender::Part, number: u64, tlv: bool) -> Htlc {
    let mut buffer = [0; 1300];
    let mut writer = Writer::new(&mut buffer);
    plan.write(part, Leg { realm: 0, cltv_expiry: EXPIRY }, &mut writer);
    let bytes = writer.finish().expect("shorter than an onion");
    let onion = if tlv { Onion::Payload(bytes) } else { Onion::Frames(bytes) };
    let incoming = IncomingHtlc {
        key: HtlcKey { channel_id: 100 + number % 3, htlc_id: number },
        payment_hash: *part.payment_hash(),
        amount_msat: part.amount_msat,
        cltv_expiry: EXPIRY,
    };
    Htlc { incoming, part: Part::read(onion).expect("our own") }
}

/// All parts of a plan, as they arrive once all are known; `amounts` first and the rest last.
pub(crate) fn htlcs(plan: &mut dyn Plan<SeedRng>, amounts: &[u64]) -> Vec<Htlc> {
    let mut parts: Vec<_> =
        amounts.iter().map(|amount| plan.part(Msat(*amount)).expect("possible")).collect();
    parts.push(plan.last_part().expect("something is left"));
    parts.iter().zip(1..).map(|(part, number)| htlc(plan, part, number, false)).collect()
}

/// The same for TLV payloads.
pub(crate) fn shards(plan: &mut dyn Plan<SeedRng>, amounts: &[u64]) -> Vec<Htlc> {
    let mut parts: Vec<_> =
        amounts.iter().map(|amount| plan.part(Msat(*amount)).expect("possible")).collect();
    parts.push(plan.last_part().expect("something is left"));
    parts.iter().zip(1..).map(|(part, number)| htlc(plan, part, number, true)).collect()
}

/// The same HTLC on another channel: a router's copy, or another route.
pub(crate) fn copy(htlc: &Htlc, number: u64) -> Htlc {
    let mut copy = htlc.clone();
    copy.incoming.key = HtlcKey { channel_id: 7, htlc_id: number };
    copy
}

/// A stranger's HTLC for the same set: the same terms, a hash and a share of its own.
pub(crate) fn stranger(htlc: &Htlc, number: u64) -> Htlc {
    let mut stranger = copy(htlc, number);
    stranger.incoming.payment_hash = PaymentHash([number as u8; 32]);
    stranger.part.share = Share([number as u8; 32]);
    stranger
}

/// An HTLC of version 1 by hand.
pub(crate) fn basic(id: u8, number: u64, part_count: u32, weight: u32) -> Htlc {
    let incoming = IncomingHtlc {
        key: HtlcKey { channel_id: 1, htlc_id: number },
        payment_hash: PaymentHash([number as u8; 32]),
        amount_msat: Msat(10),
        cltv_expiry: EXPIRY,
    };
    let version = Version::Basic { part_count, weight };
    let set_id = SetId::Payment(PaymentId([id; 32]));
    let (amount_msat, share) = (Msat(10), Share([number as u8; 32]));
    Htlc {
        incoming,
        part: Part { set_id, realm: 0, amount_msat, cltv_expiry: EXPIRY, share, version },
    }
}

//! Promise: whatever arrives, in whatever order, with whatever limits, every sum is right, every
//! bound is kept, each HTLC gets one verdict, and a restart at any step changes nothing.

use std::collections::BTreeMap;

use crate::random::Random;
use crate::world::{self, World, htlcs, payment, shards};
use ammeter_amp::{
    receiver::{
        Deviation, Effect, Event, Htlc, IncomingHtlc, Invoice, Part, Policy, Realms, Record, SetId,
        SetState, Version,
    },
    sender::{Adaptive, Committed, Fixed, MultiPath, Purpose, Shards, Tree},
};
use ammeter_core::{Commitment, HtlcKey, Msat, PaymentHash, PaymentId, Preimage, Share};

fn name(random: &mut Random) -> [u8; 32] {
    [(random.next() % 3 + 1) as u8; 32]
}

fn policy(random: &mut Random) -> Policy {
    let small = |random: &mut Random, most: u64| (random.next() % most) as u32;
    let mut policy = world::policy();
    policy.deviation = Deviation::ALL[small(random, 2) as usize];
    policy.realms = Realms::ALL[small(random, 2) as usize];
    policy.spontaneous = random.one_in(2);
    policy.overpayment_factor_max = small(random, 4);
    policy.hold_ms = random.next() % 200;
    policy.expiry_margin_blocks = small(random, 10);
    policy.retention_ms = random.next() % 300;
    policy.limits.sets_max = small(random, 9);
    policy.limits.set_htlcs_max = small(random, 9);
    policy.limits.channel_htlcs_max = small(random, 12);
    policy.limits.htlcs_max = small(random, 24);
    policy.limits.bytes_max = random.next() % (1 << 14);
    policy.limits.part_count_max = small(random, 12);
    policy.limits.refusals_max = small(random, 24);
    policy
}

/// What claims the parts of `mpp` sets.
const PREIMAGE: Preimage = Preimage([3; 32]);

fn payment_hash() -> PaymentHash {
    PaymentHash(world::policy().hash.digest(&PREIMAGE.0))
}

/// Honest sets of names that others use too.
fn honest(random: &mut Random) -> Vec<Htlc> {
    let seed = (random.next() % 6) as u8;
    let purpose = Purpose::Invoice(name(random));
    let payment = payment(100 + random.next() % 3 * 100, seed, purpose);
    let amounts = vec![10; (random.next() % 4) as usize];
    let parts = amounts.len() as u32 + 1;
    match random.next() % 6 {
        0 => htlcs(&mut Fixed::new(payment, parts).expect("some parts"), &amounts),
        1 => htlcs(&mut Adaptive::new(payment), &amounts),
        2 => htlcs(&mut Committed::new(payment), &amounts),
        3 => htlcs(&mut Tree::new(payment), &amounts),
        4 => shards(&mut MultiPath::new(payment, payment_hash()), &amounts),
        _ => shards(&mut Shards::new(payment), &amounts),
    }
}

/// Numbers near every edge, under the same few names.
fn hostile(random: &mut Random) -> Htlc {
    let name = name(random);
    let mut count = || random.edgy(u32::MAX.into()) as u32 >> if random.one_in(2) { 0 } else { 29 };
    let (first, second) = (count(), count());
    let version = match random.next() % 6 {
        0 => Version::Basic { part_count: first, weight: second },
        1 => Version::Adaptive { part_count: first },
        2 => Version::Committed { commitment: Commitment([first as u8; 32]) },
        3 => Version::Tree { index: first as u8 },
        4 => Version::Mpp { total_msat: Msat(random.edgy(u64::MAX)) },
        _ => Version::Amp { child_index: first, total_msat: Msat(random.edgy(u64::MAX)) },
    };
    let set_id = match version {
        Version::Committed { .. } => SetId::Committed(*name.first_chunk().expect("long enough")),
        Version::Amp { .. } => {
            SetId::Amp { payment_secret: name, set_id: PaymentId([random.next() as u8 % 3; 32]) }
        }
        Version::Mpp { .. } => SetId::Mpp { payment_secret: name },
        _ => SetId::Payment(PaymentId(name)),
    };
    let amount_msat = Msat(random.edgy(u64::MAX));
    let incoming = IncomingHtlc {
        key: HtlcKey { channel_id: 0, htlc_id: 0 },
        payment_hash: match random.next() as u8 % 9 {
            8 => payment_hash(),
            byte => PaymentHash([byte; 32]),
        },
        amount_msat: Msat(if random.one_in(4) { random.edgy(u64::MAX) } else { u64::MAX }),
        cltv_expiry: random.edgy(u32::MAX.into()) as u32,
    };
    let cltv_expiry = if random.one_in(4) { random.next() as u32 } else { 0 };
    let (realm, share) = (random.one_in(4).into(), Share([random.next() as u8 % 4; 32]));
    Htlc { incoming, part: Part { set_id, realm, amount_msat, cltv_expiry, share, version } }
}

fn key(random: &mut Random) -> HtlcKey {
    HtlcKey { channel_id: random.next() % 4, htlc_id: random.next() % 16 }
}

fn event(random: &mut Random, honest: &[Htlc], world: &World) -> Event {
    let held: Vec<_> = world.records.htlcs.keys().copied().collect();
    match random.next() % 32 {
        0..=11 => {
            let mut htlc = honest[random.next() as usize % honest.len()].clone();
            if random.one_in(8) {
                htlc.incoming.key = key(random);
            }
            Event::Arrived(htlc)
        }
        12..=17 => {
            let mut htlc = hostile(random);
            htlc.incoming.key = key(random);
            Event::Arrived(htlc)
        }
        18 => Event::Unreadable(IncomingHtlc { key: key(random), ..honest[0].incoming }),
        19 => Event::Block { height: random.edgy(900_000) as u32 },
        20..=22 => Event::Clock { now_ms: world.receiver.clocks().now_ms + random.next() % 60 },
        23 => Event::Clock { now_ms: random.next() % 500 },
        24..=25 => Event::InvoiceAdded(Invoice {
            name: name(random),
            amount_msat: Msat(random.next() % 3 * 100),
            reusable: random.one_in(2),
            preimage: random.one_in(2).then_some(PREIMAGE),
        }),
        26 => Event::InvoiceCancelled { name: name(random) },
        27 => Event::Restarted,
        _ if held.is_empty() => Event::Resolved(key(random)),
        _ => Event::Resolved(held[random.next() as usize % held.len()]),
    }
}

/// What a verdict may be followed by, until the HTLC is gone.
fn follows(before: Option<&Effect>, after: &Effect) -> bool {
    match before {
        None | Some(Effect::Hold(_)) => true,
        Some(before) => before == after,
    }
}

#[test]
fn soups() {
    let (mut settled, mut failed, mut forgotten) = (0, 0, 0);
    let (mut lost, mut repeated) = (0, 0);
    for seed in 0..300 {
        let mut random = Random::new(seed);
        // Half of them with room for everything.
        let mut world = World::new(policy(&mut random));
        if seed % 2 == 0 {
            world = World::with(|roomy| (roomy.hold_ms, roomy.retention_ms) = (400, 200));
        }
        let sets: Vec<_> = (0..4).map(|_| honest(&mut random)).collect();
        let mut honest = sets.concat();
        for (htlc, number) in honest.iter_mut().zip(100..) {
            htlc.incoming.key.htlc_id = number;
        }
        let mut verdicts = BTreeMap::<HtlcKey, Effect>::new();
        // Those that failed without a record, and when they expire.
        let mut unrecorded = BTreeMap::<HtlcKey, u32>::new();
        for _ in 0..120 {
            let event = event(&mut random, &honest, &world);
            let gone = match event {
                Event::Resolved(key) => Some(key),
                _ => None,
            };
            let arrived = match &event {
                Event::Arrived(Htlc { incoming, .. }) | Event::Unreadable(incoming) => {
                    Some(*incoming)
                }
                _ => None,
            };
            for effect in &world.step(event) {
                let before = verdicts.insert(effect.key(), *effect);
                assert!(follows(before.as_ref(), effect), "one-resolution: {before:?}, {effect:?}");
            }
            if let Some(IncomingHtlc { key, cltv_expiry, .. }) = arrived {
                let failed = matches!(verdicts[&key], Effect::Fail { .. });
                let again = unrecorded.get(&key) == Some(&cltv_expiry);
                assert!(failed || !again, "one-resolution without a record");
                if failed && !world.records.htlcs.contains_key(&key) {
                    unrecorded.insert(key, cltv_expiry);
                    lost += 1;
                    repeated += u32::from(again);
                } else {
                    unrecorded.remove(&key);
                }
            }
            gone.map(|key| unrecorded.remove(&key));
            verdicts.retain(|key, _| world.records.htlcs.contains_key(key));
            assert!(gone.is_none_or(|key| !verdicts.contains_key(&key)));
            let counts = world.receiver.metrics().sets;
            settled += counts.settled;
            failed += counts.failed;
        }
        // At rest: nothing is held for ever, and nothing is remembered for ever.
        world.clock(1 << 40);
        let held: Vec<_> = world.records.htlcs.keys().copied().collect();
        held.into_iter().for_each(|key| drop(world.step(Event::Resolved(key))));
        assert!(
            world
                .records
                .sets
                .values()
                .all(|set| matches!(set.state, SetState::Settled { .. } | SetState::Failed { .. }))
        );
        forgotten += world.records.sets.len();
        world.clock(1 << 41);
        let rest = world.records.all(true);
        let rest = rest.iter().filter(|record| {
            !matches!(record, Record::Invoice(_) | Record::ClosedUntil(_) | Record::Policy(_))
        });
        assert_eq!(rest.count(), 1, "the clocks");
        assert_eq!(world.receiver.metrics().bytes, 0);
    }
    // The soup is rich enough.
    assert!(lost > 500 && repeated > 50, "{lost} {repeated}");
    assert!(settled > 100 && failed > 1_000 && forgotten > 100, "{settled} {failed} {forgotten}");
}

//! Promise: an honest set settles whole, of every scheme and version, in whatever order it arrives.

use crate::random::Random;
use crate::world::{self, World, copy, gift, htlc, htlcs, shards};
use ammeter_amp::{
    receiver::{Effect, Event, Htlc, Reason, SetState, Version},
    sender::{Adaptive, Committed, Fixed, Payment, Plan, Purpose, Seed, SeedRng, Shards, Tree},
};
use ammeter_core::{Engine, Hash, Msat, PaymentHash, Share};

/// A set of each version, of `parts` parts.
fn sets(parts: usize) -> Vec<(&'static str, Vec<Htlc>)> {
    let amounts: Vec<_> = (1..parts as u64).collect();
    let count = parts as u32;
    vec![
        ("basic", htlcs(&mut Fixed::new(gift(1_000, 1), count).expect("some parts"), &amounts)),
        ("adaptive", htlcs(&mut Adaptive::new(gift(1_000, 2)), &amounts)),
        ("committed", htlcs(&mut Committed::new(gift(1_000, 3)), &amounts)),
        ("tree", htlcs(&mut Tree::new(gift(1_000, 4)), &amounts)),
        ("lnd", shards(&mut Shards::new(gift(1_000, 5)), &amounts)),
    ]
}

/// All orders of `0..count`, by Heap's algorithm.
fn orders(count: usize) -> Vec<Vec<usize>> {
    fn permute(size: usize, order: &mut [usize], orders: &mut Vec<Vec<usize>>) {
        if size <= 1 {
            return orders.push(order.to_vec());
        }
        for k in 0..size {
            permute(size - 1, order, orders);
            order.swap(if size.is_multiple_of(2) { k } else { 0 }, size - 1);
        }
    }
    let (mut orders, mut order) = (Vec::new(), (0..count).collect::<Vec<_>>());
    permute(count, &mut order, &mut orders);
    orders
}

/// All but the last are held, then all settle, as one record; then all are gone, then forgotten.
fn settle(world: &mut World, all: &[Htlc], order: &[usize]) -> Vec<Effect> {
    let (last, rest) = order.split_last().expect("some parts");
    rest.iter().for_each(|k| world.holds(&all[*k]));
    let effects = world.arrive(&all[*last]);
    assert_eq!(world::keys(&effects), world::keys_of(all));
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Settle { .. })), "{effects:?}");
    let id = all[0].part.set_id;
    assert!(matches!(world.state(&id), Some(SetState::Settling { .. })));
    effects
}

#[test]
fn every_order_of_arrival_settles_alike() {
    for parts in 1..=4 {
        for (name, all) in sets(parts) {
            let mut verdicts = Vec::new();
            for order in orders(parts) {
                let mut world = World::new(world::policy());
                verdicts.push(settle(&mut world, &all, &order));
            }
            assert_eq!(verdicts.len(), (1..=parts).product::<usize>());
            assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{name}");
        }
    }
}

/// From the first HTLC to the last trace of it.
#[test]
fn a_set_from_its_opening_to_its_end() {
    for (name, all) in sets(3) {
        let id = all[0].part.set_id;
        let mut world = World::with(|policy| policy.retention_ms = 1_000);
        world.clock(500);
        let effects = settle(&mut world, &all, &[1, 2, 0]);
        // Until the last is gone, the others are claimed again and again.
        world.resolve(&all[..1]);
        assert_eq!(world.restart(), effects_but(&effects, &all[..1]), "{name}");
        world.resolve(&all[1..2]);
        world.clock(10_000);
        assert_eq!(world.restart(), effects_but(&effects, &all[..2]), "{name}");
        world.resolve(&all[2..]);
        assert_eq!(world.state(&id), Some(&SetState::Settled { since_ms: 10_000 }));
        assert_eq!(world.restart(), []);
        world.clock(10_999);
        world.refuses(&copy(&all[0], 1), Reason::SetSettled);
        world.resolve(&[copy(&all[0], 1)]);
        world.clock(11_000);
        assert_eq!(world.state(&id), None);
        assert!(world.records.htlcs.is_empty() && world.records.sets.is_empty());
        assert_eq!(world.receiver.metrics().bytes, 0);
    }
}

fn effects_but(effects: &[Effect], gone: &[Htlc]) -> Vec<Effect> {
    let gone = world::keys_of(gone);
    effects.iter().copied().filter(|effect| !gone.contains(&effect.key())).collect()
}

#[test]
fn large_sets_in_random_orders_with_both_hashes() {
    let mut random = Random::new(1);
    for hash in Hash::ALL {
        let engine = Engine::new(hash).expect("a kernel");
        let payment = || {
            Payment::new(
                Msat(1_000_000),
                Purpose::Spontaneous,
                engine,
                Seed::from_bytes([hash as u8 + 1; 32]).rng(),
            )
        };
        let mut plans: Vec<(u32, Box<dyn Plan<SeedRng>>, bool)> = vec![
            (70, Box::new(Fixed::new(payment(), 70).expect("some parts")), false),
            (70, Box::new(Adaptive::new(payment())), false),
            (70, Box::new(Committed::new(payment())), false),
            (9, Box::new(Tree::new(payment())), false),
            (70, Box::new(Shards::new(payment())), true),
        ];
        for (parts, plan, tlv) in &mut plans {
            let mut taken: Vec<_> =
                (1..*parts).map(|_| plan.part(Msat(100)).expect("possible")).collect();
            taken.push(plan.last_part().expect("something is left"));
            let all: Vec<_> = taken
                .iter()
                .zip(1..)
                .map(|(part, number)| htlc(&**plan, part, number, *tlv))
                .collect();
            let mut order: Vec<_> = (0..all.len()).collect();
            for k in (1..order.len()).rev() {
                order.swap(k, random.next() as usize % (k + 1));
            }
            let mut world = World::with(|policy| policy.hash = hash);
            settle(&mut world, &all, &order);
        }
    }
}

/// n = 9 in three parts: each takes the child of its ordinal, and would take any other of the nine.
#[test]
fn folded_parts() {
    let mut plan = Fixed::new(gift(1_000, 1), 9).expect("some parts");
    let parts = [
        plan.folded_part(Msat(10), 4).expect("possible"),
        plan.folded_part(Msat(20), 3).expect("possible"),
        plan.last_part().expect("possible"),
    ];
    let mut all: Vec<_> =
        parts.iter().zip(1..).map(|(part, number)| htlc(&plan, part, number, false)).collect();
    for order in orders(3) {
        settle(&mut World::new(world::policy()), &all, &order);
    }
    for (index, claimed) in [(9, true), (10, false)] {
        let scheme = ammeter_core::Scheme::Og;
        let root = plan.payment().root();
        let (_, hash) = ammeter_core::reference::pair(Hash::Sha256, scheme, root, None, index);
        all[1].incoming.payment_hash = hash;
        let mut world = World::new(world::policy());
        world.holds(&all[0]);
        world.holds(&all[1]);
        match claimed {
            true => world.settles(&all[2], &all),
            false => world.fails(Event::Arrived(all[2].clone()), &all, Reason::HashMismatch),
        }
    }
}

/// Nobody knows n until the last part tells it, and that one may come first.
#[test]
fn adaptive_sets_learn_n_once() {
    let all = htlcs(&mut Adaptive::new(gift(1_000, 2)), &[1, 2, 3]);
    let told = |htlc: &Htlc, part_count| {
        let mut htlc = htlc.clone();
        htlc.part.version = Version::Adaptive { part_count };
        htlc
    };
    for teller in 0..4 {
        let mut world = World::new(world::policy());
        for (k, htlc) in all.iter().enumerate().take(3) {
            let n = if k == teller { 4 } else { 0 };
            world.holds(&told(htlc, n));
            let version = world.records.sets[&htlc.part.set_id].version;
            let known = if k >= teller { 4 } else { 0 };
            assert_eq!(version, Version::Adaptive { part_count: known });
        }
        let last = told(&all[3], if teller == 3 { 4 } else { 0 });
        world.settles(&last, &all);
    }
    // Nobody tells: the set waits.
    let mut world = World::new(world::policy());
    all.iter().for_each(|htlc| world.holds(&told(htlc, 0)));
}

/// A leaf fails and is split in two, twice; the others do not notice.
#[test]
fn split_trees() {
    let mut plan = Tree::new(gift(1_000, 4));
    let first = plan.part(Msat(400)).expect("possible");
    let last = plan.last_part().expect("possible");
    let [left, right] = plan.split(&last, Msat(100)).expect("possible");
    let [low, high] = plan.split(&right, Msat(200)).expect("possible");
    let parts = [&first, &left, &low, &high];
    let all: Vec<_> =
        parts.iter().zip(1..).map(|(part, number)| htlc(&plan, part, number, false)).collect();
    for order in orders(4) {
        settle(&mut World::new(world::policy()), &all, &order);
    }
    // The leaf before its halves: a half takes the place of the leaf, so its hash is held, and with
    // one share too many nothing matches.
    let mut world = World::new(world::policy());
    world.holds(&htlc(&plan, &last, 9, false));
    world.refuses(&all[1], Reason::DuplicateHash);
    [2, 3, 0].iter().for_each(|k: &usize| world.holds(&all[*k]));
}

/// A failed shard's share goes back, and is cut anew.
#[test]
fn merged_shards() {
    let mut plan = Shards::new(gift(1_000, 5));
    let failed = plan.part(Msat(700)).expect("possible");
    let kept = plan.part(Msat(100)).expect("possible");
    plan.merge(failed);
    let parts =
        [kept, plan.part(Msat(300)).expect("possible"), plan.last_part().expect("possible")];
    let all: Vec<_> =
        parts.iter().zip(1..).map(|(part, number)| htlc(&plan, part, number, true)).collect();
    for order in orders(3) {
        settle(&mut World::new(world::policy()), &all, &order);
    }
}

/// Enough money and not all shares: lnd's sets are complete by amount, and then must match.
#[test]
fn money_without_shares_settles_nothing() {
    let mut all = shards(&mut Shards::new(gift(1_000, 5)), &[10, 20]);
    for htlc in &mut all[..2] {
        htlc.part.amount_msat = Msat(500);
        htlc.incoming.amount_msat = Msat(500);
    }
    let mut world = World::new(world::policy());
    world.holds(&all[0]);
    world.fails(Event::Arrived(all[1].clone()), &all[..2], Reason::HashMismatch);
    world.refuses(&all[2], Reason::SetFailed);
}

/// Shares that are all there, one of them in the wrong place.
#[test]
fn swapped_shares() {
    for (name, mut all) in sets(3) {
        let (first, second) = all.split_at_mut(1);
        std::mem::swap(&mut first[0].incoming.payment_hash, &mut second[0].incoming.payment_hash);
        let mut world = World::new(world::policy());
        world.holds(&all[0]);
        world.holds(&all[1]);
        let last = Event::Arrived(all[2].clone());
        match name {
            // Any of the children will do.
            "basic" | "adaptive" | "committed" => world.settles(&all[2], &all),
            // No hash matches the child that it names: as if a share were missing.
            "tree" => assert_eq!(world.step(last), [Effect::Hold(all[2].incoming.key)]),
            _ => world.fails(last, &all, Reason::HashMismatch),
        }
    }
}

/// Two shares that cancel each other out, and a set that is complete without them.
#[test]
fn shares_that_cancel() {
    let mut all = htlcs(&mut Committed::new(gift(1_000, 3)), &[1, 2]);
    let mut extra = [copy(&all[0], 8), copy(&all[0], 9)];
    for (htlc, hash) in extra.iter_mut().zip([1, 2]) {
        htlc.incoming.payment_hash = PaymentHash([hash; 32]);
        htlc.part.share = Share([5; 32]);
    }
    all.extend(extra);
    let mut world = World::new(world::policy());
    [3, 4, 0, 1].iter().for_each(|k: &usize| world.holds(&all[*k]));
    world.fails(Event::Arrived(all[2].clone()), &all, Reason::HashMismatch);
}

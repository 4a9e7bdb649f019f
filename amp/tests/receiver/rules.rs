//! Promise: what arrives meets the rule that the table in the specification gives it, under both
//! policies for a part that deviates.

use crate::world::{self, EXPIRY, World, basic, copy, gift, htlcs, shards, stranger};
use ammeter_amp::{
    receiver::{Deviation, Effect, Event, Htlc, Realms, Reason, SetId, SetState, Version},
    sender::{Adaptive, Committed, Fixed, Shards, Tree},
};
use ammeter_core::{Commitment, Msat, PaymentId, Share};

const POLICIES: [Deviation; 2] = [Deviation::FailSet, Deviation::RejectNewcomer];

fn fixed(parts: u32) -> Vec<Htlc> {
    let mut plan = Fixed::new(gift(1_000, 1), parts).expect("some parts");
    htlcs(&mut plan, &vec![10; parts as usize - 1])
}

/// XORing a share twice would cancel it.
#[test]
fn the_same_key_again_meets_the_stored_verdict() {
    let all = fixed(3);
    let mut world = World::new(world::policy());
    for _ in 0..3 {
        world.holds(&all[0]);
    }
    // Whatever it says this time.
    let mut other = basic(9, 1, 0, 0);
    other.incoming.key = all[0].incoming.key;
    world.holds(&other);
    assert_eq!(world.step(Event::Unreadable(other.incoming)), [Effect::Hold(other.incoming.key)]);
    world.holds(&all[1]);
    world.settles(&all[2], &all);
    let first = world.arrive(&all[1]);
    assert!(matches!(first[..], [Effect::Settle { key, .. }] if key == all[1].incoming.key));
    assert_eq!(world.arrive(&all[1]), first);
    assert_eq!(world.records.htlcs.len(), 3);
}

#[test]
fn a_failed_one_again_fails_for_the_same_reason() {
    let mut world = World::new(world::policy());
    let hopeless = basic(1, 1, 3, 0);
    for _ in 0..2 {
        world.refuses(&hopeless, Reason::BadWeight);
    }
    let mut other = basic(1, 2, 3, 1);
    other.incoming.key = hopeless.incoming.key;
    world.refuses(&other, Reason::BadWeight);
    // Once it is gone the key means nothing any more.
    world.resolve(&[hopeless]);
    world.holds(&other);
}

/// What each version's parts must say alike, said otherwise.
fn deviations() -> Vec<(Vec<Htlc>, Htlc)> {
    let mut cases = Vec::new();
    let mut case = |all: &[Htlc], change: &dyn Fn(&mut Htlc)| {
        let mut odd = stranger(&all[0], 99);
        change(&mut odd);
        cases.push((all[..2].to_vec(), odd));
    };
    let version = |version| move |odd: &mut Htlc| odd.part.version = version;
    let all = fixed(4);
    case(&all, &version(Version::Basic { part_count: 5, weight: 1 }));
    case(&all, &version(Version::Adaptive { part_count: 4 }));
    case(&all, &version(Version::Tree { index: 0 }));
    let mut plan = Adaptive::new(gift(1_000, 2));
    let all = htlcs(&mut plan, &[1, 2, 3]);
    case(&all, &version(Version::Adaptive { part_count: 5 }));
    case(&all, &version(Version::Basic { part_count: 4, weight: 1 }));
    let mut plan = Committed::new(gift(1_000, 3));
    let all = htlcs(&mut plan, &[1, 2, 3]);
    case(&all, &version(Version::Committed { commitment: Commitment([1; 32]) }));
    let mut plan = Shards::new(gift(1_000, 4));
    let all = shards(&mut plan, &[1, 2, 3]);
    case(&all, &version(Version::Amp { child_index: 1, total_msat: Msat(999) }));
    let mut plan = Tree::new(gift(1_000, 5));
    let all = htlcs(&mut plan, &[1, 2, 3]);
    case(&all, &version(Version::Basic { part_count: 4, weight: 1 }));
    cases
}

#[test]
fn a_deviating_part_fails_the_set_or_itself() {
    for (held, odd) in deviations() {
        let mut world = World::with(|policy| policy.deviation = Deviation::FailSet);
        held.iter().for_each(|htlc| world.holds(htlc));
        let all = [&held[..], std::slice::from_ref(&odd)].concat();
        world.fails(Event::Arrived(odd.clone()), &all, Reason::Deviates);
        assert_eq!(world.state(&odd.part.set_id), Some(&SetState::Failing(Reason::Deviates)));

        let mut world = World::with(|policy| policy.deviation = Deviation::RejectNewcomer);
        held.iter().for_each(|htlc| world.holds(htlc));
        world.refuses(&odd, Reason::Deviates);
        assert_eq!(world.state(&odd.part.set_id), Some(&SetState::Collecting));
    }
}

#[test]
fn the_realm_rule() {
    let mut all = fixed(3);
    all[1].part.realm = 1;
    let mut world = World::with(|policy| policy.realms = Realms::Any);
    world.holds(&all[0]);
    world.holds(&all[1]);
    world.settles(&all[2], &all);
    for deviation in POLICIES {
        let mut world = World::with(|policy| {
            (policy.realms, policy.deviation) = (Realms::One, deviation);
        });
        world.holds(&all[0]);
        match deviation {
            Deviation::FailSet => {
                world.fails(Event::Arrived(all[1].clone()), &all[..2], Reason::Deviates);
            }
            Deviation::RejectNewcomer => world.refuses(&all[1], Reason::Deviates),
        }
    }
}

/// A set that fails takes no other with it.
#[test]
fn other_sets_go_on() {
    let (all, odd) = deviations().remove(0);
    let mut plan = Tree::new(gift(70, 9));
    let bystanders = htlcs(&mut plan, &[30]);
    let mut world = World::new(world::policy());
    world.holds(&copy(&bystanders[0], 1));
    all.iter().for_each(|htlc| world.holds(htlc));
    world.arrive(&odd);
    let others = [copy(&bystanders[0], 1), copy(&bystanders[1], 2)];
    world.settles(&others[1], &others);
}

#[test]
fn a_hash_that_the_set_holds_fails_by_itself() {
    for deviation in POLICIES {
        let all = fixed(3);
        let mut world = World::with(|policy| policy.deviation = deviation);
        world.holds(&all[0]);
        world.refuses(&copy(&all[0], 1), Reason::DuplicateHash);
        let mut same_hash = stranger(&all[0], 2);
        same_hash.incoming.payment_hash = all[0].incoming.payment_hash;
        world.refuses(&same_hash, Reason::DuplicateHash);
        world.holds(&all[1]);
        world.settles(&all[2], &all);
        // In another set the same hash is nobody's business.
        let mut elsewhere = basic(5, 3, 2, 1);
        elsewhere.incoming.payment_hash = all[0].incoming.payment_hash;
        world.holds(&elsewhere);
    }
}

#[test]
fn impossible_counts_fail_by_themselves() {
    for deviation in POLICIES {
        let mut world = World::with(|policy| {
            policy.deviation = deviation;
            policy.limits.part_count_max = 8;
        });
        let hopeless = [
            (0, 0, Reason::BadWeight),
            (0, 1, Reason::BadWeight),
            (3, 0, Reason::BadWeight),
            (3, 4, Reason::BadWeight),
            (3, u32::MAX, Reason::BadWeight),
            (9, 1, Reason::TooManyParts),
            (u32::MAX, u32::MAX, Reason::TooManyParts),
        ];
        for ((part_count, weight, reason), number) in hopeless.into_iter().zip(10..) {
            world.refuses(&basic(1, number, part_count, weight), reason);
        }
        assert_eq!(world.records.sets.len(), 0);
        world.holds(&basic(1, 1, 8, 5));
        world.refuses(&basic(1, 2, 8, 4), Reason::WeightOverflow);
        world.refuses(&basic(1, 3, 8, 8), Reason::WeightOverflow);
        world.holds(&basic(1, 4, 8, 2));
    }
}

/// A sender that counts wrong: n is told when there are more parts already.
#[test]
fn adaptive_counts() {
    for deviation in POLICIES {
        let mut world = World::with(|policy| {
            policy.deviation = deviation;
            policy.limits.part_count_max = 4;
        });
        let adaptive = |number, part_count| {
            let mut htlc = basic(1, number, 0, 0);
            htlc.part.version = Version::Adaptive { part_count };
            htlc
        };
        world.refuses(&adaptive(9, 5), Reason::TooManyParts);
        let held = [adaptive(1, 0), adaptive(2, 0)];
        held.iter().for_each(|htlc| world.holds(htlc));
        match deviation {
            Deviation::FailSet => {
                let all = [&held[..], &[adaptive(3, 2)]].concat();
                world.fails(Event::Arrived(adaptive(3, 2)), &all, Reason::Deviates);
            }
            Deviation::RejectNewcomer => {
                world.refuses(&adaptive(3, 2), Reason::Deviates);
                world.holds(&adaptive(4, 0));
                world.holds(&adaptive(5, 0));
                // The fifth without n, where four are the most.
                world.refuses(&adaptive(6, 0), Reason::TooManyParts);
            }
        }
    }
}

#[test]
fn the_wire_pays_less_than_the_onion_says() {
    for deviation in POLICIES {
        let all = fixed(2);
        let mut world = World::with(|policy| policy.deviation = deviation);
        let mut low = copy(&all[0], 1);
        low.incoming.amount_msat = Msat(low.part.amount_msat.0 - 1);
        world.refuses(&low, Reason::AmountBelowOnion);
        let mut soon = copy(&all[0], 2);
        soon.incoming.cltv_expiry = EXPIRY - 1;
        world.refuses(&soon, Reason::ExpiryBelowOnion);
        world.holds(&all[0]);
        world.settles(&all[1], &all);
    }
}

/// A router that forwards too much completes nothing early (lnd #7768, LDK #2062).
#[test]
fn the_onions_amount_counts() {
    let mut plan = Shards::new(gift(1_000, 1));
    let mut all = shards(&mut plan, &[300, 300]);
    all[0].incoming.amount_msat = Msat(5_000);
    let mut world = World::new(world::policy());
    world.holds(&all[0]);
    world.holds(&all[1]);
    world.settles(&all[2], &all);
}

#[test]
fn a_sum_past_64_bits_fails_the_set() {
    for deviation in POLICIES {
        let mut world = World::with(|policy| policy.deviation = deviation);
        let mut all = [basic(1, 1, 3, 1), basic(1, 2, 3, 1)];
        for htlc in &mut all {
            (htlc.incoming.amount_msat, htlc.part.amount_msat) = (Msat(u64::MAX), Msat(u64::MAX));
        }
        all[1].part.amount_msat = Msat(1);
        world.holds(&all[0]);
        world.fails(Event::Arrived(all[1].clone()), &all, Reason::AmountOverflow);
    }
}

#[test]
fn a_set_that_waits_too_long_fails() {
    let all = fixed(3);
    let mut world = World::with(|policy| policy.hold_ms = 60_000);
    world.clock(1_000_000);
    world.holds(&all[0]);
    world.clock(1_030_000);
    // The first part's clock counts, not the second's.
    world.holds(&all[1]);
    assert_eq!(world.clock(1_059_999), []);
    world.fails(Event::Clock { now_ms: 1_060_000 }, &all[..2], Reason::HeldTooLong);
    // Too late (lnd #11176).
    world.refuses(&all[2], Reason::SetFailed);
}

#[test]
fn a_set_fails_before_its_earliest_expiry() {
    let mut all = fixed(4);
    all[1].incoming.cltv_expiry = EXPIRY + 3;
    all[2].incoming.cltv_expiry = EXPIRY + 1;
    for htlc in &mut all {
        htlc.part.cltv_expiry = 0;
    }
    let mut world = World::with(|policy| policy.expiry_margin_blocks = 18);
    all[1..3].iter().for_each(|htlc| world.holds(htlc));
    assert_eq!(world.step(Event::Block { height: EXPIRY - 18 }), []);
    // By itself: it can be sent again, and nobody can end a set with an old HTLC.
    world.refuses(&all[0], Reason::ExpiresSoon);
    world.fails(Event::Block { height: EXPIRY - 17 }, &all[1..3], Reason::ExpiresSoon);
}

#[test]
fn zero_ids_fail_by_themselves() {
    let mut world = World::new(world::policy());
    let payment_secret = [1; 32];
    let zeros = [
        SetId::Payment(PaymentId::ZERO),
        SetId::Committed([0; 11]),
        SetId::Amp { payment_secret, set_id: PaymentId::ZERO },
    ];
    for (set, number) in zeros.into_iter().zip(1..) {
        let mut htlc = basic(1, number, 1, 1);
        htlc.part.set_id = set;
        world.refuses(&htlc, Reason::ZeroId);
    }
}

#[test]
fn an_unreadable_onion_fails_by_itself() {
    let mut world = World::new(world::policy());
    let htlc = basic(1, 1, 2, 1);
    let fail = Effect::Fail { key: htlc.incoming.key, reason: Reason::Unreadable };
    assert_eq!(world.step(Event::Unreadable(htlc.incoming)), [fail]);
    assert_eq!(world.arrive(&htlc), [fail]);
    world.resolve(&[htlc]);
    assert_eq!(world.records.htlcs.len(), 0);
}

/// Everything that is whole and not what its shares derive fails, and nothing else.
#[test]
fn a_hash_that_no_share_derives_fails_the_set() {
    for deviation in POLICIES {
        let mut all = fixed(3);
        all[1].part.share = Share([1; 32]);
        let mut world = World::with(|policy| policy.deviation = deviation);
        world.holds(&all[0]);
        world.holds(&all[1]);
        world.fails(Event::Arrived(all[2].clone()), &all, Reason::HashMismatch);
        let mut plan = Shards::new(gift(1_000, 1));
        let mut all = shards(&mut plan, &[10, 20]);
        all[2].part.version = Version::Amp { child_index: 5, total_msat: Msat(1_000) };
        let all: Vec<_> = all.iter().zip(50..).map(|(htlc, number)| copy(htlc, number)).collect();
        world.holds(&all[0]);
        world.holds(&all[1]);
        world.fails(Event::Arrived(all[2].clone()), &all, Reason::HashMismatch);
    }
}

#[test]
fn what_comes_late_does_not_change_the_set() {
    for deviation in POLICIES {
        let all = fixed(2);
        let mut world = World::with(|policy| policy.deviation = deviation);
        world.holds(&all[0]);
        world.settles(&all[1], &all);
        let before = world.state(&all[0].part.set_id).cloned();
        // A deviating one too: the set is not open to be failed.
        let mut late = [stranger(&all[0], 1), copy(&all[0], 2), stranger(&all[0], 3)];
        late[2].part.version = Version::Tree { index: 0 };
        late.iter().for_each(|htlc| world.refuses(htlc, Reason::SetSettled));
        assert_eq!(world.state(&all[0].part.set_id).cloned(), before);
        world.resolve(&all);
        assert_eq!(
            world.state(&all[0].part.set_id),
            Some(&SetState::Settled { since_ms: 0 }),
            "late HTLCs are no members"
        );
        world.refuses(&stranger(&all[0], 4), Reason::SetSettled);
        world.resolve(&late);
    }
}

/// Bytes are counted as the documentation says, and room is exact.
#[test]
fn bytes_are_counted_to_the_last() {
    const HTLC: u64 = 158;
    const SET: u64 = 510;
    for (room, expected) in
        [(SET + HTLC - 1, 0), (SET + HTLC, 1), (SET + 2 * HTLC - 1, 1), (SET + 2 * HTLC, 2)]
    {
        let mut world = World::with(|policy| policy.limits.bytes_max = room);
        for number in 1..=2 {
            let htlc = basic(1, number, 4, 1);
            if number <= expected {
                world.holds(&htlc);
            } else {
                world.refuses(&htlc, Reason::ByteLimit);
            }
        }
        let counted = if expected == 0 { 0 } else { SET + expected * HTLC };
        assert_eq!(world.receiver.metrics().bytes, counted);
    }
    // Refused ones are counted by their number, and take no room from sets.
    let mut world = World::with(|policy| policy.limits.bytes_max = SET + HTLC);
    world.refuses(&basic(9, 1, 0, 0), Reason::BadWeight);
    world.holds(&basic(1, 2, 4, 1));
    assert_eq!(world.policy.limits.bytes_worst(), SET + HTLC + 483 * 64 * HTLC);
}

/// There is no room in the set, and then there is: what failed for it fails again.
#[test]
fn what_failed_for_want_of_room_fails_again() {
    let all = fixed(3);
    let mut world = World::with(|policy| policy.limits.sets_max = 1);
    let alone = basic(9, 50, 2, 1);
    world.holds(&alone);
    world.refuses(&all[0], Reason::SetLimit);
    world.clock(60_000);
    world.resolve(&[alone]);
    world.clock(4_000_000);
    assert_eq!(world.records.sets.len(), 0);
    world.refuses(&all[0], Reason::SetLimit);
    assert_eq!(world.restart().len(), 1, "said again");
    world.resolve(&all[..1]);
    all[..2].iter().for_each(|htlc| world.holds(htlc));
    world.settles(&all[2], &all);
}

/// More are refused than can be remembered: what expires no later fails, what expires later does
/// not.
#[test]
fn refusals_that_are_not_remembered_close_the_receiver_for_a_while() {
    let mut world = World::with(|policy| policy.limits.refusals_max = 1);
    let bad = |number, expiry| {
        let mut htlc = basic(9, number, 0, 0);
        (htlc.incoming.cltv_expiry, htlc.part.cltv_expiry) = (expiry, expiry);
        htlc
    };
    let good = |number, expiry| {
        let mut htlc = basic(1, number, 9, 1);
        (htlc.incoming.cltv_expiry, htlc.part.cltv_expiry) = (expiry, expiry);
        htlc
    };
    world.refuses(&bad(1, 900), Reason::BadWeight);
    assert_eq!(world.receiver.metrics().closed_until, 0);
    world.holds(&good(2, 300));
    for (number, expiry, until) in [(3, 500, 500), (4, 400, 500), (5, 600, 600)] {
        let reason =
            if expiry <= 500 && number > 3 { Reason::RefusalLimit } else { Reason::BadWeight };
        world.refuses(&bad(number, expiry), reason);
        assert_eq!(world.receiver.metrics().closed_until, until);
    }
    world.holds(&good(2, 300));
    world.refuses(&good(6, 600), Reason::RefusalLimit);
    world.restart();
    world.resolve(&[bad(1, 900)]);
    // Room again: now it is remembered by itself.
    world.refuses(&good(7, 600), Reason::RefusalLimit);
    assert!(world.records.htlcs.contains_key(&good(7, 0).incoming.key));
    let unreadable = Event::Unreadable(good(8, 600).incoming);
    world.fails(unreadable, &[good(8, 600)], Reason::RefusalLimit);
    world.holds(&good(9, 601));
    // As high as that, nothing that failed can be taken anyway.
    world.step(Event::Block { height: 590 });
    assert_eq!(world.receiver.metrics().closed_until, 600);
    let mut other = good(10, 700);
    other.part.set_id = basic(2, 10, 9, 1).part.set_id;
    world.holds(&other);
}

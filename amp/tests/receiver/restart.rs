//! Promise: a restart changes nothing: decisions leave again, the same ones; and records that
//! contradict each other are an error.

use crate::world::{self, World, basic, copy, gift, htlcs, shards, stranger};
use ammeter_amp::{
    receiver::{
        Clocks, Effect, Event, Htlc, HtlcRecord, Reason, Receiver, Record, RestoreError, SetRecord,
        SetState, Standing, Version,
    },
    sender::{Adaptive, Committed, Fixed, Shards},
};
use ammeter_core::{BasePreimage, Msat};

fn fixed(seed: u8, first: u64) -> Vec<Htlc> {
    let mut plan = Fixed::new(gift(1_000, seed), 3).expect("some parts");
    let all = htlcs(&mut plan, &[1, 2]);
    all.iter().zip(first..).map(|(htlc, number)| copy(htlc, number)).collect()
}

/// In the order in which their sets were opened, each set by its keys; then the lone ones.
#[test]
fn decisions_leave_again_in_a_fixed_order() {
    let mut world = World::with(|policy| policy.hold_ms = 100);
    let (failed, settled, held) = (fixed(1, 50), fixed(2, 30), fixed(3, 10));
    world.clock(1);
    failed[..2].iter().for_each(|htlc| world.holds(htlc));
    world.clock(50);
    settled[..2].iter().rev().for_each(|htlc| world.holds(htlc));
    world.holds(&held[0]);
    let claims = world.arrive(&settled[2]);
    let lone = [basic(9, 2, 0, 0), basic(9, 1, 3, 0)];
    lone.iter().for_each(|htlc| world.refuses(htlc, Reason::BadWeight));
    world.fails(Event::Clock { now_ms: 101 }, &failed[..2], Reason::HeldTooLong);
    let fail = |htlc: &Htlc, reason| Effect::Fail { key: htlc.incoming.key, reason };
    let expected: Vec<_> =
        [fail(&failed[0], Reason::HeldTooLong), fail(&failed[1], Reason::HeldTooLong)]
            .into_iter()
            .chain(claims)
            .chain([fail(&lone[1], Reason::BadWeight), fail(&lone[0], Reason::BadWeight)])
            .collect();
    assert_eq!(world.restart(), expected);
    assert_eq!(world.restart(), expected, "again and again, until they are gone");
    world.resolve(&lone);
    assert_eq!(world.restart(), expected[..5]);
    // The node shows all of them again; what is held is held, what is decided stays decided.
    world.holds(&held[0]);
    assert_eq!(world.arrive(&settled[1]), expected[3..4]);
    assert_eq!(world.arrive(&failed[1]), expected[1..2]);
}

/// lnd's scheme hashes the share of each child, and version 3 does not know n.
#[test]
fn claims_are_derived_again_for_what_is_left() {
    let mut committed = Committed::new(gift(1_000, 3));
    let mut amp = Shards::new(gift(1_000, 5));
    for all in [htlcs(&mut committed, &[5; 40]), shards(&mut amp, &[5; 40])] {
        let mut world = World::new(world::policy());
        let (last, rest) = all.split_last().expect("some parts");
        rest.iter().for_each(|htlc| world.holds(htlc));
        let claims = world.arrive(last);
        world.resolve(&all[..39]);
        let left = world::keys_of(&all[39..]);
        let expected: Vec<_> =
            claims.into_iter().filter(|claim| left.contains(&claim.key())).collect();
        assert_eq!(expected.len(), 2);
        assert_eq!(world.restart(), expected);
    }
}

/// Deadlines are those of the first life; a policy that is shorter of patience is obeyed at once.
#[test]
fn deadlines_survive() {
    let mut world = World::with(|policy| policy.hold_ms = 1_000);
    world.step(Event::Block { height: 700_000 });
    world.clock(5_000);
    let all = fixed(1, 1);
    world.holds(&all[0]);
    world.clock(5_999);
    assert_eq!(world.restart(), []);
    assert_eq!(world.receiver.clocks(), Clocks { height: 700_000, now_ms: 5_999 });
    assert_eq!(world.clock(3), [], "a clock that jumps back stands still");
    assert_eq!(world.step(Event::Block { height: 1 }), []);
    world.policy.hold_ms = 500;
    let fail = Effect::Fail { key: all[0].incoming.key, reason: Reason::HeldTooLong };
    assert_eq!(world.restart(), [fail]);
}

/// An HTLC that is gone before its set was whole takes the set with it: its share is missing.
#[test]
fn a_lost_member_fails_its_set() {
    let mut world = World::new(world::policy());
    let all = fixed(1, 1);
    all[..2].iter().for_each(|htlc| world.holds(htlc));
    world.fails(Event::Resolved(all[0].incoming.key), &all[1..2], Reason::MemberLost);
    world.refuses(&all[2], Reason::SetFailed);
    world.resolve(&all[1..2]);
    let failed = SetState::Failed { reason: Reason::MemberLost, since_ms: 0 };
    assert_eq!(world.state(&all[0].part.set_id), Some(&failed));
    // The only one.
    let alone = fixed(2, 20);
    world.holds(&alone[0]);
    assert_eq!(world.step(Event::Resolved(alone[0].incoming.key)), []);
    assert_eq!(world.state(&alone[0].part.set_id), Some(&failed));
    assert_eq!(world.step(Event::Resolved(alone[0].incoming.key)), [], "an unknown key");
}

fn restored(records: Vec<Record>) -> RestoreError {
    Receiver::restore(world::policy(), records).expect_err("a contradiction")
}

#[test]
fn records_that_contradict_each_other() {
    let mut world = World::new(world::policy());
    let (held, settled) = (fixed(1, 1), fixed(2, 20));
    world.clock(5);
    world.step(Event::InvoiceAdded(ammeter_amp::receiver::Invoice {
        name: [7; 32],
        amount_msat: Msat(1),
        reusable: false,
        preimage: None,
    }));
    held[..2].iter().for_each(|htlc| world.holds(htlc));
    settled[..2].iter().for_each(|htlc| world.holds(htlc));
    world.settles(&settled[2], &settled);
    world.records.closed_until = Some(1);
    world.records.policy = Some(world.policy);
    let all = world.records.all(false);
    assert!(Receiver::restore(world.policy, all.clone()).is_ok());
    let (key, id) = (held[0].incoming.key, held[0].part.set_id);
    for record in &all {
        let twice = restored([&all[..], std::slice::from_ref(record)].concat());
        match record {
            Record::Htlc(record) => assert_eq!(twice, RestoreError::HtlcTwice(record.incoming.key)),
            Record::Set(record) => assert_eq!(twice, RestoreError::SetTwice(record.id)),
            Record::Invoice(_) => assert_eq!(twice, RestoreError::InvoiceTwice),
            Record::Clocks(_) => assert_eq!(twice, RestoreError::ClocksTwice),
            Record::ClosedUntil(_) => assert_eq!(twice, RestoreError::ClosedUntilTwice),
            Record::Policy(_) => assert_eq!(twice, RestoreError::PolicyTwice),
        }
    }
    let without = |unwanted: &dyn Fn(&Record) -> bool| {
        all.iter().filter(|record| !unwanted(record)).cloned().collect::<Vec<_>>()
    };
    let no_set = restored(without(&|record| matches!(record, Record::Set(set) if set.id == id)));
    assert!(matches!(no_set, RestoreError::NoSet(_)), "{no_set}");
    let empty = restored(without(&|record| {
        matches!(record, Record::Htlc(htlc)
        if held.iter().any(|held| held.incoming.key == htlc.incoming.key))
    }));
    assert_eq!(empty, RestoreError::WrongMembers(id));

    let edited = |edit: &dyn Fn(&mut Record)| {
        let mut records = all.clone();
        records.iter_mut().for_each(edit);
        restored(records)
    };
    let set_edited = |edit: &dyn Fn(&mut SetRecord)| {
        edited(&|record| {
            if let Record::Set(set) = record {
                edit(set);
            }
        })
    };
    let root = set_edited(&|set| {
        if let SetState::Settling { root } = &mut set.state {
            *root = BasePreimage([1; 32]);
        }
    });
    assert_eq!(root, RestoreError::HashMismatch(settled[0].part.set_id));
    let over = set_edited(&|set| {
        if set.id == id {
            set.state = SetState::Settled { since_ms: 1 };
        }
    });
    assert_eq!(over, RestoreError::WrongMembers(id));
    let opened = set_edited(&|set| {
        if set.id == id {
            set.opened_ms = 6;
        }
    });
    assert_eq!(opened, RestoreError::AheadOfClock(id));
    let timeless = restored(without(&|record| matches!(record, Record::Clocks(_))));
    assert!(matches!(timeless, RestoreError::AheadOfClock(_)), "{timeless}");
    let n = set_edited(&|set| set.version = Version::Basic { part_count: 4, weight: 0 });
    assert!(matches!(n, RestoreError::Misplaced(_)), "{n}");
    let part_edited = |edit: &dyn Fn(&mut ammeter_amp::receiver::Part)| {
        edited(&|record| match record {
            Record::Htlc(htlc) if htlc.incoming.key == key => match &mut htlc.standing {
                Standing::Member(part) => edit(part),
                Standing::Refused(_) => {}
            },
            _ => {}
        })
    };
    let weight = part_edited(&|part| {
        part.version = Version::Basic { part_count: 3, weight: 3 };
    });
    assert_eq!(weight, RestoreError::WrongMembers(id));
    let amount = part_edited(&|part| part.amount_msat = Msat(u64::MAX));
    assert!(matches!(amount, RestoreError::Misplaced(_)), "{amount}");
    let hash = edited(&|record| {
        if let Record::Htlc(htlc) = record {
            htlc.incoming.payment_hash = held[1].incoming.payment_hash;
        }
    });
    assert!(matches!(hash, RestoreError::Misplaced(_)), "{hash}");
}

/// A record can say any n; it is not what bounds the search for children.
#[test]
fn an_absurd_n_is_not_searched_to_its_end() {
    let mut world = World::new(world::policy());
    let all = htlcs(&mut Adaptive::new(gift(1_000, 2)), &[1, 2, 3]);
    let (last, first) = all.split_last().expect("some parts");
    first.iter().for_each(|htlc| world.holds(htlc));
    world.settles(last, &all);
    let mut records = world.records.all(false);
    for record in &mut records {
        match record {
            Record::Set(set) => {
                set.version = Version::Adaptive { part_count: u32::MAX };
                set.state = SetState::Settling { root: BasePreimage([1; 32]) };
            }
            Record::Htlc(HtlcRecord { standing: Standing::Member(part), .. }) => {
                part.version = Version::Adaptive { part_count: 0 };
            }
            _ => {}
        }
    }
    assert_eq!(restored(records), RestoreError::HashMismatch(all[0].part.set_id));
}

/// The late ones of a set that is over are nobody's members.
#[test]
fn late_ones_are_restored_alone() {
    let mut world = World::new(world::policy());
    let all = fixed(1, 1);
    world.holds(&all[0]);
    world.holds(&all[1]);
    world.settles(&all[2], &all);
    world.resolve(&all);
    let late = stranger(&all[0], 9);
    world.refuses(&late, Reason::SetSettled);
    let fail = Effect::Fail { key: late.incoming.key, reason: Reason::SetSettled };
    assert_eq!(world.restart(), [fail]);
}

/// With another H every claim would be wrong; any other change of the policy is taken.
#[test]
fn records_of_another_hash_are_refused() {
    let mut world = World::new(world::policy());
    world.holds(&fixed(1, 1)[0]);
    world.restart();
    assert_eq!(world.records.policy, Some(world.policy));
    let mut policy = world.policy;
    policy.hash = ammeter_core::Hash::Blake3;
    let error = Receiver::restore(policy, world.records.all(true)).expect_err("another H");
    let said = error.to_string();
    assert!(said.contains("sha256") && said.contains("blake3"), "{said}");
    world.policy.limits.sets_max = 1;
    world.policy.hold_ms = 7;
    world.restart();
    assert_eq!(world.records.policy, Some(world.policy));
}

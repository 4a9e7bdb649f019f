use super::*;
use crate::split::{
    generate,
    load::Others,
    network::{Channel, Network, free_of_fees},
    strategy::Trust,
};

const ATOMIC: Conditions = Conditions { is_acknowledged: false, is_atomic: true };

/// Two channels of 1 000 000 between two nodes, of which the sender has these balances, and one
/// slot count.
fn outcome(
    balances: [u64; 2],
    slots_max: u16,
    strategy: Strategy,
    conditions: Conditions,
) -> Outcome {
    let channel = || Channel {
        ends: [0, 1],
        capacity_msat: 1_000_000,
        policies: [Some(free_of_fees(1_000_000)); 2],
    };
    // A node between, so that the balances are not the sender's own.
    let own = Channel {
        ends: [2, 0],
        capacity_msat: 10_000_000,
        policies: [Some(free_of_fees(10_000_000)); 2],
    };
    let network = Network::new(3, vec![channel(), channel(), own]);
    let free = [balances[0], 1_000_000 - balances[0], balances[1], 1_000_000 - balances[1]];
    let free = [&free[..], &[10_000_000, 0]].concat();
    let nobody = Others::none();
    let world = World::new(&network, free, &nobody, 1, slots_max);
    let payment = Payment { ends: (2, 1), amount_msat: 800_000, seed: 1 };
    simulate(&world, strategy, payment, conditions)
}

#[test]
fn a_payment_over_one_route_takes_a_slot_a_hop_and_settles() {
    let of = outcome([1_000_000, 0], 483, Strategy::Single, ATOMIC);
    assert!(of.is_paid);
    assert_eq!((of.settled_msat, of.fee_msat, of.slots), (800_000, 0, 2));
    assert!(of.attempts <= 2 && of.decided_ms < 5_000);
    assert!(of.htlc_ms > 0 && of.msat_ms == 800_000 * of.htlc_ms);
}

#[test]
fn what_no_channel_has_alone_is_paid_in_halves() {
    let single = outcome([500_000, 500_000], 483, Strategy::Single, ATOMIC);
    assert_eq!((single.is_paid, single.attempts, single.settled_msat), (false, 2, 0));
    assert_eq!(single.short_of_balance, 2);
    for strategy in [Strategy::Halving, Strategy::Equal(4), Strategy::Oracle] {
        let of = outcome([500_000, 500_000], 483, strategy, ATOMIC);
        assert!(of.is_paid && of.settled_msat == 800_000, "{strategy} {of:?}");
    }
}

#[test]
fn without_amp_a_part_of_a_payment_stays_paid() {
    let apart = Conditions { is_atomic: false, ..ATOMIC };
    let equal = Strategy::Equal(4);
    let [whole, part] =
        [ATOMIC, apart].map(|conditions| outcome([300_000, 300_000], 483, equal, conditions));
    assert!(!whole.is_paid && !part.is_paid);
    assert_eq!((whole.settled_msat, part.settled_msat), (0, 400_000));
    // All of what arrived was held for the time of the set.
    assert!(whole.htlc_ms > 4 * u128::from(hold_ms()) && part.htlc_ms < whole.htlc_ms / 4);
}

#[test]
fn a_part_that_settles_alone_makes_room_in_a_window() {
    let apart = Conditions { is_acknowledged: false, is_atomic: false };
    let paced = Strategy::Aimd { is_paced: true };
    let of = outcome([1_000_000, 1_000_000], 483, paced, apart);
    assert!(of.is_paid && of.decided_ms < PATIENCE_MS, "{of:?}");
}

#[test]
fn slots_bind_before_balances() {
    let of = outcome([1_000_000, 1_000_000], 3, Strategy::Equal(16), ATOMIC);
    assert!(!of.is_paid && of.short_of_slots > 0 && of.short_of_balance == 0, "{of:?}");
    assert!(of.slots <= 3 * 3);
}

#[test]
fn a_paced_window_waits_for_confirmation_and_an_acknowledgement_shortens_it() {
    let paced = Strategy::Aimd { is_paced: true };
    let told = Conditions { is_acknowledged: true, ..ATOMIC };
    let [presumed, acknowledged] =
        [ATOMIC, told].map(|conditions| outcome([1_000_000, 1_000_000], 483, paced, conditions));
    assert!(presumed.is_paid && acknowledged.is_paid);
    assert!(presumed.decided_ms > PATIENCE_MS && acknowledged.decided_ms < PATIENCE_MS);
}

#[test]
fn every_strategy_ends_with_every_slot_and_msat_given_back() {
    let mut words = Words::new(9);
    let network = generate::network(400, &mut words);
    let free = generate::balances(&network, &mut words);
    let world = World::new(&network, free, &Others::new(&network, 9), 1, 30);
    let mut paid = 0;
    for seed in 0..10 {
        let ends = (words.below(network.nodes()) as Node, 0);
        if ends.0 == 0 {
            continue;
        }
        let payment = Payment { ends, amount_msat: 300_000_000, seed };
        for strategy in Strategy::ALL {
            for is_acknowledged in [false, true] {
                for is_atomic in [false, true] {
                    let conditions = Conditions { is_acknowledged, is_atomic };
                    let of = simulate(&world, strategy, payment, conditions);
                    let again = simulate(&world, strategy, payment, conditions);
                    assert_eq!(of, again, "the same seed");
                    assert!(of.attempts <= ATTEMPTS_MAX as u64 + 64);
                    assert!(of.settled_msat <= payment.amount_msat);
                    assert_eq!(of.is_paid, of.settled_msat == payment.amount_msat);
                    assert!(!is_atomic || of.is_paid || of.settled_msat == 0, "all or nothing");
                    paid += u32::from(of.is_paid);
                }
            }
        }
    }
    assert!(paid > 40, "{paid}");
    assert!(Strategy::ALL.contains(&Strategy::PushRelabel(Trust::Most)));
}

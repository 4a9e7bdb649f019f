//! Promise: the parts of a plan add up to the payment, in amount and in shares, whatever happens on
//! the way, and a receiver that follows the scheme claims each of them.

#[path = "support/random.rs"]
mod random;

use std::mem::{MaybeUninit, needs_drop};

use ammeter_amp::{
    eob::{Eob, FinalHop, Message, tlv::Payload, writer::Writer},
    sender::{
        Adaptive, Committed, Fixed, Leg, Part, Payment, Plan, PlanError, Purpose, Seed, SeedRng,
        Shards, Tree, amounts,
    },
};
use ammeter_core::{
    BasePreimage, Engine, Hash, Msat, PaymentHash, PaymentSecret, Scheme, Share, reference, shares,
};
use random::Random;

const HERE: Leg = Leg { realm: 0, cltv_expiry: 800_000 };
const INVOICE: [u8; 32] = [0x1b; 32];

fn payment(total: u64, seed: u8) -> Payment<SeedRng> {
    with(total, seed, Purpose::Invoice(INVOICE), Hash::Sha256)
}

fn with(total: u64, seed: u8, purpose: Purpose, hash: Hash) -> Payment<SeedRng> {
    let engine = Engine::new(hash).expect("a kernel");
    Payment::new(Msat(total), purpose, engine, Seed::from_bytes([seed; 32]).rng())
}

/// What the receiver is told of `part`.
fn told(plan: &dyn Plan<SeedRng>, part: &Part, leg: Leg) -> Vec<u8> {
    let mut buffer = [0; 1300];
    let mut writer = Writer::new(&mut buffer);
    plan.write(part, leg, &mut writer);
    writer.finish().expect("shorter than an onion").to_vec()
}

/// All parts of a plan, `amounts` first and the rest last.
fn parts(plan: &mut dyn Plan<SeedRng>, amounts: &[u64]) -> Vec<Part> {
    let mut parts: Vec<_> =
        amounts.iter().map(|amount| plan.part(Msat(*amount)).expect("possible")).collect();
    parts.push(plan.last_part().expect("something is left"));
    parts
}

/// The amounts and shares of `parts` add up, and each part is locked to the child that its scheme
/// derives.
fn check(plan: &dyn Plan<SeedRng>, parts: &[Part], scheme: Scheme, hash: Hash) {
    let amount: u64 = parts.iter().map(|part| part.amount_msat.0).sum();
    assert_eq!(amount, plan.payment().total().0);
    assert_eq!(plan.payment().left(), Msat(0));
    assert_eq!(plan.payment().part_count() as usize, parts.len());
    let all: Vec<_> = parts.iter().map(|part| part.share().clone()).collect();
    let root = BasePreimage::from(shares::reduce(&all));
    assert_eq!(&root, plan.payment().root());
    for part in parts {
        let (_, expected) = reference::pair(hash, scheme, &root, Some(part.share()), part.index());
        assert_eq!(part.payment_hash(), &expected);
    }
    let mut hashes: Vec<_> = parts.iter().map(Part::payment_hash).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), parts.len(), "no two parts are locked to the same hash");
}

#[test]
fn every_plan_adds_up_with_both_hashes() {
    for hash in Hash::ALL {
        for purpose in [Purpose::Spontaneous, Purpose::Invoice(INVOICE)] {
            let payment = |seed| with(1_000_003, seed, purpose, hash);
            let amounts = [1, 400_000, 7];
            let mut fixed = Fixed::new(payment(1), 4).expect("some parts");
            let taken = parts(&mut fixed, &amounts);
            check(&fixed, &taken, Scheme::Og, hash);
            let mut adaptive = Adaptive::new(payment(2));
            let taken = parts(&mut adaptive, &amounts);
            check(&adaptive, &taken, Scheme::Og, hash);
            let mut committed = Committed::new(payment(3));
            let taken = parts(&mut committed, &amounts);
            check(&committed, &taken, Scheme::Og, hash);
            let mut tree = Tree::new(payment(4));
            let taken = parts(&mut tree, &amounts);
            check(&tree, &taken, Scheme::Tree, hash);
            let mut shards = Shards::new(payment(5));
            let taken = parts(&mut shards, &amounts);
            check(&shards, &taken, Scheme::Lnd, hash);
        }
    }
}

/// One part is the payment as a whole: its share is the base preimage.
#[test]
fn a_payment_in_one_part() {
    let mut plan = Adaptive::new(payment(u64::MAX, 1));
    let part = plan.last_part().expect("everything is left");
    assert_eq!((part.amount_msat, part.index()), (Msat(u64::MAX), 1));
    assert_eq!(part.share().as_bytes(), plan.payment().root().as_bytes());
}

#[test]
fn folding_keeps_n_and_adds_up_the_weights() {
    let mut plan = Fixed::new(payment(100, 1), 7).expect("some parts");
    let first = plan.folded_part(Msat(10), 3).expect("possible");
    let second = plan.part(Msat(20)).expect("possible");
    let last = plan.last_part().expect("three shares are left");
    let taken = [first, second, last];
    check(&plan, &taken, Scheme::Og, Hash::Sha256);
    for (part, (index, weight)) in taken.iter().zip([(1, 3), (2, 1), (3, 3)]) {
        let frames = told(&plan, part, HERE);
        let Eob::Basic(basic) = FinalHop::decode(&frames).expect("our own").eob else {
            panic!("version 1")
        };
        assert_eq!((basic.part_count(), basic.weight(), part.index()), (7, weight, index));
        assert_eq!((basic.id().as_bytes(), basic.share()), (&INVOICE, part.share()));
    }
}

/// Parts that are sent again once n is known say so; share and hash stay what they were.
#[test]
fn adaptive_parts_learn_n() {
    let mut plan = Adaptive::new(payment(100, 1));
    let said = |plan: &Adaptive<_>, part: &Part| {
        let frames = told(plan, part, HERE);
        match FinalHop::decode(&frames).expect("our own").eob {
            Eob::Adaptive(adaptive) => (adaptive.part_count, adaptive.share.clone()),
            eob => panic!("{eob:?}"),
        }
    };
    let first = plan.part(Msat(50)).expect("possible");
    let share = first.share().clone();
    assert_eq!(said(&plan, &first), (0, share.clone()));
    let _second = plan.part(Msat(20)).expect("possible");
    assert_eq!(said(&plan, &first), (0, share.clone()));
    let last = plan.last_part().expect("possible");
    assert_eq!(said(&plan, &last).0, 3);
    assert_eq!(said(&plan, &first), (3, share));
}

#[test]
fn committed_parts_say_the_hash_of_the_base_preimage() {
    for hash in Hash::ALL {
        let mut plan = Committed::new(with(9, 1, Purpose::Invoice(INVOICE), hash));
        let part = plan.part(Msat(4)).expect("possible");
        let frames = told(&plan, &part, HERE);
        let Eob::Committed(committed) = FinalHop::decode(&frames).expect("our own").eob else {
            panic!("version 3")
        };
        assert_eq!(committed.id[..], INVOICE[..11]);
        assert_eq!(committed.commitment.0, hash.digest(plan.payment().root().as_bytes()));
    }
}

/// The chain and the expiry are the route's: the same part on two chains is the same but for these.
#[test]
fn a_payment_across_two_chains() {
    let mut plan = Tree::new(payment(100, 1));
    let taken = parts(&mut plan, &[60]);
    let legs = [HERE, Leg { realm: 1, cltv_expiry: 3_000_000 }];
    for (part, leg) in taken.iter().flat_map(|part| legs.map(|leg| (part, leg))) {
        let frames = told(&plan, part, leg);
        let hop = FinalHop::decode(&frames).expect("our own");
        assert_eq!(
            (hop.realm, hop.cltv_expiry, hop.amount_msat),
            (leg.realm, leg.cltv_expiry, part.amount_msat)
        );
        assert_eq!(hop.eob.share(), Some(part.share()));
    }
    check(&plan, &taken, Scheme::Tree, Hash::Sha256);
}

/// A spontaneous payment has a name of its own; an invoice's payment has the invoice's.
#[test]
fn who_names_a_payment() {
    let name = |purpose, seed| {
        let mut plan = Shards::new(with(5, seed, purpose, Hash::Sha256));
        let part = plan.last_part().expect("possible");
        let bytes = told(&plan, &part, HERE);
        let read = Payload::decode(&bytes).expect("our own").part.expect("a part");
        assert_eq!(read.payment_data.total_msat, Msat(5));
        let amp = read.amp.expect("atomic");
        assert_eq!((amp.share(), amp.child_index()), (part.share(), part.index()));
        (read.payment_data.payment_secret.clone(), *amp.set_id())
    };
    let (invoice, set_a) = name(Purpose::Invoice(INVOICE), 1);
    assert_eq!(invoice, PaymentSecret(INVOICE));
    let (drawn_a, _) = name(Purpose::Spontaneous, 1);
    let (drawn_b, set_b) = name(Purpose::Spontaneous, 2);
    assert!(drawn_a != drawn_b && drawn_a != invoice && set_a != set_b);
    assert_eq!(name(Purpose::Spontaneous, 2), (drawn_b, set_b), "a seed replays a payment");
}

/// Shards fail and come back in any order; what is out and what is left is always the whole.
#[test]
fn failed_shards_are_merged_and_cut_anew() {
    let mut random = Random::new(1);
    for seed in 0..50 {
        let mut plan = Shards::new(payment(1 << 40, seed));
        let mut out: Vec<Part> = Vec::new();
        while plan.payment().left() > Msat(0) || random.one_in(2) {
            let left = plan.payment().left().0;
            match random.next() % 4 {
                0 if !out.is_empty() => {
                    let failed = out.swap_remove(random.next() as usize % out.len());
                    plan.merge(failed);
                }
                1 | 2 if left > 1 => {
                    let amount = Msat(1 + random.next() % (left - 1));
                    out.push(plan.part(amount).expect("possible"));
                }
                3 if left > 0 => out.push(plan.last_part().expect("the rest")),
                _ => {}
            }
            let sum: u64 = out.iter().map(|part| part.amount_msat.0).sum();
            assert_eq!(sum + plan.payment().left().0, 1 << 40);
            assert_eq!(plan.payment().part_count() as usize, out.len());
        }
        check(&plan, &out, Scheme::Lnd, Hash::Sha256);
    }
}

/// Any part may fail and be split, as long as it has something to split and an index is left.
#[test]
fn failed_tree_parts_are_split() {
    let mut random = Random::new(2);
    let mut plan = Tree::new(payment(1 << 40, 3));
    let mut out = vec![plan.last_part().expect("the whole")];
    assert_eq!((out[0].index(), out[0].share().as_bytes()), (0, plan.payment().root().as_bytes()));
    for _ in 0..1000 {
        let position = random.next() as usize % out.len();
        let amount = Msat(random.next() % (out[position].amount_msat.0 + 1));
        match plan.split(&out[position], amount) {
            Ok(halves) => {
                assert_eq!(halves[0].amount_msat, amount);
                out.splice(position..=position, halves);
            }
            Err(error) => {
                let impossible = amount == Msat(0) || amount == out[position].amount_msat;
                assert!(impossible || error == PlanError::TooDeep { depth: 8 }, "{error}");
            }
        }
    }
    assert!(out.len() > 100, "{} leaves", out.len());
    check(&plan, &out, Scheme::Tree, Hash::Sha256);
}

/// Eight levels of splits: every index once.
#[test]
fn a_full_tree_has_256_leaves() {
    let mut plan = Tree::new(payment(256, 1));
    let mut out = vec![plan.last_part().expect("the whole")];
    while out.len() < 256 {
        let halves =
            |part: &Part| plan.split(part, Msat(part.amount_msat.0 / 2)).expect("two or more");
        out = out.iter().flat_map(halves).collect();
    }
    out.sort_by_key(Part::index);
    assert!(out.iter().map(Part::index).eq(0..256));
    check(&plan, &out, Scheme::Tree, Hash::Sha256);
}

#[test]
fn even_amounts_add_up() {
    for (total, part_count) in
        [(1, 1), (7, 7), (100, 7), (u64::MAX, 1000), (1 << 32, u16::MAX.into())]
    {
        let amounts: Vec<_> = amounts::even(Msat(total), part_count).expect("possible").collect();
        assert_eq!(amounts.len(), part_count as usize);
        assert_eq!(amounts.iter().map(|amount| amount.0).sum::<u64>(), total);
        assert!(amounts.is_sorted_by(|left, right| left >= right));
        assert!(amounts[0].0 - amounts[amounts.len() - 1].0 <= 1);
    }
    let refused = |total, part_count| amounts::even(Msat(total), part_count).map(drop);
    assert_eq!(refused(5, 0), Err(PlanError::NoParts));
    assert_eq!(refused(5, 6), Err(PlanError::TooManyParts { part_count: 6, total_msat: Msat(5) }));
}

/// Every refusal, that it says why, and that the plan goes on as if nothing had been asked.
#[test]
fn impossible_parts_are_refused_and_change_nothing() {
    let said = |refused: Result<Part, PlanError>| refused.expect_err("impossible").to_string();
    let mut plan = Fixed::new(payment(10, 1), 3).expect("some parts");
    let first = plan.part(Msat(4)).expect("possible");
    assert_eq!(said(plan.part(Msat(0))), "a part must pay something");
    assert_eq!(
        said(plan.part(Msat(6))),
        "a part of 6 msat leaves nothing of 6 msat for the last part"
    );
    assert_eq!(
        said(plan.part(Msat(u64::MAX))).split(" leaves").next(),
        Some("a part of 18446744073709551615 msat")
    );
    assert_eq!(said(plan.folded_part(Msat(1), 0)), "a part must carry at least one share");
    assert_eq!(
        said(plan.folded_part(Msat(1), 2)),
        "a part of weight 2 leaves nothing of 2 for the last part"
    );
    let second = plan.part(Msat(5)).expect("possible");
    let one_share_left = plan.part(Msat(1)).map(drop);
    assert_eq!(one_share_left, Err(PlanError::WeightTooLarge { weight: 1, left: 1 }));
    let last = plan.last_part().expect("possible");
    check(&plan, &[first, second, last], Scheme::Og, Hash::Sha256);
    assert_eq!(said(plan.last_part()), "the last part has been handed out already");
    assert_eq!(said(plan.part(Msat(1))), "the last part has been handed out already");
    assert_eq!(said(Adaptive::new(payment(0, 1)).last_part()), "a part must pay something");
    assert_eq!(Fixed::new(payment(5, 1), 0).err(), Some(PlanError::NoParts));
    assert_eq!(PlanError::NoParts.to_string(), "a payment has at least one part");
    assert_eq!(
        PlanError::TooManyParts { part_count: 6, total_msat: Msat(5) }.to_string(),
        "5 msat cannot be split into 6 parts"
    );

    let mut tree = Tree::new(payment(100, 1));
    let mut taken: Vec<_> = (0..8).map(|_| tree.part(Msat(1)).expect("possible")).collect();
    assert_eq!(said(tree.part(Msat(1))), "a leaf at depth 8 cannot be split");
    taken.push(tree.last_part().expect("the ninth"));
    check(&tree, &taken, Scheme::Tree, Hash::Sha256);
    assert_eq!(said(tree.part(Msat(1))), "the last part has been handed out already");
    assert_eq!(said(tree.last_part()), "the last part has been handed out already");
    let too_much = tree.split(&taken[0], Msat(1)).map(drop);
    assert_eq!(
        too_much,
        Err(PlanError::AmountTooLarge { amount_msat: Msat(1), left_msat: Msat(1) })
    );
}

/// A part that is sent again is the same part: over another route only the expiry and the chain
/// change, and what was sent first can be sent once more.
#[test]
fn a_retry_says_the_same_on_another_route() {
    let legs = [HERE, Leg { realm: 1, cltv_expiry: 3_000_000 }, HERE];
    let mut plans: [Box<dyn Plan<SeedRng>>; 5] = [
        Box::new(Fixed::new(payment(100, 1), 2).expect("some parts")),
        Box::new(Adaptive::new(payment(100, 1))),
        Box::new(Committed::new(payment(100, 1))),
        Box::new(Tree::new(payment(100, 1))),
        Box::new(Shards::new(payment(100, 1))),
    ];
    for plan in &mut plans {
        for part in parts(&mut **plan, &[60]) {
            let [first, other, again] = legs.map(|leg| told(&**plan, &part, leg));
            assert_eq!(first, again);
            match (FinalHop::decode(&first), FinalHop::decode(&other)) {
                (Ok(first), Ok(other)) => {
                    assert_eq!((first.realm, first.cltv_expiry), (0, 800_000));
                    assert_eq!(FinalHop { realm: 0, cltv_expiry: 800_000, ..other }, first);
                }
                _ => {
                    let first = Payload::decode(&first).expect("our own");
                    let other = Payload::decode(&other).expect("our own");
                    assert_eq!((first.cltv_expiry, other.cltv_expiry), (800_000, 3_000_000));
                    assert_eq!(Payload { cltv_expiry: 800_000, ..other }, first);
                }
            }
        }
    }
}

/// What a dropped value of 32 bytes leaves in its place.
fn left_behind<T>(value: T) -> [u8; 32] {
    assert_eq!(size_of::<T>(), 32);
    let mut place = MaybeUninit::new(value);
    // SAFETY: the value is there, is dropped once, and is not used afterwards.
    unsafe { place.assume_init_drop() };
    // SAFETY: 32 bytes were written to the place, which has no padding and is still here; a
    // volatile read sees what dropping wrote.
    unsafe { place.as_ptr().cast::<[u8; 32]>().read_volatile() }
}

#[test]
fn secrets_are_wiped_when_dropped() {
    assert_eq!(left_behind([7u8; 32]), [7; 32], "this test can see what is left");
    assert_eq!(left_behind(Share([7; 32])), [0; 32]);
    assert_eq!(left_behind(BasePreimage([7; 32])), [0; 32]);
    assert_eq!(left_behind(PaymentSecret([7; 32])), [0; 32]);
    assert_eq!(left_behind(Seed::from_bytes([7; 32])), [0; 32]);
    assert_eq!(left_behind(shares::Remainder::of(&BasePreimage([7; 32]))), [0; 32]);
    assert!(needs_drop::<SeedRng>(), "the generator wipes its state");
    assert!(needs_drop::<Part>() && needs_drop::<Payment<SeedRng>>());
}

#[test]
fn plans_and_parts_print_no_secrets() {
    let mut plan = Shards::new(payment(10, 1));
    let part = plan.part(Msat(4)).expect("possible");
    let printed = format!("{plan:?} {part:?} {:?}", Seed::from_bytes([7; 32]));
    let root = plan.payment().root().as_bytes();
    for secret in [root, part.share().as_bytes(), &[7; 32], &INVOICE] {
        let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!printed.contains(&digits), "{printed}");
        assert!(!printed.contains(&format!("{secret:?}")), "{printed}");
    }
    assert_ne!(part.payment_hash(), &PaymentHash::ZERO);
    assert_ne!(part.share(), &Share::ZERO);
}

/// Two seeds of the operating system, two payments.
#[test]
fn random_seeds_differ() {
    let root = |seed: Seed| {
        let engine = Engine::new(Hash::Sha256).expect("a kernel");
        let payment = Payment::new(Msat(1), Purpose::Spontaneous, engine, seed.rng());
        payment.root().clone()
    };
    let roots = [0; 2].map(|_| root(Seed::random().expect("an operating system")));
    assert_ne!(roots[0], roots[1]);
}

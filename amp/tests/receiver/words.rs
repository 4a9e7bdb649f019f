//! Promise: what is printed of a receiver names things and keeps secrets; reasons have numbers and
//! names of their own.

use std::collections::BTreeSet;

use crate::world::{self, World, basic};
use ammeter_amp::{
    eob::{FinalHop, Message as _},
    receiver::{Deviation, FailureCode, Invoice, PartError, Realms, Reason, SetId},
};
use ammeter_core::{Msat, PaymentId};

#[test]
fn reasons_have_numbers_and_names() {
    let numbers: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    let names: BTreeSet<_> = Reason::ALL.iter().map(ToString::to_string).collect();
    assert_eq!((numbers.len(), names.len()), (Reason::ALL.len(), Reason::ALL.len()));
    for reason in Reason::ALL {
        assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        assert_eq!(reason.to_string(), reason.name());
        assert_eq!(reason.name().parse(), Ok(*reason));
        // A peer is told to try again where there was no room, and a failure that BOLT 4 knows.
        assert_eq!(reason.failure() == FailureCode::TemporaryNodeFailure, reason.is_limit());
        assert!(!reason.failure().name().is_empty());
        assert!(reason.lnd_result().is_none_or(|name| name.starts_with("Result")));
    }
    assert!("unknown".parse::<Reason>().is_err());
    assert_eq!(Reason::HeldTooLong.failure().code(), 23);
    assert_eq!(Reason::NoInvoice.failure().code(), 0x4000 | 15);
    assert_eq!(Reason::HashMismatch.lnd_result(), Some("ResultAmpReconstruction"));
    assert!(Deviation::ALL.into_iter().all(|one| one.to_string().parse() == Ok(one)));
    assert!(Realms::ALL.into_iter().all(|one| one.to_string().parse() == Ok(one)));
    let unknown = (0..=u8::MAX).filter(|code| !numbers.contains(code));
    assert!(unknown.map(Reason::from_code).all(|reason| reason.is_none()));
    let limits = Reason::ALL.iter().filter(|reason| reason.is_limit());
    assert!(limits.map(|reason| reason.name()).all(|name| name.ends_with("limit")));
    assert!(!Reason::Underpaid.is_limit());
}

#[test]
fn secrets_are_not_printed() {
    let payment_secret = [0xab; 32];
    let set = SetId::Amp { payment_secret, set_id: PaymentId([0xcd; 32]) };
    let invoice =
        Invoice { name: payment_secret, amount_msat: Msat(7), reusable: true, preimage: None };
    let texts = [format!("{set:?}"), format!("{invoice:?}")];
    assert!(texts.iter().all(|text| !text.to_lowercase().contains("abab")), "{texts:?}");
    assert_eq!(texts[0], format!("Amp({})", "cd".repeat(32)));
    assert_eq!(texts[1], "Invoice(7 msat, reusable: true)");
    assert_eq!(
        format!("{:?} {:?}", SetId::Payment(PaymentId([1; 32])), SetId::Committed([2; 11])),
        format!("Payment({}) Committed({})", "01".repeat(32), "02".repeat(11))
    );
    let mut world = World::new(world::policy());
    world.holds(&basic(1, 1, 2, 1));
    let receiver = format!("{:?}", world.receiver);
    assert!(receiver.contains("members: 1") && !receiver.contains("root"), "{receiver}");
}

#[test]
fn onions_without_a_part_say_why() {
    assert!(PartError::Plain.to_string().contains("plain"));
    let error = FinalHop::decode(&[0; 3]).expect_err("cut off");
    let text = PartError::Malformed(error.clone()).to_string();
    assert!(text.contains("cannot be read") && text.contains(&error.to_string()), "{text}");
}

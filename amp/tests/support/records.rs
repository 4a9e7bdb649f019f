//! Records of every kind.

use ammeter_amp::receiver::{
    Clocks, Deviation, HtlcRecord, IncomingHtlc, Invoice, Part, Policy, Realms, Reason, Record,
    SetId, SetRecord, SetState, SettingValue, Standing, Version,
};
use ammeter_core::{
    BasePreimage, Commitment, Hash, HtlcKey, Msat, PaymentHash, PaymentId, Preimage, Share,
};

use crate::random::Random;

/// A record of any kind, any variant, any field.
pub(crate) fn record(random: &mut Random) -> Record {
    match random.next() % 10 {
        0..4 => Record::Htlc(htlc(random)),
        4..6 => Record::Set(set(random)),
        6 => Record::Invoice(Invoice {
            name: random.array(),
            amount_msat: Msat(random.edgy(u64::MAX)),
            reusable: random.one_in(2),
            preimage: random.one_in(2).then(|| Preimage(random.array())),
        }),
        7 => Record::Clocks(Clocks {
            height: random.edgy(u32::MAX.into()) as u32,
            now_ms: random.edgy(u64::MAX),
        }),
        8 => Record::Policy(policy(random)),
        _ => Record::ClosedUntil(random.edgy(u32::MAX.into()) as u32),
    }
}

fn policy(random: &mut Random) -> Policy {
    let mut policy = Policy::new([Hash::Sha256, Hash::Blake3][random.next() as usize % 2]);
    policy.deviation = Deviation::ALL[random.next() as usize % 2];
    policy.realms = Realms::ALL[random.next() as usize % 2];
    policy.spontaneous = random.one_in(2);
    for setting in Policy::SETTINGS {
        let most = if setting.name.ends_with("_ms") { u64::MAX } else { u32::MAX.into() };
        if let SettingValue::Number(_) = setting.get(policy) {
            let number = random.edgy(most).to_string();
            setting.set(&mut policy, &number).expect("it fits");
        }
    }
    policy
}

fn htlc(random: &mut Random) -> HtlcRecord {
    let incoming = IncomingHtlc {
        key: HtlcKey { channel_id: random.edgy(u64::MAX), htlc_id: random.edgy(u64::MAX) },
        payment_hash: PaymentHash(random.array()),
        amount_msat: Msat(random.edgy(u64::MAX)),
        cltv_expiry: random.edgy(u32::MAX.into()) as u32,
    };
    let standing = if random.one_in(4) {
        Standing::Refused(reason(random))
    } else {
        Standing::Member(Part {
            set_id: set_id(random),
            realm: random.next() as u8,
            amount_msat: Msat(random.edgy(u64::MAX)),
            cltv_expiry: random.edgy(u32::MAX.into()) as u32,
            share: Share(random.array()),
            version: version(random),
        })
    };
    HtlcRecord { incoming, standing }
}

fn set(random: &mut Random) -> SetRecord {
    let state = match random.next() % 5 {
        0 => SetState::Collecting,
        1 => SetState::Settling { root: BasePreimage(random.array()) },
        2 => SetState::Failing(reason(random)),
        3 => SetState::Settled { since_ms: random.edgy(u64::MAX) },
        _ => SetState::Failed { reason: reason(random), since_ms: random.edgy(u64::MAX) },
    };
    SetRecord {
        id: set_id(random),
        version: version(random),
        realm: random.next() as u8,
        opened_ms: random.edgy(u64::MAX),
        state,
    }
}

fn set_id(random: &mut Random) -> SetId {
    match random.next() % 4 {
        0 => SetId::Payment(PaymentId(random.array())),
        1 => SetId::Committed(random.array()),
        2 => SetId::Mpp { payment_secret: random.array() },
        _ => SetId::Amp { payment_secret: random.array(), set_id: PaymentId(random.array()) },
    }
}

fn version(random: &mut Random) -> Version {
    let number = random.edgy(u32::MAX.into()) as u32;
    match random.next() % 6 {
        0 => Version::Basic { part_count: number, weight: random.next() as u32 },
        1 => Version::Adaptive { part_count: number },
        2 => Version::Committed { commitment: Commitment(random.array()) },
        3 => Version::Tree { index: random.next() as u8 },
        4 => Version::Mpp { total_msat: Msat(random.edgy(u64::MAX)) },
        _ => Version::Amp { child_index: number, total_msat: Msat(random.edgy(u64::MAX)) },
    }
}

fn reason(random: &mut Random) -> Reason {
    Reason::ALL[random.next() as usize % Reason::ALL.len()]
}

//! From lines to events. Onions are peeled on the way, and what a failure needs to reach its sender
//! is kept until the receiver has decided.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use ammeter_amp::{
    eob::tlv::Known,
    onion::{self, Details, Packet, Peeled, SharedSecret, Told},
    protocol::{Line, LineError, Returned},
    receiver::{Effect, Event, FailureCode, IncomingHtlc, Onion, PartError, Reason},
};
use ammeter_core::{HtlcKey, reference};

use crate::onion::Peeler;

/// Reads the events of one history after the other.
pub(super) struct Intake {
    peeler: Option<Peeler>,
    returns: Arc<Returns>,
    /// Events of this history.
    count: u64,
}

impl Intake {
    pub(super) fn new(peeler: Option<Peeler>) -> Self {
        Self { peeler, returns: Arc::default(), count: 0 }
    }

    /// Begins a history: what it answers failures with.
    pub(super) fn begin(&mut self) -> Arc<Returns> {
        self.count = 0;
        self.returns = Arc::default();
        Arc::clone(&self.returns)
    }

    /// What a line says; nothing for `open`. Each event must then be submitted: they are counted.
    pub(super) fn event(&mut self, line: &Line<'_>) -> Result<Option<Event>, LineError> {
        if let (Line::Htlc(htlc), Some(peeler)) = (line, &self.peeler)
            && let Some(bytes) = htlc.packet()
        {
            let incoming = htlc.incoming();
            let (event, way) = arrived(incoming, bytes, peeler);
            self.count += 1;
            if let Some(way) = way {
                self.returns.expect(incoming, way, self.count);
            }
            return Ok(Some(event));
        }
        let event = line.event()?;
        self.count += u64::from(event.is_some());
        match &event {
            Some(Event::Block { height }) => self.returns.block(*height),
            Some(Event::Resolved(key)) => self.returns.forget(*key),
            _ => {}
        }
        Ok(event)
    }
}

/// Peels the onion of an HTLC. One that is not ours, or goes on to another hop, says nothing, and
/// its HTLC fails.
fn arrived(incoming: IncomingHtlc, bytes: &[u8], peeler: &Peeler) -> (Event, Option<Way>) {
    let unreadable = Event::Unreadable(incoming);
    // No channel carries an onion of another length: there is no failure for it.
    let Ok(packet) = Packet::from_bytes(bytes) else { return (unreadable, None) };
    let secret = match peeler.shared_secret(&packet) {
        Ok(secret) => secret,
        Err(error) => return (unreadable, Way::of_error(&error, bytes, None)),
    };
    match peeler.open(&packet, secret.clone(), &incoming.payment_hash.0) {
        Err(error) => (unreadable, Way::of_error(&error, bytes, Some(secret))),
        Ok(peeled) if !peeled.is_final() => {
            let fault = Fault { failure: FailureCode::UnknownNextPeer, ..Fault::default() };
            (unreadable, Some(Way::Encrypted { secret, fault }))
        }
        Ok(peeled) => {
            let (event, fault) = told(incoming, &peeled);
            (event, Some(Way::Encrypted { secret, fault }))
        }
    }
}

/// What the last hop is told, and what is wrong with it.
fn told(incoming: IncomingHtlc, peeled: &Peeled) -> (Event, Fault) {
    let (onion, is_frames) = match peeled.told() {
        Told::Frames(frames) => (Onion::Frames(frames), true),
        Told::Tlv(payload) => (Onion::Payload(payload), false),
    };
    let (event, error) = Event::read(incoming, onion);
    let fault = match error {
        Some(PartError::Malformed(error)) => {
            let record_type = error.fault.record_type().filter(|_| !is_frames);
            Fault::at(record_type.unwrap_or(0), error.offset)
        }
        Some(PartError::Plain) if !is_frames => Fault::at(Known::PaymentData.kind(), 0),
        _ => Fault::default(),
    };
    (event, fault)
}

/// What is wrong with an onion that was peeled and cannot be read.
struct Fault {
    failure: FailureCode,
    record_type: u64,
    offset: u16,
}

impl Default for Fault {
    fn default() -> Self {
        Self::at(0, 0)
    }
}

impl Fault {
    fn at(record_type: u64, offset: usize) -> Self {
        // An onion has fewer bytes than that.
        let offset = offset.try_into().unwrap_or(u16::MAX);
        Self { failure: FailureCode::InvalidOnionPayload, record_type, offset }
    }
}

/// How a failure goes back.
enum Way {
    /// Encrypted: the sender shares this secret.
    Encrypted { secret: SharedSecret, fault: Fault },
    /// In the clear: nobody could share a secret.
    Malformed(Returned),
}

impl Way {
    /// For an onion that could not be peeled, whose `secret` is known if its key could be read.
    fn of_error(error: &onion::Error, bytes: &[u8], secret: Option<SharedSecret>) -> Option<Self> {
        let failure = error.failure()?;
        if failure.is_bad_onion() {
            let sha256_of_onion = reference::sha256(bytes);
            return Some(Self::Malformed(Returned::Malformed { failure, sha256_of_onion }));
        }
        let offset = match error {
            onion::Error::Payload(error) => error.offset,
            _ => 0,
        };
        Some(Self::Encrypted { secret: secret?, fault: Fault::at(0, offset) })
    }
}

/// What may have to go back to the senders of one history's HTLCs.
///
/// An entry stays from when its HTLC is read until its verdict leaves: there are as many as HTLCs
/// are held or wait in the queue.
#[derive(Default)]
pub(super) struct Returns(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    height: u32,
    expected: HashMap<HtlcKey, Expected>,
}

struct Expected {
    way: Way,
    incoming: IncomingHtlc,
    /// The last event that showed it.
    shown: u64,
}

impl Returns {
    /// What goes back with an effect, one of those of the first `done` events.
    pub(super) fn take(&self, effect: &Effect, done: u64) -> Option<Returned> {
        let key = effect.key();
        let mut inside = self.inside();
        let height = inside.height;
        let expected = inside.expected.get(&key)?;
        let returned = match effect {
            Effect::Hold(_) => return None,
            Effect::Settle { .. } => None,
            Effect::Fail { reason, .. } => Some(expected.returned(*reason, height)),
        };
        // One that was shown again in the meantime will have its verdict again.
        if expected.shown <= done {
            inside.expected.remove(&key);
        }
        returned
    }

    /// What an HTLC says the first time is what counts, as for the receiver.
    fn expect(&self, incoming: IncomingHtlc, way: Way, shown: u64) {
        let mut inside = self.inside();
        let expected = inside.expected.entry(incoming.key);
        expected.or_insert(Expected { way, incoming, shown }).shown = shown;
    }

    fn forget(&self, key: HtlcKey) {
        self.inside().expected.remove(&key);
    }

    fn block(&self, height: u32) {
        let mut inside = self.inside();
        inside.height = inside.height.max(height);
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("nobody panics with it")
    }
}

impl Expected {
    fn returned(&self, reason: Reason, height: u32) -> Returned {
        let (secret, fault) = match &self.way {
            Way::Malformed(returned) => return returned.clone(),
            Way::Encrypted { secret, fault } => (secret, fault),
        };
        let failure = match reason {
            Reason::Unreadable => fault.failure,
            reason => reason.failure(),
        };
        let details = Details {
            amount_msat: self.incoming.amount_msat.0,
            cltv_expiry: self.incoming.cltv_expiry,
            height,
            record_type: fault.record_type,
            offset: fault.offset,
            ..Details::default()
        };
        let onion = onion::fail(secret, &details.message(failure));
        Returned::Onion(onion.expect("a message of a few bytes"))
    }
}

#[cfg(test)]
mod tests {
    use ammeter_core::{Msat, PaymentHash, Preimage};

    use super::*;

    fn incoming(htlc_id: u64) -> IncomingHtlc {
        IncomingHtlc {
            key: HtlcKey { channel_id: 1, htlc_id },
            payment_hash: PaymentHash::ZERO,
            amount_msat: Msat(1),
            cltv_expiry: 1,
        }
    }

    fn way() -> Way {
        Way::Encrypted { secret: SharedSecret::new([7; 32]), fault: Fault::default() }
    }

    /// Strangers choose how many HTLCs there are; what is kept of them is bounded by what is held.
    #[test]
    fn what_is_decided_or_gone_is_forgotten() {
        let returns = Returns::default();
        let key = |htlc_id| incoming(htlc_id).key;
        let kept = || returns.inside().expected.len();
        let fail = |htlc_id| Effect::Fail { key: key(htlc_id), reason: Reason::NoInvoice };
        (0..4).for_each(|htlc_id| returns.expect(incoming(htlc_id), way(), 1 + htlc_id));
        assert_eq!(returns.take(&Effect::Hold(key(0)), 4), None);
        assert_eq!(kept(), 4, "it is held");
        let preimage = Preimage::ZERO;
        assert_eq!(returns.take(&Effect::Settle { key: key(1), preimage }, 4), None);
        returns.forget(key(2));
        assert!(returns.take(&fail(3), 4).is_some());
        assert_eq!(kept(), 1);
        assert_eq!(returns.take(&fail(3), 4), None, "it was not shown again");

        returns.expect(incoming(0), way(), 9);
        assert!(returns.take(&fail(0), 5).is_some());
        assert_eq!(kept(), 1, "its verdict will come again");
        assert!(returns.take(&fail(0), 9).is_some());
        assert_eq!(kept(), 0);
    }
}

//! A scripted history of a receiver, with every version, every way to end, and what must become of
//! each HTLC.

use std::collections::BTreeMap;

use ammeter_amp::{
    eob::writer::Writer,
    receiver::{Event, Htlc, IncomingHtlc, Invoice, Onion, Policy, Reason, Version},
    sender::{
        Adaptive, Committed, Fixed, Leg, MultiPath, Part, Payment, Plan, Purpose, Seed, SeedRng,
        Shards, Tree, amounts,
    },
};
use ammeter_core::{Engine, Hash, HtlcKey, Msat, PaymentHash, Preimage};

use crate::random::Random;

/// What must become of an HTLC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Settles,
    Fails(Reason),
}

/// Events in steps, each of which is one transaction.
pub(crate) struct History {
    pub(crate) steps: Vec<Vec<Event>>,
    pub(crate) fates: BTreeMap<HtlcKey, Fate>,
}

pub(crate) const HASH: Hash = Hash::Sha256;

pub(crate) fn policy() -> Policy {
    Policy::new(HASH)
}

#[derive(Clone, Copy)]
enum Form {
    Basic,
    Folded,
    Adaptive,
    Committed,
    Tree,
    Lnd,
    /// For invoices only.
    Mpp,
}

/// What claims the parts of an `mpp` set.
const PREIMAGE: Preimage = Preimage([3; 32]);

const FORMS: [Form; 6] =
    [Form::Basic, Form::Folded, Form::Adaptive, Form::Committed, Form::Tree, Form::Lnd];

const HEIGHT: u32 = 700_000;
const EXPIRY: u32 = 700_144;
const HOUR_MS: u64 = 3_600_000;

struct Author {
    random: Random,
    history: History,
    htlc_id: u64,
    now_ms: u64,
}

impl History {
    /// The whole of it; a step has up to `events_max` events.
    pub(crate) fn new(seed: u64, events_max: u64) -> Self {
        let history = Self { steps: Vec::new(), fates: BTreeMap::new() };
        let mut author = Author { random: Random::new(seed), history, htlc_id: 0, now_ms: 1_000 };
        author.write(events_max);
        author.history
    }
}

impl Author {
    fn write(&mut self, most: u64) {
        let clock = Event::Clock { now_ms: self.now_ms };
        self.steps(vec![vec![Event::Block { height: HEIGHT }, clock]], most);

        let mut queues: Vec<_> = FORMS.map(|form| self.honest(form, Purpose::Spontaneous)).into();
        queues.push(self.asked_for(Form::Lnd));
        queues.push(self.asked_for(Form::Committed));
        queues.extend([
            self.repeated(),
            self.twice_the_hash(),
            self.deviating(),
            self.mismatched(),
        ]);
        let unreadable = self.incoming(PaymentHash([9; 32]), Msat(1));
        self.expect(unreadable.key, Fate::Fails(Reason::Unreadable));
        queues.push(vec![Event::Unreadable(unreadable)]);
        queues.push(self.cancelled(Form::Lnd));
        queues.push(self.cancelled(Form::Mpp));
        queues.push(self.asked_for(Form::Mpp));
        let late =
            [self.late(&queues[0], Reason::SetSettled), self.late(&queues[10], Reason::SetFailed)];
        let incomplete = self.incomplete(Form::Basic, Reason::HeldTooLong);
        queues.push(incomplete);
        self.steps(queues, most);

        self.later(60_001, most);
        self.steps(late.into(), most);
        let mut queues: Vec<_> = FORMS.map(|form| self.honest(form, Purpose::Spontaneous)).into();
        queues.push(self.incomplete(Form::Lnd, Reason::ExpiresSoon));
        self.steps(queues, most);
        let height = EXPIRY - policy().expiry_margin_blocks;
        self.steps(vec![vec![Event::Block { height }]], most);
        self.later(HOUR_MS + 1, most);
    }

    /// Appends queues, one event of any at a time.
    fn steps(&mut self, queues: Vec<Vec<Event>>, most: u64) {
        let mut queues: Vec<_> = queues.into_iter().map(Vec::into_iter).collect();
        let mut step = Vec::new();
        let mut size = 1 + self.random.next() % most;
        loop {
            queues.retain(|queue| queue.len() > 0);
            if queues.is_empty() {
                break;
            }
            let place = self.random.next() as usize % queues.len();
            step.extend(queues[place].next());
            if step.len() as u64 == size {
                self.history.steps.push(std::mem::take(&mut step));
                size = 1 + self.random.next() % most;
            }
        }
        if !step.is_empty() {
            self.history.steps.push(step);
        }
    }

    fn later(&mut self, duration_ms: u64, most: u64) {
        self.now_ms += duration_ms;
        self.steps(vec![vec![Event::Clock { now_ms: self.now_ms }]], most);
    }

    fn expect(&mut self, key: HtlcKey, fate: Fate) {
        assert!(self.history.fates.insert(key, fate).is_none(), "{key:?} twice");
    }

    fn incoming(&mut self, payment_hash: PaymentHash, amount_msat: Msat) -> IncomingHtlc {
        self.htlc_id += 1;
        // The ids of HTLCs repeat across channels.
        let key = HtlcKey { channel_id: self.htlc_id % 3, htlc_id: self.htlc_id / 3 };
        IncomingHtlc { key, payment_hash, amount_msat, cltv_expiry: EXPIRY }
    }

    /// The HTLCs of a whole set.
    fn set(&mut self, form: Form, purpose: Purpose) -> Vec<Htlc> {
        let engine = Engine::new(HASH).expect("a kernel");
        let rng = Seed::from_bytes(self.random.array()).rng();
        let payment = Payment::new(Msat(100_000), purpose, engine, rng);
        let count = 2 + self.random.next() as u32 % 4;
        let (plan, parts) = planned(form, payment, count);
        let parts = parts.iter().map(|part| {
            let leg = Leg { realm: 0, cltv_expiry: EXPIRY };
            let mut bytes = [0; 2048];
            let mut writer = Writer::new(&mut bytes);
            plan.write(part, leg, &mut writer);
            let told = writer.finish().expect("room");
            let onion = match form {
                Form::Lnd | Form::Mpp => Onion::Payload(told),
                _ => Onion::Frames(told),
            };
            match Event::arrived(self.incoming(*part.payment_hash(), part.amount_msat), onion) {
                Event::Arrived(htlc) => htlc,
                event => panic!("{event:?}"),
            }
        });
        parts.collect()
    }

    fn expecting(&mut self, htlcs: Vec<Htlc>, fate: Fate) -> Vec<Event> {
        for htlc in &htlcs {
            self.expect(htlc.incoming.key, fate);
        }
        htlcs.into_iter().map(Event::Arrived).collect()
    }

    fn honest(&mut self, form: Form, purpose: Purpose) -> Vec<Event> {
        let set = self.set(form, purpose);
        self.expecting(set, Fate::Settles)
    }

    fn asked_for(&mut self, form: Form) -> Vec<Event> {
        let invoice = Invoice {
            name: self.random.array(),
            amount_msat: Msat(100_000),
            reusable: false,
            preimage: Some(PREIMAGE),
        };
        let mut events = vec![Event::InvoiceAdded(invoice)];
        events.extend(self.honest(form, Purpose::Invoice(invoice.name)));
        events
    }

    /// HTLCs that are shown twice.
    fn repeated(&mut self) -> Vec<Event> {
        let events = self.honest(Form::Basic, Purpose::Spontaneous);
        events.into_iter().flat_map(|event| [event.clone(), event]).collect()
    }

    /// Somebody copies a hash that is held.
    fn twice_the_hash(&mut self) -> Vec<Event> {
        let set = self.set(Form::Basic, Purpose::Spontaneous);
        let mut copy = set[0].clone();
        copy.incoming = self.incoming(copy.incoming.payment_hash, copy.incoming.amount_msat);
        self.expect(copy.incoming.key, Fate::Fails(Reason::DuplicateHash));
        let mut events = self.expecting(set, Fate::Settles);
        events.insert(1, Event::Arrived(copy));
        events
    }

    /// The second part says another n.
    fn deviating(&mut self) -> Vec<Event> {
        let mut set = self.set(Form::Basic, Purpose::Spontaneous);
        set.truncate(2);
        set[1].part.version = Version::Basic { part_count: 77, weight: 1 };
        self.expecting(set, Fate::Fails(Reason::Deviates))
    }

    /// One HTLC is locked to something else.
    fn mismatched(&mut self) -> Vec<Event> {
        let mut set = self.set(Form::Adaptive, Purpose::Spontaneous);
        set[0].incoming.payment_hash = PaymentHash(self.random.array());
        self.expecting(set, Fate::Fails(Reason::HashMismatch))
    }

    fn cancelled(&mut self, form: Form) -> Vec<Event> {
        let name = self.random.array();
        let preimage = Some(PREIMAGE);
        let invoice = Invoice { name, amount_msat: Msat(100_000), reusable: true, preimage };
        let mut set = self.set(form, Purpose::Invoice(name));
        set.pop();
        let mut events = vec![Event::InvoiceAdded(invoice)];
        events.extend(self.expecting(set, Fate::Fails(Reason::InvoiceCancelled)));
        events.push(Event::InvoiceCancelled { name });
        events
    }

    fn incomplete(&mut self, form: Form, reason: Reason) -> Vec<Event> {
        let mut set = self.set(form, Purpose::Spontaneous);
        set.pop();
        self.expecting(set, Fate::Fails(reason))
    }

    /// One more HTLC for a set that is over.
    fn late(&mut self, queue: &[Event], reason: Reason) -> Vec<Event> {
        let Some(Event::Arrived(htlc)) = queue.last() else { panic!("{queue:?}") };
        let mut htlc = htlc.clone();
        let payment_hash = PaymentHash(self.random.array());
        htlc.incoming = self.incoming(payment_hash, htlc.incoming.amount_msat);
        self.expecting(vec![htlc], Fate::Fails(reason))
    }
}

fn planned(
    form: Form,
    payment: Payment<SeedRng>,
    count: u32,
) -> (Box<dyn Plan<SeedRng>>, Vec<Part>) {
    let amounts: Vec<_> = amounts::even(payment.total(), count).expect("some each").collect();
    let mut plan: Box<dyn Plan<SeedRng>> = match form {
        Form::Basic => Box::new(Fixed::new(payment, count).expect("n")),
        Form::Folded => Box::new(Fixed::new(payment, count + 2).expect("n")),
        Form::Adaptive => Box::new(Adaptive::new(payment)),
        Form::Committed => Box::new(Committed::new(payment)),
        Form::Lnd => Box::new(Shards::new(payment)),
        Form::Mpp => {
            let payment_hash = PaymentHash(HASH.digest(&PREIMAGE.0));
            Box::new(MultiPath::new(payment, payment_hash))
        }
        Form::Tree => {
            let mut tree = Tree::new(payment);
            let mut parts = vec![tree.last_part().expect("the whole")];
            for amount in &amounts[1..] {
                let whole = parts.remove(0);
                let rest = Msat(whole.amount_msat.0 - amount.0);
                parts.splice(0..0, tree.split(&whole, rest).expect("two leaves"));
            }
            return (Box::new(tree), parts);
        }
    };
    let mut parts: Vec<_> =
        amounts[1..].iter().map(|amount| plan.part(*amount).expect("a part")).collect();
    parts.push(plan.last_part().expect("the last part"));
    (plan, parts)
}

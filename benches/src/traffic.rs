//! Traffic for a receiver: sets of one size whose HTLCs arrive shuffled, so that a given number of
//! HTLCs is held at any time.
//!
//! ```text
//! set 0   x    x x      x                  S HTLCs of a set fall anywhere into a window of
//! set 1     x x       x   x                W sets; the window slides on by one set
//! set 2       x   x   x      x             every S arrivals
//! ```
//!
//! A set is open for most of the window, so that an arrival is for a set which nothing has touched
//! for a while: what is measured is memory as much as arithmetic. The sets are the same in every
//! pass over them; by then they have been forgotten.

use core::time::Duration;

use ammeter_amp::receiver::{
    Effect, Event, Htlc, IncomingHtlc, Output, Part, Policy, Receiver, SetId, Version,
};
use ammeter_core::{
    BasePreimage, Engine, Hash, HtlcKey, Indices, Job, Msat, Pairs, PaymentHash, PaymentId,
    Preimage, Scheme, Share,
};

use crate::{clock::time, receive::BATCH};

/// HTLCs of one channel, about.
const CHANNEL_HTLCS: u64 = 400;
/// Arrivals that are made before they are timed.
const MADE: usize = 1 << 14;
const EXPIRY: u32 = 800_000;

/// SplitMix64.
const fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, k) in bytes.chunks_exact_mut(8).zip(0..) {
        chunk.copy_from_slice(&mixed(mixed(seed) ^ k).to_le_bytes());
    }
    bytes
}

/// When a part arrives: anywhere in the window of its set.
const fn arrival(part: u64, set_size: u64, window: u64) -> u64 {
    part - part % set_size + mixed(part) % (window * set_size)
}

/// An endless stream of arrivals.
pub struct Traffic {
    set_size: u64,
    /// Which HTLC arrives at which tick; set × size + place.
    order: Vec<u32>,
    payment_hashes: Vec<PaymentHash>,
    /// Arrivals so far, those that are skipped included.
    position: u64,
    channels: u64,
    window: u64,
}

impl Traffic {
    /// Sets of `set_size` parts, about `held` of which are held on average once the first pass is
    /// half over. Sets of one part are never held.
    ///
    /// # Panics
    /// If no kernel works here.
    #[must_use]
    pub fn new(set_size: u32, held: u32) -> Self {
        let (set_size, held) = (u64::from(set_size), u64::from(held));
        // A part waits for the last of its set: W (S / (S + 1) - 1 / 2) of the window.
        let window = match set_size {
            1 => 64,
            _ => (2 * held * (set_size + 1) / (set_size * (set_size - 1))).max(2),
        };
        let sets = (2 * window).max(4096 / set_size);
        let mut arrivals: Vec<_> = (0..sets * set_size)
            .map(|part| {
                let tick = arrival(part, set_size, window) % (sets * set_size);
                (tick, mixed(!part), part as u32)
            })
            .collect();
        arrivals.sort_unstable();
        let order = arrivals.into_iter().map(|(_, _, part)| part).collect();
        let channels = (held / CHANNEL_HTLCS).max(8);
        let payment_hashes = payment_hashes(sets, set_size);
        Self { set_size, order, payment_hashes, position: 0, channels, window }
    }

    /// A policy with room for all of it.
    #[must_use]
    pub fn policy() -> Policy {
        let mut policy = Policy::new(Hash::Sha256).with_hold_ms(u64::MAX).with_retention_ms(4);
        policy.limits.sets_max = 1 << 22;
        policy.limits.htlcs_max = 1 << 22;
        policy.limits.channel_htlcs_max = 1 << 20;
        policy.limits.bytes_max = 1 << 32;
        policy
    }

    /// Arrivals until about as many are held as will be from then on.
    #[must_use]
    pub const fn warm_up(&self) -> u64 {
        self.window * self.set_size
    }

    /// The next arrivals. Call with an empty `events`, which keeps its room.
    pub fn batch(&mut self, count: u64, events: &mut Vec<Event>) {
        let total = self.order.len() as u64;
        while (events.len() as u64) < count {
            let (pass, tick) = (self.position / total, self.position % total);
            self.position += 1;
            let part = u64::from(self.order[tick as usize]);
            // In the first pass, the ends of sets whose beginnings there never were.
            if pass == 0 && arrival(part, self.set_size, self.window) >= total {
                continue;
            }
            events.push(self.event(pass, part));
        }
    }

    fn event(&self, pass: u64, part: u64) -> Event {
        let set_size = self.set_size;
        let set = part / set_size;
        let key = HtlcKey {
            channel_id: mixed(mixed(part) % self.channels),
            htlc_id: pass * self.order.len() as u64 + part,
        };
        let amount_msat = Msat(1_000);
        let payment_hash = self.payment_hashes[part as usize];
        let incoming = IncomingHtlc {
            key,
            payment_hash,
            amount_msat,
            cltv_expiry: EXPIRY + (set % 16) as u32,
        };
        let version = Version::Basic { part_count: set_size as u32, weight: 1 };
        let set_id = SetId::Payment(PaymentId(bytes(!set)));
        let share = Share(bytes(part));
        Event::Arrived(Htlc {
            incoming,
            part: Part { set_id, realm: 0, amount_msat, cltv_expiry: EXPIRY, share, version },
        })
    }
}

fn payment_hashes(sets: u64, set_size: u64) -> Vec<PaymentHash> {
    let engine = Engine::new(Hash::Sha256).expect("a kernel").single_threaded();
    let mut all = vec![PaymentHash::ZERO; (sets * set_size) as usize];
    let mut preimages = vec![Preimage::ZERO; set_size as usize];
    for (set, payment_hashes) in all.chunks_exact_mut(set_size as usize).enumerate() {
        let mut root = Share::ZERO;
        for place in 0..set_size {
            root ^= &Share(bytes(set as u64 * set_size + place));
        }
        let root = BasePreimage::from(root);
        let indices = Indices::range(1, set_size).expect("few");
        let job = Job { scheme: Scheme::Og, root: &root, indices, shares: &[] };
        let pairs = Pairs { preimages: &mut preimages, payment_hashes };
        engine.derive(&job, pairs).expect("a job of its scheme");
    }
    all
}

/// A node that does what its receiver says: what is settled or failed is gone at once.
pub struct Node {
    /// The receiver.
    pub receiver: Receiver,
    /// HTLCs that were claimed.
    pub settled: u64,
    /// HTLCs that failed; none should.
    pub failed: u64,
    output: Output,
    gone: Vec<Event>,
    ticks: u64,
}

impl Node {
    /// A node whose receiver holds nothing.
    ///
    /// # Panics
    /// If no kernel works here.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let receiver = Receiver::new(policy).expect("a kernel");
        let (output, gone) = (Output::default(), Vec::new());
        Self { receiver, settled: 0, failed: 0, output, gone, ticks: 0 }
    }

    /// Takes the first parts of `count` sets that nobody completes.
    pub fn hold(&mut self, count: u32) {
        let part = |number: u64| {
            let key = HtlcKey { channel_id: number / CHANNEL_HTLCS, htlc_id: u64::MAX - number };
            let name = bytes(mixed(number) ^ u64::MAX);
            let amount_msat = Msat(1_000);
            let incoming = IncomingHtlc {
                key,
                payment_hash: PaymentHash(name),
                amount_msat,
                cltv_expiry: EXPIRY,
            };
            let part = Part {
                set_id: SetId::Payment(PaymentId(name)),
                realm: 0,
                amount_msat,
                cltv_expiry: EXPIRY,
                share: Share(name),
                version: Version::Basic { part_count: 2, weight: 1 },
            };
            Event::Arrived(Htlc { incoming, part })
        };
        self.take((0..count.into()).map(part));
    }

    /// Takes every event as a service does: [`BATCH`] at a time, and with them what follows from
    /// the batch before. The clock ticks with each batch.
    pub fn take(&mut self, events: impl IntoIterator<Item = Event>) {
        let mut events = events.into_iter().peekable();
        while events.peek().is_some() {
            self.ticks += 1;
            let clock = Event::Clock { now_ms: self.ticks };
            let gone = core::mem::take(&mut self.gone);
            let batch = events.by_ref().take(BATCH);
            self.receiver.step_all(gone.into_iter().chain(batch).chain([clock]), &mut self.output);
            for effect in self.output.committed() {
                match effect {
                    Effect::Hold(_) => continue,
                    Effect::Settle { .. } => self.settled += 1,
                    Effect::Fail { .. } => self.failed += 1,
                }
                self.gone.push(Event::Resolved(effect.key()));
            }
        }
    }

    /// Takes `count` arrivals of `traffic`; how long that took, without the making of them.
    pub fn run(&mut self, traffic: &mut Traffic, count: u64) -> Duration {
        let mut events = Vec::with_capacity(MADE);
        let (mut left, mut taken) = (count, Duration::ZERO);
        while left > 0 {
            let size = left.min(MADE as u64);
            traffic.batch(size, &mut events);
            taken += time(|| self.take(events.drain(..))).1.time;
            left -= size;
        }
        taken
    }
}

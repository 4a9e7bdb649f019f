//! What one payment costs its receiver, by part of the work: from the onions of its HTLCs to the
//! disk.
//!
//! Each part is timed by itself, in each round, so that a slow spell of the machine meets all of
//! them; what is no call of its own is a difference of two that the same round timed.

use std::{fs, hint::black_box, path::Path};

use ammeter_amp::{
    eob::{
        Eob, FinalHop, Message as _,
        basic::{Basic, Folded},
    },
    onion::{Framing, Hop, Packet, SecretKey, Told, build, peel},
    receiver::{Htlc, Receiver},
    service::Histogram,
    store::StoreError,
};
use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Matching, Msat, Pairs, PaymentHash, PaymentId,
    Preimage, Scheme, Share, shares,
};

use crate::{
    clock,
    receive::{BATCH, Durable, Lane as _, Plan, Traffic, in_turn, pass, policy},
};

/// HTLCs of one payment.
pub const SET_SIZES: [u32; 5] = [1, 4, 16, 64, 256];

/// HTLCs of one slice in memory.
const HTLCS: usize = 4096;
/// Onions of one slice.
const ONIONS: usize = 16;

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The ephemeral key is checked, and multiplied by the node's: ECDH.
    Curve,
    /// The rest of peeling: keys, HMAC-SHA256, ChaCha20; the ephemeral key is read once more.
    Onion,
    /// The 130 bytes for the final hop are parsed.
    Message,
    /// Rules, sets, clocks and effects, in memory: all that the receiver does but deriving.
    Keeping,
    /// Shares come together, preimages and payment hashes are derived and matched.
    Deriving,
    /// Transactions of [`BATCH`] arrivals on the disk, less the work in memory.
    Batched,
    /// Transactions of one arrival, likewise.
    Alone,
}

impl Part {
    /// In the order in which an HTLC meets them.
    pub const ALL: [Self; 7] = [
        Self::Curve,
        Self::Onion,
        Self::Message,
        Self::Keeping,
        Self::Deriving,
        Self::Batched,
        Self::Alone,
    ];

    /// In a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Curve => "curve",
            Self::Onion => "rest of the onion",
            Self::Message => "parsing",
            Self::Keeping => "bookkeeping",
            Self::Deriving => "derivation",
            Self::Batched => "commit of 256",
            Self::Alone => "commit of one",
        }
    }

    /// Whether AMP brings it; an HTLC of any payment has the others.
    #[must_use]
    pub const fn is_amp(self) -> bool {
        matches!(self, Self::Message | Self::Keeping | Self::Deriving)
    }
}

/// Seconds for one HTLC, by [`Part::ALL`], of one round.
#[derive(Clone, Copy, Debug)]
pub struct Round([f64; Part::ALL.len()]);

impl Round {
    /// Seconds of one part; a difference may be negative where noise is larger than it.
    #[must_use]
    pub const fn seconds(&self, part: Part) -> f64 {
        self.0[part as usize]
    }

    /// AMP's part of all time, with transactions of [`BATCH`] or without a disk.
    #[must_use]
    pub fn amp(&self, is_durable: bool) -> f64 {
        let sum = |is: &dyn Fn(Part) -> bool| -> f64 {
            Part::ALL.iter().filter(|part| is(**part)).map(|part| self.seconds(*part)).sum()
        };
        let counts = |part| match part {
            Part::Batched => is_durable,
            Part::Alone => false,
            _ => true,
        };
        sum(&Part::is_amp) / sum(&counts)
    }
}

/// Rounds of every size of [`SET_SIZES`], with files in an empty `folder`, until the plan's time is
/// over or `go_on` says no.
///
/// # Errors
/// The store's.
///
/// # Panics
/// If no kernel can derive, which the caller has found out before, or the folder is not empty.
pub fn sample(
    folder: &Path,
    plan: Plan,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<Round>>, StoreError> {
    let final_hop = OnionOfFinalHop::new();
    let of_size = |set_size| OfSize::new(folder, plan.seed, set_size);
    let mut sizes = SET_SIZES.into_iter().map(of_size).collect::<Result<Vec<_>, _>>()?;
    let mut rounds = vec![Vec::new(); sizes.len()];
    in_turn(sizes.len(), plan, go_on, |size| {
        rounds[size].push(sizes[size].round(&final_hop)?);
        Ok(())
    })?;
    Ok(rounds)
}

/// Seconds of one call.
fn each<T>(count: usize, mut call: impl FnMut() -> T) -> f64 {
    let ((), elapsed) = clock::time(|| {
        for _ in 0..count {
            black_box(call());
        }
    });
    elapsed.time.as_secs_f64() / count as f64
}

/// What arrives with an HTLC, as it does at its last hop.
struct OnionOfFinalHop {
    packet: Packet,
    key: SecretKey,
    frames: Vec<u8>,
}

impl OnionOfFinalHop {
    const ASSOCIATED: [u8; 32] = [0x42; 32];

    fn new() -> Self {
        let (id, share) = (PaymentId([0x1d; 32]), Share([0x5a; 32]));
        let folded = Folded { part_count: 16, weight: 1 };
        let eob = Eob::Basic(Basic::new(folded, &id, &share).expect("a possible weight"));
        let hop = FinalHop { realm: 0, amount_msat: Msat(1_000), cltv_expiry: 800_000, eob };
        let mut frames = vec![0; hop.size()];
        hop.encode(&mut frames).expect("room enough");
        let [key, session] = [1, 2].map(|byte| SecretKey::from_bytes(&[byte; 32]).expect("a key"));
        let route = [Hop { node: &key.public_key(), told: Told::Frames(&frames) }];
        let packet = build(&route, &session, &Self::ASSOCIATED).expect("one hop").packet;
        Self { packet, key, frames }
    }

    /// Seconds of [`Part::Curve`], [`Part::Onion`] and [`Part::Message`].
    fn seconds(&self) -> [f64; 3] {
        let Self { packet, key, frames } = self;
        let curve = each(ONIONS, || {
            let ephemeral = black_box(packet).ephemeral().expect("as it was built");
            key.shared_secret(&ephemeral)
        });
        let whole = each(ONIONS, || {
            let peeled = peel(black_box(packet), key, &Self::ASSOCIATED, Framing::Frames);
            peeled.expect("as it was built").told().bytes().len()
        });
        let message = each(HTLCS, || FinalHop::decode(black_box(frames)).is_ok());
        [curve, whole - curve, message]
    }
}

/// Payments of one size.
struct OfSize {
    arrivals: Vec<Htlc>,
    deriving: Deriving,
    batched: Durable,
    alone: Durable,
}

impl OfSize {
    fn new(folder: &Path, seed: u64, set_size: u32) -> Result<Self, StoreError> {
        let durable = |batch: usize| {
            let folder = folder.join(format!("{set_size}-{batch}"));
            fs::create_dir(&folder)?;
            Durable::new(&folder, seed, set_size, batch)
        };
        Ok(Self {
            arrivals: Traffic::new(seed).whole_sets(HTLCS, set_size),
            deriving: Deriving::new(set_size as usize),
            batched: durable(BATCH)?,
            alone: durable(1)?,
        })
    }

    fn round(&mut self, final_hop: &OnionOfFinalHop) -> Result<Round, StoreError> {
        let [curve, onion, message] = final_hop.seconds();
        let mut receiver = Receiver::new(policy()).expect("a kernel");
        let memory = pass(&mut receiver, self.arrivals.clone(), 1, &mut Histogram::default());
        let deriving = self.deriving.seconds();
        let mut committing = [0.0; 2];
        for (durable, seconds) in
            [&mut self.batched, &mut self.alone].into_iter().zip(&mut committing)
        {
            let slices = durable.sample()?.row;
            *seconds = slices.iter().sum::<f64>() / slices.len() as f64 - memory;
        }
        let [batched, alone] = committing;
        Ok(Round([curve, onion, message, memory - deriving, deriving, batched, alone]))
    }
}

/// One set, whose shares are all there.
struct Deriving {
    engine: Engine,
    shares: Vec<Share>,
    held: Vec<PaymentHash>,
    positions: Vec<Option<u32>>,
    preimages: Vec<Preimage>,
}

impl Deriving {
    fn new(set_size: usize) -> Self {
        let engine = Engine::new(Hash::Sha256).expect("a kernel").single_threaded();
        let shares: Vec<Share> = (0..set_size).map(|place| Share([place as u8; 32])).collect();
        let mut preimages = vec![Preimage::ZERO; set_size];
        let mut held = vec![PaymentHash::ZERO; set_size];
        let root = BasePreimage::from(shares::reduce(&shares));
        let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut held };
        engine.derive(&job(&root, set_size), pairs).expect("slices of one length");
        Self { engine, shares, held, positions: vec![None; set_size], preimages }
    }

    /// For one HTLC.
    fn seconds(&mut self) -> f64 {
        let Self { engine, shares, held, positions, preimages } = self;
        let set_size = held.len();
        let of_set = each(HTLCS / set_size, || {
            let root = BasePreimage::from(shares::reduce(black_box(shares)));
            let matching = Matching { held, positions, preimages };
            let found = engine.find(&job(&root, set_size), matching);
            assert_eq!(found, Ok(set_size), "every HTLC of the set");
        });
        of_set / set_size as f64
    }
}

fn job(root: &BasePreimage, set_size: usize) -> Job<'_> {
    let indices = Indices::range(1, set_size as u64).expect("few");
    Job { scheme: Scheme::Og, root, indices, shares: &[] }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_part_of_amp_is_of_what_counts() {
        let round = Round([60.0, 20.0, 2.0, 10.0, 8.0, 100.0, 5000.0]);
        assert!((round.amp(false) - 0.2).abs() < 1e-9 && (round.amp(true) - 0.1).abs() < 1e-9);
        for (place, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, place, "{}", part.name());
        }
        assert_eq!(BATCH, 256, "the name of a part says so");
    }

    #[test]
    fn all_sizes_are_sampled_in_each_round() {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan { time: Duration::ZERO, rounds_min: 2, seed: 1 };
        let sampled = sample(folder.path(), plan, &mut || true).unwrap();
        assert!(sampled.len() == SET_SIZES.len() && sampled.iter().all(|of| of.len() == 2));
        for part in [Part::Curve, Part::Message, Part::Deriving] {
            assert!(sampled.iter().flatten().all(|round| round.seconds(part) > 0.0), "{part:?}");
        }
    }
}

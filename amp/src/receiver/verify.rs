//! Whether what a set holds is what its shares derive.

use crate::receiver::{
    event::Version,
    htlcs::{Htlcs, KnownHtlc},
    sets::{Set, Sets},
};
use ammeter_core::{
    dispatch::KernelError,
    engine::{Engine, Matching},
    job::{HELD_MAX, Indices, Job, Pairs},
    scheme::{Hash, Scheme},
    types::{BasePreimage, HtlcKey, PaymentHash, Preimage, Share},
};

/// Children derived at a time, at most.
const PIECE: u64 = 256;

/// Where a search ends if n is not known any more, or absurd: far above any number of parts.
const CHILDREN_MAX: u32 = 1 << 20;

/// One member of a set, and what claims it.
pub(super) struct Claim {
    pub(super) key: HtlcKey,
    slot: u32,
    payment_hash: PaymentHash,
    index: u32,
    pub(super) preimage: Preimage,
}

/// The engine, and room to work in that is used again for every set.
pub(super) struct Verifier {
    engine: Engine,
    /// The members of the set at hand, by key: no output depends on where they were stored.
    pub(super) claims: Vec<Claim>,
    positions: Vec<Option<u32>>,
    indices: Vec<u32>,
    shares: Vec<Share>,
    preimages: Vec<Preimage>,
    payment_hashes: Vec<PaymentHash>,
}

impl Verifier {
    pub(super) fn new(hash: Hash) -> Result<Self, KernelError> {
        Ok(Self {
            engine: Engine::new(hash)?.single_threaded(),
            claims: Vec::new(),
            positions: Vec::new(),
            indices: Vec::new(),
            shares: Vec::new(),
            preimages: Vec::new(),
            payment_hashes: Vec::new(),
        })
    }

    /// Collects the members of a set.
    pub(super) fn gather(&mut self, htlcs: &Htlcs, sets: &Sets, set_slot: u32) {
        self.claims.clear();
        self.claims.extend(sets.members(set_slot).map(|slot| {
            let htlc = &htlcs[slot];
            let (key, payment_hash) = (htlc.key(), *htlc.payment_hash());
            Claim { key, slot, payment_hash, index: htlc.child_index(), preimage: Preimage::ZERO }
        }));
        self.claims.sort_unstable_by_key(|claim| claim.key);
    }

    /// Whether every member's payment hash is that of a child of the set's root, and of a child of
    /// its own. Members hold different hashes, so that each child is one member's at most.
    ///
    /// Where the parts do not say which child they are, the members' indices are found and kept.
    pub(super) fn verify(&mut self, htlcs: &mut Htlcs, sets: &Sets, set_slot: u32) -> bool {
        self.verify_among(htlcs, sets, set_slot, sets[set_slot].members())
    }

    /// The same for a settling set after a restart, some of whose members may be gone.
    pub(super) fn verify_rest(&mut self, htlcs: &mut Htlcs, sets: &Sets, set_slot: u32) -> bool {
        self.verify_among(htlcs, sets, set_slot, CHILDREN_MAX)
    }

    fn verify_among(
        &mut self,
        htlcs: &mut Htlcs,
        sets: &Sets,
        set_slot: u32,
        members_max: u32,
    ) -> bool {
        let set = &sets[set_slot];
        self.gather(htlcs, sets, set_slot);
        if set.scheme() != Some(Scheme::Og) {
            return self.derive(htlcs, set);
        }
        let children = match set.version() {
            // A record may say any n.
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                part_count.min(CHILDREN_MAX)
            }
            // Nobody says n: there are as many shares as members.
            _ => members_max,
        };
        let found = self.search(set.root(), children.into());
        if found {
            for claim in &self.claims {
                htlcs.found_child(claim.slot, claim.index);
            }
        }
        found
    }

    /// Derives what claims each gathered member, whose index is known; whether its hash is the one
    /// that is held. Ends with the first piece that holds another.
    pub(super) fn derive(&mut self, htlcs: &Htlcs, set: &Set) -> bool {
        let (Some(scheme), root) = (set.scheme(), set.root()) else {
            return self.claim_alike(Preimage(set.root().0));
        };
        self.indices.clear();
        self.indices.extend(self.claims.iter().map(|claim| claim.index));
        self.shares.clear();
        if scheme.hashes_share() {
            let shares = self.claims.iter().map(|claim| htlcs.share(&htlcs[claim.slot]).clone());
            self.shares.extend(shares);
        }
        for start in (0..self.claims.len()).step_by(PIECE as usize) {
            let end = self.claims.len().min(start + PIECE as usize);
            let indices = Indices::list(&self.indices[start..end]);
            let shares = self.shares.get(start..end).unwrap_or_default();
            let job = Job { scheme, root, indices, shares };
            run(&self.engine, &job, &mut self.preimages, &mut self.payment_hashes);
            let derived = self.preimages.iter().zip(&self.payment_hashes);
            for (claim, (preimage, payment_hash)) in self.claims[start..end].iter_mut().zip(derived)
            {
                if claim.payment_hash != *payment_hash {
                    return false;
                }
                claim.preimage = *preimage;
            }
        }
        self.shares.clear();
        true
    }

    /// Claims every gathered member with one preimage; whether it is that of each.
    fn claim_alike(&mut self, preimage: Preimage) -> bool {
        let payment_hash = PaymentHash(self.hash().digest(&preimage.0));
        self.claims.iter_mut().for_each(|claim| claim.preimage = preimage);
        self.claims.iter().all(|claim| claim.payment_hash == payment_hash)
    }

    /// Looks among children 1, 2, … for each gathered member's. A sender that folds its shares uses
    /// the first children, as many as there are parts.
    fn search(&mut self, root: &BasePreimage, children: u64) -> bool {
        let indices = Indices::range(1, children).expect("no more children than indices");
        let job = Job { scheme: Scheme::Og, root, indices, shares: &[] };
        self.claims.chunks_mut(HELD_MAX).all(|claims| {
            let held = &mut self.payment_hashes;
            held.clear();
            held.extend(claims.iter().map(|claim| claim.payment_hash));
            self.positions.resize(held.len(), None);
            self.preimages.resize(held.len(), Preimage::ZERO);
            let (positions, preimages) = (&mut self.positions, &mut self.preimages);
            let matching = Matching { held, positions, preimages };
            let found = self.engine.find(&job, matching).expect("a job of its scheme");
            for ((claim, position), preimage) in claims.iter_mut().zip(positions).zip(preimages) {
                if let Some(position) = *position {
                    (claim.index, claim.preimage) = (position + 1, *preimage);
                }
            }
            found == claims.len()
        })
    }

    /// What claims one member of a settling set.
    pub(super) fn preimage(&mut self, htlcs: &Htlcs, set: &Set, htlc: &KnownHtlc) -> Preimage {
        self.child(htlcs, set, htlc).0
    }

    /// Whether the child that this member names is the one that it holds.
    pub(super) fn derives(&mut self, htlcs: &Htlcs, set: &Set, htlc: &KnownHtlc) -> bool {
        self.child(htlcs, set, htlc).1 == *htlc.payment_hash()
    }

    fn child(&mut self, htlcs: &Htlcs, set: &Set, htlc: &KnownHtlc) -> (Preimage, PaymentHash) {
        let Some(scheme) = set.scheme() else {
            return (Preimage(set.root().0), PaymentHash(self.hash().digest(&set.root().0)));
        };
        let index = htlc.child_index();
        let indices = Indices::list(core::slice::from_ref(&index));
        let shares = core::slice::from_ref(htlcs.share(htlc));
        let job = Job { scheme, root: set.root(), indices, shares };
        run(&self.engine, &job, &mut self.preimages, &mut self.payment_hashes);
        (self.preimages[0], self.payment_hashes[0])
    }

    /// H.
    pub(super) fn hash(&self) -> Hash {
        self.engine.kernel().hash()
    }
}

/// The one place that asks the engine.
fn run(
    engine: &Engine,
    job: &Job<'_>,
    preimages: &mut Vec<Preimage>,
    payment_hashes: &mut Vec<PaymentHash>,
) {
    let count = job.indices.count() as usize;
    preimages.resize(count, Preimage::ZERO);
    payment_hashes.resize(count, PaymentHash::ZERO);
    engine.derive(job, Pairs { preimages, payment_hashes }).expect("a job of its scheme");
}

//! Promise: a sender's plan allows exactly what is possible. After each step the parts that are out
//! and the rest make up the payment: in amounts, shares and weights, and in the receiver's onions.

use ammeter_amp::{
    eob::{Eob, FinalHop, Message, tlv::Payload, writer::Writer},
    sender::{
        Adaptive, Committed, Fixed, Leg, Part, Payment, Plan, PlanError, Purpose, Seed, SeedRng,
        Shards, Tree, amounts,
    },
};
use ammeter_core::{
    BasePreimage, Engine, Hash, Msat, Scheme, reference,
    shares::{self, DEPTH_MAX},
};
use arbitrary::{Result, Unstructured};

/// Parts of one payment.
const PARTS_MAX: usize = 24;

/// A step of a payment.
enum Operation {
    /// The next part: an amount, a weight (version 1 only).
    Part(u64, u8),
    /// The last part.
    Last,
    /// A part fails: it goes back (lnd), is split at an amount (tree), or is sent again as it is.
    Fail(u8, u64),
    /// A number without a meaning yet.
    Nothing,
}

impl Operation {
    /// A number never changes its meaning, so that old seeds keep theirs.
    fn read(bytes: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match bytes.arbitrary::<u8>()? % 16 {
            0..6 => Self::Part(bytes.arbitrary()?, bytes.arbitrary()?),
            6 => Self::Last,
            7..12 => Self::Fail(bytes.arbitrary()?, bytes.arbitrary()?),
            _ => Self::Nothing,
        })
    }
}

/// A plan of each kind.
enum Kind {
    Fixed(Fixed<SeedRng>),
    Adaptive(Adaptive<SeedRng>),
    Committed(Committed<SeedRng>),
    Tree(Tree<SeedRng>),
    Shards(Shards<SeedRng>),
}

/// What the plan should contain.
struct Model {
    left: u64,
    /// n of version 1.
    part_count: u32,
    weight_left: u32,
    /// Depth of a tree's rest, if there is one.
    rest: Option<u8>,
    out: Vec<(Part, u8)>,
}

pub(crate) fn run(input: &[u8]) {
    // When the bytes run out, the history ends.
    let _ended = history(&mut Unstructured::new(input));
}

fn history(bytes: &mut Unstructured<'_>) -> Result<()> {
    let (choice, part_count): (u8, u16) = bytes.arbitrary()?;
    let (total, purpose, seed): (u64, Option<[u8; 32]>, [u8; 32]) = bytes.arbitrary()?;
    even(total, (part_count % 256).into());
    let hash = Hash::ALL[usize::from(choice >> 7)];
    let engine = Engine::new(hash).expect("a kernel");
    let purpose = purpose.map_or(Purpose::Spontaneous, Purpose::Invoice);
    let payment = Payment::new(Msat(total), purpose, engine, Seed::from_bytes(seed).rng());
    let part_count = u32::from(part_count).max(1);
    let mut kind = match choice % 5 {
        0 => Kind::Fixed(Fixed::new(payment, part_count).expect("at least one part")),
        1 => Kind::Adaptive(Adaptive::new(payment)),
        2 => Kind::Committed(Committed::new(payment)),
        3 => Kind::Tree(Tree::new(payment)),
        _ => Kind::Shards(Shards::new(payment)),
    };
    let mut model =
        Model { left: total, part_count, weight_left: part_count, rest: Some(0), out: Vec::new() };
    while !bytes.is_empty() && model.out.len() < PARTS_MAX {
        let Ok(operation) = Operation::read(bytes) else { break };
        model.step(&mut kind, operation);
        model.check(&mut kind);
    }
    if model.left > 0 {
        model.step(&mut kind, Operation::Last);
    }
    if total > 0 {
        model.check_whole(&mut kind, total, hash);
    }
    Ok(())
}

/// Equal amounts add up, differ by at most one, and are refused only if one would be 0.
fn even(total: u64, part_count: u32) {
    match amounts::even(Msat(total), part_count) {
        Ok(amounts) => {
            let amounts: Vec<u64> = amounts.map(|amount| amount.0).collect();
            assert_eq!(amounts.len() as u32, part_count);
            assert_eq!(amounts.iter().sum::<u64>(), total);
            assert!(
                amounts[0] - amounts[amounts.len() - 1] <= 1 && amounts.is_sorted_by(|a, b| a >= b)
            );
        }
        Err(error) => assert!(part_count == 0 || total < part_count.into(), "{error}"),
    }
}

impl Kind {
    fn plan(&mut self) -> &mut dyn Plan<SeedRng> {
        match self {
            Self::Fixed(plan) => plan,
            Self::Adaptive(plan) => plan,
            Self::Committed(plan) => plan,
            Self::Tree(plan) => plan,
            Self::Shards(plan) => plan,
        }
    }

    fn scheme(&self) -> Scheme {
        match self {
            Self::Tree(_) => Scheme::Tree,
            Self::Shards(_) => Scheme::Lnd,
            _ => Scheme::Og,
        }
    }
}

impl Model {
    fn step(&mut self, kind: &mut Kind, operation: Operation) {
        match operation {
            // Mostly a possible amount.
            Operation::Part(amount, weight) => {
                let amount = if amount % 8 == 0 { amount } else { amount % self.left.max(1) };
                self.part(kind, amount, weight.into());
            }
            Operation::Last => self.last(kind),
            Operation::Fail(choice, amount) if !self.out.is_empty() => {
                let place = usize::from(choice) % self.out.len();
                self.fail(kind, place, amount);
            }
            Operation::Fail(..) | Operation::Nothing => {}
        }
    }

    fn part(&mut self, kind: &mut Kind, amount: u64, weight: u32) {
        let expected = self.part_error(kind, amount, weight);
        let part = match kind {
            Kind::Fixed(plan) => plan.folded_part(Msat(amount), weight),
            _ => kind.plan().part(Msat(amount)),
        };
        assert_eq!(part.as_ref().err(), expected.as_ref(), "model on the right");
        let Ok(part) = part else { return };
        assert_eq!(part.amount_msat, Msat(amount));
        self.left -= amount;
        if matches!(kind, Kind::Fixed(_)) {
            assert_eq!(part.weight(), weight);
            self.weight_left -= weight;
        }
        let depth = self.rest.map_or(0, |depth| depth + 1);
        self.rest = Some(depth);
        self.out.push((part, depth));
    }

    fn part_error(&self, kind: &Kind, amount: u64, weight: u32) -> Option<PlanError> {
        let left = self.weight_left;
        match kind {
            Kind::Fixed(_) if weight == 0 => return Some(PlanError::NoWeight),
            Kind::Fixed(_) if left > 0 && weight >= left => {
                return Some(PlanError::WeightTooLarge { weight, left });
            }
            Kind::Tree(_) => match self.rest {
                None => return Some(PlanError::Complete),
                Some(DEPTH_MAX) => return Some(PlanError::TooDeep { depth: DEPTH_MAX }),
                Some(_) => {}
            },
            _ => {}
        }
        if self.left == 0 && !self.out.is_empty() {
            return Some(PlanError::Complete);
        }
        amount_error(amount, self.left)
    }

    fn last(&mut self, kind: &mut Kind) {
        let part = kind.plan().last_part();
        let expected = match (self.left, self.out.len()) {
            (0, 0) => Some(PlanError::NoAmount),
            (0, _) => Some(PlanError::Complete),
            _ => None,
        };
        assert_eq!(part.as_ref().err(), expected.as_ref(), "model on the right");
        let Ok(part) = part else { return };
        assert_eq!(part.amount_msat, Msat(self.left));
        self.left = 0;
        self.weight_left -= if matches!(kind, Kind::Fixed(_)) { part.weight() } else { 0 };
        self.out.push((part, self.rest.take().unwrap_or(0)));
    }

    fn fail(&mut self, kind: &mut Kind, place: usize, amount: u64) {
        match kind {
            Kind::Shards(plan) => {
                let (part, _) = self.out.swap_remove(place);
                self.left += part.amount_msat.0;
                plan.merge(part);
            }
            Kind::Tree(plan) => {
                let (part, depth) = &self.out[place];
                let amount = amount % part.amount_msat.0.saturating_add(2);
                let expected = amount_error(amount, part.amount_msat.0).or_else(|| {
                    (*depth == DEPTH_MAX).then_some(PlanError::TooDeep { depth: DEPTH_MAX })
                });
                let halves = plan.split(part, Msat(amount));
                assert_eq!(halves.as_ref().err(), expected.as_ref(), "model on the right");
                let depth = depth + 1;
                if let Ok(halves) = halves {
                    self.out.splice(place..=place, halves.map(|half| (half, depth)));
                }
            }
            _ => {
                let (part, _) = &self.out[place];
                assert_eq!(told(kind, part), told(kind, part), "sent again as it was");
            }
        }
    }

    /// Checks what holds after each step.
    fn check(&self, kind: &mut Kind) {
        let payment = kind.plan().payment();
        assert_eq!(payment.left(), Msat(self.left));
        assert_eq!(payment.part_count() as usize, self.out.len());
        if let Some((part, _)) = self.out.last() {
            self.check_told(kind, part);
        }
    }

    /// Checks the onion of a part.
    fn check_told(&self, kind: &mut Kind, part: &Part) {
        let bytes = told(kind, part);
        if let Kind::Shards(plan) = kind {
            let read = Payload::decode(&bytes).expect("our own");
            let total = read.part.map(|part| part.payment_data.total_msat);
            let amp = read.part.and_then(|part| part.amp).expect("atomic");
            assert_eq!((read.amount_msat, total), (part.amount_msat, Some(plan.payment().total())));
            assert_eq!((amp.share(), amp.child_index()), (part.share(), part.index()));
            return;
        }
        let read = FinalHop::decode(&bytes).expect("our own");
        assert_eq!((read.amount_msat, read.eob.share()), (part.amount_msat, Some(part.share())));
        match read.eob {
            Eob::Basic(basic) => {
                assert_eq!((basic.part_count(), basic.weight()), (self.part_count, part.weight()));
            }
            Eob::Adaptive(adaptive) => {
                let known = if self.left == 0 { self.out.len() as u32 } else { 0 };
                assert_eq!(adaptive.part_count, known, "n");
            }
            Eob::Tree(tree) => assert_eq!(u32::from(tree.index), part.index()),
            Eob::Committed(_) => {}
            Eob::None => panic!("no version"),
        }
    }

    /// Checks a payment whose last part is out.
    fn check_whole(&self, kind: &mut Kind, total: u64, hash: Hash) {
        self.check(kind);
        let amount: u64 = self.out.iter().map(|(part, _)| part.amount_msat.0).sum();
        assert_eq!((amount, self.left), (total, 0));
        let all: Vec<_> = self.out.iter().map(|(part, _)| part.share().clone()).collect();
        let root = BasePreimage::from(shares::reduce(&all));
        assert_eq!(&root, kind.plan().payment().root());
        for (part, _) in &self.out {
            let (share, index) = (Some(part.share()), part.index());
            let (_, expected) = reference::pair(hash, kind.scheme(), &root, share, index);
            assert_eq!(*part.payment_hash(), expected, "index {index}");
        }
        if matches!(kind, Kind::Fixed(_)) {
            let weight: u32 = self.out.iter().map(|(part, _)| part.weight()).sum();
            assert_eq!((weight, self.weight_left), (self.part_count, 0));
        }
    }
}

/// Whether a part pays something and leaves something.
fn amount_error(amount: u64, left: u64) -> Option<PlanError> {
    match amount {
        0 => Some(PlanError::NoAmount),
        _ if amount >= left => {
            Some(PlanError::AmountTooLarge { amount_msat: Msat(amount), left_msat: Msat(left) })
        }
        _ => None,
    }
}

fn told(kind: &mut Kind, part: &Part) -> Vec<u8> {
    let mut buffer = [0; 300];
    let mut writer = Writer::new(&mut buffer);
    kind.plan().write(part, Leg { realm: 1, cltv_expiry: 800_000 }, &mut writer);
    writer.finish().expect("two frames or a payload").to_vec()
}

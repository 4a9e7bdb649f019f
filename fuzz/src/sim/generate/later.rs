//! Features that were added after seeds had been published.
//!
//! They are drawn from a stream of numbers of their own, and change a history that was drawn
//! without them. So a seed of an older release gives the history that it always gave, unless it
//! draws one of these.

use ammeter_amp::receiver::Policy;
use ammeter_core::HtlcKey;

use crate::sim::{
    generate::swarm::Settings,
    history::{Form, History, Name, Operation, Payment},
    profile::Profile,
    random::Random,
};

/// Separates this stream of numbers from the one that older features are drawn from.
const STREAM: u64 = 0x6c61_7465_7200_0000;

/// The same for `mpp`, which came later still.
const MULTI_PATH_STREAM: u64 = 0x6d70_7000_0000_0000;

/// Something that may happen in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Feature {
    /// Numbers of the policy that are not limits.
    Numbers,
    /// Room for a few HTLCs only, counted in bytes.
    FewBytes,
    /// Room to remember a few refusals only.
    FewRefusals,
    /// Payments of ten parts and more.
    ManyParts,
    /// Amounts near 2^53, 2^63 and 2^64.
    HugeAmounts,
    /// Invoices that are added while HTLCs arrive.
    LateInvoices,
    /// Invoices that are added again, for another amount.
    InvoicesAgain,
    /// Channel ids and HTLC ids that differ in high bits, or are large.
    LargeIds,
}

const FEATURES: u32 = Feature::LargeIds as u32 + 1;

/// The features of one history, and the numbers that they are drawn from.
pub(super) struct Later {
    features: u8,
    random: Random,
    /// Where payments of `mpp` are drawn from, if there are any.
    multi_path: Option<Random>,
}

impl Later {
    /// Half of the histories have none of the features, the others a quarter of them. A quarter has
    /// payments of `mpp`.
    pub(super) fn draw(seed: u64, settings: Settings, profile: &Profile) -> Self {
        let mut random = Random::new(seed ^ STREAM);
        let all = u8::MAX >> (u8::BITS - FEATURES);
        let features = match () {
            () if !settings.swarm => all,
            () if random.once_in(2) => 0,
            () => (random.word() & random.word()) as u8 & all,
        };
        let mut numbers = Random::new(seed ^ MULTI_PATH_STREAM);
        let drawn = !settings.swarm || profile.forms() == [Form::Mpp] || numbers.once_in(4);
        let multi_path = (drawn && profile.speaks(Form::Mpp)).then_some(numbers);
        Self { features, random, multi_path }
    }

    const fn has(&self, feature: Feature) -> bool {
        self.features & 1 << feature as u8 != 0
    }

    /// Changes the policy.
    pub(super) fn policy(&mut self, policy: &mut Policy) {
        if self.has(Feature::Numbers) {
            for _ in 0..=self.random.below(2) {
                self.number(policy);
            }
        }
        if self.has(Feature::FewBytes) && self.random.once_in(2) {
            policy.limits.bytes_max = self.random.pick(&[1_000, 2_000, 3_000, 4_000]);
        }
        if self.has(Feature::FewRefusals) {
            policy.limits.refusals_max = self.random.below(4) as u32;
        }
    }

    /// One number of the policy is small, large, or near what senders count on.
    fn number(&mut self, policy: &mut Policy) {
        let random = &mut self.random;
        match random.below(5) {
            0 => policy.overpayment_factor_max = random.pick(&[1, 3, 10, u32::MAX]),
            1 => policy.hold_ms = random.pick(&[1, 1_000, 59_999, 3_600_000, 86_400_000]),
            2 => policy.expiry_margin_blocks = random.pick(&[0, 1, 18, 40, 144]),
            3 => policy.retention_ms = random.pick(&[0, 1, 50_000, 1_000_000_000]),
            _ => policy.limits.part_count_max = random.pick(&[1, 2, 3, 4, 64]),
        }
    }

    /// Changes what senders pay, and in how many parts.
    pub(super) fn payments(&mut self, history: &mut History) {
        self.multi_path(history);
        // They make a history several times as long.
        if self.has(Feature::ManyParts) && self.random.once_in(4) {
            self.many_parts(history);
        }
        if self.has(Feature::HugeAmounts) && self.random.once_in(2) {
            self.huge_amount(history);
        }
    }

    /// Some payments become payments of `mpp`, mostly to an invoice; and strangers may know its hash.
    fn multi_path(&mut self, history: &mut History) {
        let Some(random) = &mut self.multi_path else { return };
        let first = random.index(history.payments.len());
        for (payment, position) in history.payments.iter_mut().zip(0..) {
            let stays =
                payment.form != Form::Mpp && usize::from(position) != first && random.once_in(2);
            if stays {
                continue;
            }
            (payment.form, payment.fold) = (Form::Mpp, 0);
            if random.once_in(6) || matches!(payment.name, Name::Invoice(_)) {
                continue;
            }
            payment.name = Name::Invoice(position);
            let pays = payment.amount_msat;
            let amount_msat = random.pick(&[pays, pays, pays, 0, pays / 2, pays - 1, pays + 1]);
            let reusable = random.once_in(4);
            let invoice = Operation::Invoice { number: position, amount_msat, reusable };
            history.operations.insert(0, invoice);
        }
        if random.once_in(4) {
            let stranger = Payment { name: Name::Own, ..random.pick(&history.payments) };
            let root = match history.payments[first].name {
                Name::Invoice(number) => number,
                _ => stranger.root,
            };
            history.payments.push(Payment { form: Form::Mpp, fold: 0, root, ..stranger });
        }
    }

    fn many_parts(&mut self, history: &mut History) {
        let position = self.random.index(history.payments.len());
        let parts = self.random.pick(&[10, 12, 16, 16, 17, 20]);
        let payment = &mut history.payments[position];
        payment.parts = parts;
        let n = u32::from(payment.parts) + u32::from(payment.fold);
        history.policy.limits.part_count_max = self.random.pick(&[n - 1, n, n, 64]);
    }

    fn huge_amount(&mut self, history: &mut History) {
        let position = self.random.index(history.payments.len());
        let amounts = [1 << 32, 1 << 53, (1 << 53) + 2, 1 << 63, u64::MAX - 1, u64::MAX];
        let pays = self.random.pick(&amounts);
        let payment = &mut history.payments[position];
        payment.amount_msat = pays;
        let Name::Invoice(asked) = payment.name else { return };
        for operation in &mut history.operations {
            if let Operation::Invoice { number, amount_msat, .. } = operation
                && *number == asked
            {
                *amount_msat =
                    self.random.pick(&[pays, pays, pays.saturating_add(1), pays / 2 + 1]);
            }
        }
    }

    /// Changes invoices and keys, once everything else is in its order.
    pub(super) fn operations(&mut self, history: &mut History) {
        if self.has(Feature::InvoicesAgain) {
            self.ask_again(history);
        }
        if self.has(Feature::LateInvoices) {
            self.ask_late(history);
        }
        if self.has(Feature::LargeIds) {
            let (channels, htlcs) = (self.ids(), self.ids());
            for key in history.operations.iter_mut().filter_map(key) {
                let (channel_id, htlc_id) = (channels.id(key.channel_id), htlcs.id(key.htlc_id));
                *key = HtlcKey { channel_id, htlc_id };
            }
        }
    }

    /// A name that was invoiced is invoiced again, somewhere behind.
    fn ask_again(&mut self, history: &mut History) {
        let invoice = |operation: &Operation| match *operation {
            Operation::Invoice { number, amount_msat, reusable } => {
                Some((number, amount_msat, reusable))
            }
            _ => None,
        };
        let invoices: Vec<_> = history.operations.iter().filter_map(invoice).collect();
        for (number, amount, reusable) in invoices {
            let random = &mut self.random;
            let amounts = [amount, amount / 2, amount.saturating_add(1), amount.saturating_mul(2)];
            let (amount_msat, reusable) = (random.pick(&amounts), reusable != random.once_in(4));
            let again = Operation::Invoice { number, amount_msat, reusable };
            let place = random.index(history.operations.len() + 1);
            history.operations.insert(place, again);
        }
    }

    /// Invoices move behind some of what happens.
    fn ask_late(&mut self, history: &mut History) {
        let operations = &mut history.operations;
        for place in 0..operations.len() {
            if matches!(operations[place], Operation::Invoice { .. }) && self.random.once_in(2) {
                let behind = place + self.random.index((operations.len() - place).min(6));
                operations[place..=behind].rotate_left(1);
            }
        }
    }

    /// How ids of one kind are changed.
    fn ids(&mut self) -> Ids {
        match self.random.below(3) {
            0 => Ids::Rotated(self.random.pick(&[2, 4, 8, 16, 31, 32, 48, 60])),
            1 => Ids::From(self.random.pick(&[1 << 31, 1 << 32, 1 << 53, 1 << 63, u64::MAX - 1])),
            _ => Ids::Rotated(0),
        }
    }
}

/// A change of ids under which no two become one.
#[derive(Clone, Copy, Debug)]
enum Ids {
    /// The bits move up, so that small ids differ in high bits only.
    Rotated(u32),
    /// They are counted from here, and go on at 0.
    From(u64),
}

impl Ids {
    const fn id(self, small: u64) -> u64 {
        match self {
            Self::Rotated(bits) => small.rotate_left(bits),
            Self::From(first) => first.wrapping_add(small),
        }
    }
}

/// The key that an operation names.
const fn key(operation: &mut Operation) -> Option<&mut HtlcKey> {
    match operation {
        Operation::Htlc(arrival) => Some(&mut arrival.key),
        Operation::Again(key) | Operation::AcknowledgeOne(key) | Operation::Gone(key) => Some(key),
        _ => None,
    }
}

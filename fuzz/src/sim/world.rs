//! Runs a history against a receiver: simulates its node, its clock and its faults.
//!
//! First safety: operations and faults as the history says, each followed by the oracle's checks.
//! Then liveness: faults stop, the node carries out every effect, and every deadline passes. At the
//! end nothing may be held and nothing kept.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ammeter_amp::receiver::{Effect, Invoice, Policy};
use ammeter_core::{HtlcKey, Msat, Preimage};

use crate::{
    sim::subject::{Outcome, UnderTest},
    sim::{
        coverage::Coverage,
        history::{Arrival, Fault, Form, HEIGHT, History, NOW_MS, Operation},
        input::Input,
        invariants::{self, Invariant, Violation, Watch},
        material::{Material, invoice_name, invoice_preimage},
        model::Verdict,
        oracle::Oracle,
        quiet,
    },
};

/// A run of one history.
pub struct World<'a> {
    history: &'a History,
    material: Material,
    subject: &'a mut dyn UnderTest,
    oracle: Oracle,
    coverage: &'a mut Coverage,
    /// The history's, or the nearest that the receiver can have.
    policy: Policy,
    faults: VecDeque<Fault>,
    /// The position of the current operation; the number of operations once the world drains.
    position: usize,
    effects: Vec<Effect>,
    /// The height that the node tells a receiver which has just been opened.
    height: u32,
    now_ms: u64,
    now_ms_max: u64,
    /// How long the next restart takes, in milliseconds.
    downtime_ms: u64,
}

/// The last verdict on an HTLC.
pub type Ending = (HtlcKey, Option<Verdict>);

/// Runs a history from an empty store to its drained end.
///
/// # Errors
/// The first violation.
pub fn run(
    history: &History,
    subject: &mut dyn UnderTest,
    watch: Watch,
    coverage: &mut Coverage,
) -> Result<Vec<Ending>, Violation> {
    let (profile, mut policy) = (subject.profile(), history.policy);
    profile.fix(&mut policy);
    subject.begin(&policy);
    let mut world = World {
        history,
        material: Material::new(policy.hash, &history.payments),
        subject,
        oracle: Oracle::new(policy, profile, watch),
        coverage,
        policy,
        faults: VecDeque::new(),
        position: 0,
        effects: Vec::new(),
        height: HEIGHT,
        now_ms: NOW_MS,
        now_ms_max: NOW_MS,
        downtime_ms: 0,
    };
    let lived = world.live().and_then(|()| world.drain());
    if !world.oracle.is_trusted() {
        world.coverage.judged_by_preimages_alone();
    }
    lived?;
    Ok(world.oracle.log.endings())
}

impl World<'_> {
    fn live(&mut self) -> Result<(), Violation> {
        self.give(&Input::Block { height: HEIGHT })?;
        self.give(&Input::Clock { now_ms: NOW_MS })?;
        let history = self.history;
        for (position, operation) in history.operations.iter().enumerate() {
            self.position = position;
            self.operate(operation)?;
        }
        Ok(())
    }

    fn operate(&mut self, operation: &Operation) -> Result<(), Violation> {
        match operation {
            Operation::Htlc(arrival) => self.arrive(arrival),
            Operation::Again(key) => self.show(*key),
            Operation::Invoice { number, amount_msat, reusable } => {
                let (name, amount_msat) = (invoice_name(*number), Msat(*amount_msat));
                let (reusable, preimage) = (*reusable, self.preimage(*number));
                self.give(&Input::InvoiceAdded(Invoice { name, amount_msat, reusable, preimage }))
            }
            Operation::Cancel { number } => {
                self.give(&Input::InvoiceCancelled { name: invoice_name(*number) })
            }
            Operation::Block { height } => {
                self.height = *height;
                self.give(&Input::Block { height: *height })
            }
            Operation::Clock { now_ms } => {
                self.now_ms = *now_ms;
                self.now_ms_max = self.now_ms_max.max(*now_ms);
                self.give(&Input::Clock { now_ms: *now_ms })
            }
            Operation::Acknowledge => self.acknowledge(),
            Operation::AcknowledgeOne(key) => {
                if self.oracle.log.is_carried_out(*key) {
                    self.resolve(*key)
                } else {
                    Ok(())
                }
            }
            Operation::Gone(key) => {
                if self.oracle.log.is_here(*key) {
                    self.resolve(*key)
                } else {
                    Ok(())
                }
            }
            Operation::Crash => {
                self.subject.crash();
                self.recover(None)
            }
            Operation::Downtime { duration_ms } => {
                self.downtime_ms = *duration_ms;
                Ok(())
            }
            Operation::Fault(fault) => {
                self.faults.push_back(*fault);
                Ok(())
            }
        }
    }

    /// The preimage of an invoice that is asked for the first time: one that was out, or could have
    /// been, must not be given again.
    fn preimage(&self, number: u8) -> Option<Preimage> {
        let asks = |operation: &Operation| match operation {
            Operation::Invoice { number: other, .. } => *other == number,
            _ => false,
        };
        let is_new = !self.history.operations[..self.position].iter().any(asks);
        let spoken = self.subject.profile().speaks(Form::Mpp);
        (is_new && spoken).then(|| Preimage(invoice_preimage(number)))
    }

    fn arrive(&mut self, arrival: &Arrival) -> Result<(), Violation> {
        if !self.oracle.log.is_new(arrival.key) {
            return self.show(arrival.key);
        }
        let mut bytes = Vec::new();
        let Some((incoming, encoding)) = self.material.arrive(arrival, &mut bytes) else {
            return Ok(());
        };
        self.coverage.onion(encoding.onion(&bytes));
        self.oracle.log.show(incoming, encoding, bytes);
        self.show(arrival.key)
    }

    /// Shows an HTLC again, unless it is gone.
    fn show(&mut self, key: HtlcKey) -> Result<(), Violation> {
        let Some((incoming, encoding, bytes)) = self.oracle.log.shown(key) else { return Ok(()) };
        let bytes = bytes.to_vec();
        self.give(&Input::Htlc { incoming, onion: encoding.onion(&bytes) })
    }

    fn acknowledge(&mut self) -> Result<(), Violation> {
        for key in self.oracle.log.carried_out() {
            self.resolve(key)?;
        }
        Ok(())
    }

    fn resolve(&mut self, key: HtlcKey) -> Result<(), Violation> {
        self.oracle.log.gone(key);
        self.give(&Input::Resolved(key))
    }

    /// Gives an input to the receiver, and its effects to the oracle.
    fn give(&mut self, input: &Input<'_>) -> Result<(), Violation> {
        match self.attempt(input)? {
            Outcome::Done => self.rest(input),
            Outcome::Down => self.recover(Some(input)),
        }
    }

    fn attempt(&mut self, input: &Input<'_>) -> Result<Outcome, Violation> {
        let fault = self.faults.pop_front().and_then(|fault| self.subject.acts_out(fault));
        self.effects.clear();
        let (subject, effects) = (&mut *self.subject, &mut self.effects);
        let taken = quiet::quietly(|| {
            catch_unwind(AssertUnwindSafe(|| subject.take(input, fault, effects)))
        });
        let outcome = taken.map_err(|_| self.violated(Oracle::died(input)))?;
        if outcome == Outcome::Down {
            match self.subject.complaint() {
                Some(complaint) => {
                    return Err(self.violated(invariants::complained(&complaint, input)));
                }
                None if fault.is_none() => return Err(self.violated(Oracle::died(input))),
                None => {}
            }
        }
        let (oracle, effects, subject) = (&mut self.oracle, &self.effects, &*self.subject);
        let reasons = effects.iter().map(|effect| subject.reason(effect.key()));
        self.coverage.took(fault, effects.iter().zip(reasons.clone()));
        oracle.log.hear_reasons(effects.iter().map(Effect::key).zip(reasons));
        oracle.take(input, effects, outcome).map_err(|broken| self.violated(broken))?;
        if fault == Some(Fault::SyncLies) {
            self.oracle.trust_no_disk();
        }
        Ok(outcome)
    }

    /// Checks a receiver that processes no input.
    fn rest(&mut self, input: &Input<'_>) -> Result<(), Violation> {
        self.coverage.rested(self.oracle.model());
        let kept = self.subject.kept();
        self.oracle.rest(input, kept).map_err(|broken| self.violated(broken))
    }

    /// Opens the receiver again until it stays up, and gives it what a node gives: the interrupted
    /// request, the time, the height, and every HTLC that is not gone.
    fn recover(&mut self, interrupted: Option<&Input<'_>>) -> Result<(), Violation> {
        while self.reopen(interrupted)? == Outcome::Down {}
        self.rest(&Input::Restarted)
    }

    fn reopen(&mut self, interrupted: Option<&Input<'_>>) -> Result<Outcome, Violation> {
        let subject = &mut *self.subject;
        let opened = quiet::quietly(|| catch_unwind(AssertUnwindSafe(|| subject.restart())));
        opened.map_err(|_| self.violated(Oracle::died(&Input::Restarted)))?;
        self.oracle.log.restarted();
        self.now_ms = self.now_ms.saturating_add(core::mem::take(&mut self.downtime_ms));
        self.now_ms_max = self.now_ms_max.max(self.now_ms);
        let clock = Input::Clock { now_ms: self.now_ms };
        let block = Input::Block { height: self.height };
        // HTLCs, time and height follow anyway. Other requests are made again.
        let asked = interrupted.filter(|input| {
            matches!(
                input,
                Input::InvoiceAdded(_) | Input::InvoiceCancelled { .. } | Input::Resolved(_)
            )
        });
        let inputs = [Some(&Input::Restarted), asked, Some(&clock), Some(&block)];
        for input in inputs.into_iter().flatten() {
            if self.attempt(input)? == Outcome::Down {
                return Ok(Outcome::Down);
            }
        }
        for key in self.oracle.log.replayed() {
            let Some((incoming, encoding, bytes)) = self.oracle.log.shown(key) else { continue };
            let bytes = bytes.to_vec();
            let input = Input::Htlc { incoming, onion: encoding.onion(&bytes) };
            if self.attempt(&input)? == Outcome::Down {
                return Ok(Outcome::Down);
            }
        }
        Ok(Outcome::Done)
    }

    /// Liveness: faults stop, every deadline passes, and every set is forgotten.
    fn drain(&mut self) -> Result<(), Violation> {
        self.position = self.history.operations.len();
        self.faults.clear();
        self.acknowledge()?;
        self.pass(self.policy.hold_ms)?;
        self.acknowledge()?;
        self.oracle.drained().map_err(|broken| self.violated(broken))?;
        self.pass(self.policy.retention_ms)?;
        if self.subject.may_speak_late() {
            // What it says unasked belongs to this history. A height that is lower changes nothing.
            self.give(&Input::Block { height: 0 })?;
        }
        let kept = self.subject.kept();
        self.oracle.emptied(kept).map_err(|broken| self.violated(broken))
    }

    fn pass(&mut self, duration_ms: u64) -> Result<(), Violation> {
        self.now_ms_max = self.now_ms_max.saturating_add(duration_ms).saturating_add(1);
        self.now_ms = self.now_ms_max;
        self.give(&Input::Clock { now_ms: self.now_ms })
    }

    fn violated(&self, (invariant, expected, seen): (Invariant, String, String)) -> Violation {
        Violation { invariant, position: self.position, expected, seen }
    }
}

//! The node that a receiver works for: it shows HTLCs, carries verdicts out, remembers what it was
//! told, and never lets two answers differ.

use std::collections::BTreeMap;

use ammeter_amp::{
    receiver::{Effect, Event, Reason},
    service::Durable,
    store::{Store, StoreError},
};
use ammeter_core::{HtlcKey, PaymentHash, Preimage, reference::sha256};

use crate::{
    history::{Fate, History},
    random::Random,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Settled(Preimage),
    Failed(Reason),
}

#[derive(Clone, Debug)]
struct ShownHtlc {
    event: Event,
    payment_hash: PaymentHash,
    verdict: Option<Verdict>,
    /// The receiver has been told that the HTLC is gone, whether it heard or not.
    told_gone: bool,
    /// It has heard.
    gone: bool,
}

/// A node somewhere in a history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    htlcs: BTreeMap<HtlcKey, ShownHtlc>,
    /// The step that has not been answered yet.
    pub(crate) step: usize,
}

impl Node {
    /// Plays the history on from where this node is; `before` sees the node before each transaction
    /// and after the last one. A step later than its effects the receiver hears that HTLCs are
    /// gone.
    pub(crate) fn play<S: Store>(
        &mut self,
        history: &History,
        receiver: &mut Durable<S>,
        mut before: impl FnMut(&Self),
    ) -> Result<(), StoreError> {
        while self.step < history.steps.len() || !self.resolved().is_empty() {
            let step = history.steps.get(self.step).map_or(&[][..], Vec::as_slice);
            let mut events = self.resolutions();
            events.extend(self.shown(step));
            before(self);
            let effects = receiver.take(events)?;
            self.heard();
            self.show(step);
            self.learn(effects);
            self.step += 1;
        }
        before(self);
        Ok(())
    }

    /// Plays the rest of the history as one step: for the many that only ask how it ends.
    pub(crate) fn finish<S: Store>(
        &mut self,
        history: &History,
        receiver: &mut Durable<S>,
    ) -> Result<(), StoreError> {
        while self.step < history.steps.len() || !self.resolved().is_empty() {
            let mut events = self.resolutions();
            let rest = history.steps.get(self.step..).unwrap_or_default().concat();
            events.extend(self.shown(&rest));
            let effects = receiver.take(events)?;
            self.heard();
            self.show(&rest);
            self.learn(effects);
            self.step = history.steps.len();
        }
        Ok(())
    }

    /// What a node does when its receiver is back: it shows what it still holds, and says again
    /// what is gone; of what it was answered last, it may have carried out any part.
    pub(crate) fn reconnect<S: Store>(
        &mut self,
        receiver: &mut Durable<S>,
        random: &mut Random,
        mut before: impl FnMut(&Self),
    ) -> Result<(), StoreError> {
        // The decisions that were made leave before anything else is said.
        before(self);
        let effects = receiver.take([])?;
        self.learn(effects);
        let mut events = Vec::new();
        for (key, htlc) in self.htlcs.iter_mut().filter(|(_, htlc)| !htlc.gone) {
            htlc.told_gone |= htlc.verdict.is_some() && random.one_in(2);
            events.push(match htlc.told_gone {
                true => Event::Resolved(*key),
                false => htlc.event.clone(),
            });
        }
        before(self);
        let effects = receiver.take(events)?;
        self.heard();
        self.learn(effects);
        before(self);
        Ok(())
    }

    /// The events without HTLCs that are gone: those are not shown again.
    fn shown(&self, events: &[Event]) -> Vec<Event> {
        let is_gone = |key: &HtlcKey| self.htlcs.get(key).is_some_and(|htlc| htlc.told_gone);
        let there = |event: &&Event| match event {
            Event::Arrived(htlc) => !is_gone(&htlc.incoming.key),
            Event::Unreadable(incoming) => !is_gone(&incoming.key),
            _ => true,
        };
        events.iter().filter(there).cloned().collect()
    }

    fn show(&mut self, events: &[Event]) {
        for event in events {
            let incoming = match event {
                Event::Arrived(htlc) => htlc.incoming,
                Event::Unreadable(incoming) => *incoming,
                _ => continue,
            };
            self.htlcs.entry(incoming.key).or_insert_with(|| ShownHtlc {
                event: event.clone(),
                payment_hash: incoming.payment_hash,
                verdict: None,
                told_gone: false,
                gone: false,
            });
        }
    }

    /// HTLCs whose verdict is known and that the receiver has not heard to be gone.
    fn resolved(&self) -> Vec<HtlcKey> {
        let open = self.htlcs.iter().filter(|(_, htlc)| htlc.verdict.is_some() && !htlc.gone);
        open.map(|(key, _)| *key).collect()
    }

    fn resolutions(&mut self) -> Vec<Event> {
        let keys = self.resolved();
        for key in &keys {
            self.htlcs.get_mut(key).expect("listed").told_gone = true;
        }
        keys.into_iter().map(Event::Resolved).collect()
    }

    fn heard(&mut self) {
        for htlc in self.htlcs.values_mut().filter(|htlc| htlc.told_gone) {
            htlc.gone = true;
        }
    }

    /// Effects leave: none may contradict an earlier one, and no preimage may be wrong.
    fn learn(&mut self, effects: &[Effect]) {
        for effect in effects {
            let key = effect.key();
            // A receiver that died before its answer may know HTLCs that are shown only now.
            let Some(htlc) = self.htlcs.get_mut(&key) else { continue };
            let verdict = match effect {
                Effect::Hold(_) => {
                    assert_eq!(htlc.verdict, None, "{key:?} is held after its verdict");
                    continue;
                }
                Effect::Settle { preimage, .. } => {
                    let hash = PaymentHash(sha256(preimage.as_bytes()));
                    assert_eq!(hash, htlc.payment_hash, "{key:?}: preimage-matches-hash");
                    Verdict::Settled(*preimage)
                }
                Effect::Fail { reason, .. } => Verdict::Failed(*reason),
            };
            let first = *htlc.verdict.get_or_insert(verdict);
            assert_eq!(first, verdict, "{key:?} has two verdicts");
        }
    }

    /// Every HTLC has met the fate that the history says, and the receiver holds nothing.
    pub(crate) fn check<S: Store>(&self, history: &History, receiver: &Durable<S>) {
        for (key, fate) in &history.fates {
            let verdict = self.htlcs.get(key).and_then(|htlc| htlc.verdict);
            match (fate, verdict) {
                (Fate::Settles, Some(Verdict::Settled(_))) => {}
                (Fate::Fails(reason), Some(Verdict::Failed(given))) if *reason == given => {}
                _ => panic!("{key:?}: {fate:?} expected, {verdict:?} found"),
            }
        }
        let metrics = receiver.receiver().metrics();
        assert_eq!((metrics.members, metrics.refused), (0, 0), "HTLCs are left");
    }
}

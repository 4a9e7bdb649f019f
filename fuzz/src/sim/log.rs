//! The log: what the receiver was shown, and what it said.

use ammeter_amp::receiver::{Effect, IncomingHtlc};
use ammeter_core::{HtlcKey, PaymentHash};

use crate::sim::{encode::Encoding, input::Input, model::Verdict, subject::Outcome};

/// An HTLC that was shown.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) incoming: IncomingHtlc,
    encoding: Encoding,
    bytes: Vec<u8>,
    /// Whether it was refused, and a receiver that forgets refusals may judge it anew.
    pub(super) forgotten: bool,
    /// Why it failed, in the receiver's words, if they are none of our reasons.
    pub(super) reason: Option<String>,
    /// The last effect on it.
    pub(super) verdict: Option<Verdict>,
    /// The receiver's life in which it was resolved. Each restart begins a life.
    pub(super) life: u32,
    /// The number of the input by which it was resolved.
    pub(super) resolved_at: u32,
    /// The receiver's life in which the last effect left.
    said_in: u32,
    /// Whether the node has told the receiver that it is gone.
    pub(super) gone: bool,
    /// Whether the receiver has certainly taken that input ([`Input::Resolved`]).
    acknowledged: bool,
    /// Whether it was shown again after it was resolved, and no effect has followed.
    pub(super) unanswered: bool,
}

/// One effect, and what was known about its HTLC before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    pub(super) key: HtlcKey,
    pub(super) now: Verdict,
    pub(super) before: Option<Verdict>,
    pub(super) life_before: u32,
    /// Whether the receiver had resolved it before in the same life.
    pub(super) repeated: bool,
    /// Whether the same input has already resolved it.
    pub(super) doubled: bool,
    pub(super) gone: bool,
    /// Whether the receiver has certainly taken [`Input::Resolved`] for it.
    pub(super) acknowledged: bool,
    /// Whether what was said before may have been forgotten on purpose.
    pub(super) forgotten_before: bool,
    /// `None` if no such HTLC was shown.
    pub(super) hash: Option<PaymentHash>,
}

impl Observed {
    /// An effect on an HTLC that was never shown.
    const NOTHING: Self = Self {
        key: HtlcKey { channel_id: 0, htlc_id: 0 },
        now: Verdict::Hold,
        before: None,
        life_before: 0,
        repeated: false,
        doubled: false,
        gone: false,
        acknowledged: false,
        forgotten_before: false,
        hash: None,
    };
}

/// The HTLCs that a receiver was shown, and its effects.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) entries: Vec<Entry>,
    /// Of the last input.
    pub(super) observed: Vec<Observed>,
    pub(super) life: u32,
    /// How many inputs there were, as a model counts them.
    inputs: u32,
}

impl Log {
    fn position(&self, key: HtlcKey) -> Option<usize> {
        self.entries.iter().position(|entry| entry.incoming.key == key)
    }

    pub(super) fn is_new(&self, key: HtlcKey) -> bool {
        self.position(key).is_none()
    }

    pub(super) fn show(&mut self, incoming: IncomingHtlc, encoding: Encoding, bytes: Vec<u8>) {
        self.entries.push(Entry {
            incoming,
            encoding,
            bytes,
            forgotten: false,
            reason: None,
            verdict: None,
            life: self.life,
            resolved_at: 0,
            said_in: self.life,
            gone: false,
            acknowledged: false,
            unanswered: false,
        });
    }

    /// An HTLC that is not gone.
    pub(super) fn shown(&self, key: HtlcKey) -> Option<(IncomingHtlc, Encoding, &[u8])> {
        let entry = &self.entries[self.position(key)?];
        (!entry.gone).then_some((entry.incoming, entry.encoding, &entry.bytes))
    }

    pub(super) fn is_here(&self, key: HtlcKey) -> bool {
        self.shown(key).is_some()
    }

    /// Whether it is resolved, and the node has not said that it is gone.
    pub(super) fn is_carried_out(&self, key: HtlcKey) -> bool {
        self.carried_out().contains(&key)
    }

    pub(super) fn carried_out(&self) -> Vec<HtlcKey> {
        let here = self.entries.iter().filter(|entry| !entry.gone && entry.is_resolved());
        here.map(|entry| entry.incoming.key).collect()
    }

    /// The HTLCs that the node shows again after a restart, in the other order every second time.
    pub(super) fn replayed(&self) -> Vec<HtlcKey> {
        let here = self.entries.iter().filter(|entry| !entry.gone);
        let mut keys: Vec<HtlcKey> = here.map(|entry| entry.incoming.key).collect();
        if self.life % 2 == 1 {
            keys.reverse();
        }
        keys
    }

    pub(super) fn gone(&mut self, key: HtlcKey) {
        if let Some(position) = self.position(key) {
            self.entries[position].gone = true;
        }
    }

    pub(super) fn restarted(&mut self) {
        self.life += 1;
        // The node shows each of them again.
        for entry in self.entries.iter_mut().filter(|entry| !entry.gone) {
            entry.unanswered = entry.is_resolved();
        }
    }

    pub(super) fn endings(self) -> Vec<(HtlcKey, Option<Verdict>)> {
        self.entries.into_iter().map(|entry| (entry.incoming.key, entry.verdict)).collect()
    }

    /// What the receiver calls the failures of these HTLCs, where its words are none of ours.
    pub(super) fn hear_reasons<'a>(
        &mut self,
        reasons: impl Iterator<Item = (HtlcKey, Option<&'a str>)>,
    ) {
        for (key, reason) in reasons {
            if let Some(position) = self.position(key) {
                self.entries[position].reason = reason.map(str::to_owned);
            }
        }
    }

    /// Why an HTLC failed, as the receiver says it.
    pub(super) fn reason(&self, key: HtlcKey) -> Option<&str> {
        self.entries[self.position(key)?].reason.as_deref()
    }

    /// Notes that a resolved HTLC was shown again, or that the receiver has taken the
    /// acknowledgement.
    pub(super) fn note_input(&mut self, input: &Input<'_>, outcome: Outcome) {
        self.inputs += 1;
        let (Input::Htlc { incoming: IncomingHtlc { key, .. }, .. } | Input::Resolved(key)) =
            *input
        else {
            return;
        };
        let Some(position) = self.position(key) else { return };
        let entry = &mut self.entries[position];
        match input {
            Input::Resolved(_) => entry.acknowledged |= outcome == Outcome::Done,
            _ => entry.unanswered = entry.is_resolved(),
        }
    }

    /// Logs the effects, each with what was known before it.
    pub(super) fn write_down(&mut self, effects: &[Effect]) {
        self.observed.clear();
        for effect in effects {
            let key = effect.key();
            let now = match *effect {
                Effect::Hold(_) => Verdict::Hold,
                Effect::Settle { preimage, .. } => Verdict::Settle(preimage),
                Effect::Fail { reason, .. } => Verdict::Fail(reason),
            };
            let mut observed = Observed { key, now, ..Observed::NOTHING };
            observed.doubled =
                self.observed.iter().any(|other| other.key == key && is_resolution(other.now));
            if let Some(position) = self.position(key) {
                let (life, inputs) = (self.life, self.inputs);
                let entry = &mut self.entries[position];
                observed.before = entry.verdict;
                observed.life_before = entry.life;
                observed.repeated = entry.is_resolved() && entry.said_in == life;
                observed.gone = entry.gone;
                observed.acknowledged = entry.acknowledged;
                observed.forgotten_before = entry.forgotten;
                observed.hash = Some(entry.incoming.payment_hash);
                entry.said_in = life;
                entry.unanswered = false;
                // An effect on an HTLC that is gone is checked, and changes nothing.
                if !entry.gone {
                    entry.verdict = Some(now);
                    if !observed.before.is_some_and(is_resolution) {
                        (entry.life, entry.resolved_at) = (life, inputs);
                    }
                }
            }
            self.observed.push(observed);
        }
    }
}

impl Entry {
    pub(super) const fn is_claimed(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Settle(_)))
    }

    pub(super) fn is_resolved(&self) -> bool {
        self.verdict.is_some_and(is_resolution)
    }
}

pub(super) const fn is_resolution(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Hold)
}

/// An HTLC's name in reports and traces: channel/number.
pub(super) fn name(key: HtlcKey) -> String {
    format!("{}/{}", key.channel_id, key.htlc_id)
}

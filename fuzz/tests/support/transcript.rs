//! The conversation that any correct receiver can take part in, made from histories and what our
//! receiver says to them.

use std::{fs, path::Path};

use ammeter_amp::{protocol, receiver::Effect};
use ammeter_fuzz::{
    adapter::{Around, Outcome, UnderTest, builtin::Builtin, process},
    sim::{
        coverage::Coverage,
        history::{Fault, Form, History},
        input::Input,
        invariants::Watch,
        profile::{self, Profile},
        world,
    },
};
use serde_json::{Value, json};

/// All lines, of the histories in `fuzz/receivers/scenarios` in the order of their names.
pub(crate) fn transcript() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("receivers/scenarios");
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| section(path)).collect()
}

fn section(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a trace");
    let note = text.lines().find_map(|line| line.strip_prefix("# ")).expect("a note");
    let history: History = text.parse().expect("a history");
    let lines = vec![json!({
        "note": note,
        "open": true,
        "versions": versions(&history),
        "policy": protocol::object(&history.policy),
    })];
    // An invoice has a preimage only where programs of `mpp` listen.
    let mpp = history.payments.iter().any(|payment| payment.form == Form::Mpp);
    let profile = if mpp { Profile::default() } else { Profile::undeclared() };
    let mut recorder = Recorder { subject: Builtin::new(), profile, lines };
    let ran = world::run(&history, &mut recorder, Watch::Rules, &mut Coverage::default());
    ran.unwrap_or_else(|violation| panic!("{}: {violation}", path.display()));
    recorder.lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The versions that a history needs.
fn versions(history: &History) -> Vec<&'static str> {
    let is_there = |form: &Form| history.payments.iter().any(|payment| payment.form == *form);
    Form::ALL.into_iter().filter(is_there).map(profile::version).collect()
}

struct Recorder {
    subject: Builtin,
    profile: Profile,
    lines: Vec<Value>,
}

impl Around for Recorder {
    type Inner = Builtin;

    fn inner(&self) -> &Builtin {
        &self.subject
    }

    fn inner_mut(&mut self) -> &mut Builtin {
        &mut self.subject
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        assert_eq!(fault, None, "crashes at rest can be had from outside");
        let outcome = self.subject.take(input, None, effects);
        let heard: Vec<Value> = effects.iter().map(answer).collect();
        self.lines.push(match process::event(input) {
            Some(event) => json!({"say": event, "hear": heard}),
            None => json!({"crash": true, "may": heard}),
        });
        outcome
    }
}

fn answer(effect: &Effect) -> Value {
    let key = effect.key();
    let (channel_id, htlc_id) = (key.channel_id.to_string(), key.htlc_id.to_string());
    let mut answer = json!({"channel_id": channel_id, "htlc_id": htlc_id});
    match effect {
        Effect::Hold(_) => answer["effect"] = "hold".into(),
        Effect::Settle { preimage, .. } => {
            answer["effect"] = "settle".into();
            answer["preimage"] = format!("{preimage:x}").into();
        }
        Effect::Fail { reason, .. } => {
            answer["effect"] = "fail".into();
            answer["reason"] = reason.name().into();
        }
    }
    answer
}

//! Protocol 2: the events say where the state is, and one process serves many histories.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{self, Sender},
    },
    thread,
};

use ammeter_amp::{
    protocol::{self, Line},
    receiver::Policy,
    service::Service,
    store::MemoryStore,
};

use super::{
    Arguments, End, each_line,
    intake::{Intake, Returns},
    outcome, start, wait,
};
use crate::console::{Outcome, Refusal};

/// The receiver of the history at hand, and where its state is.
type Current = Arc<Mutex<Option<(Service, PathBuf)>>>;

/// Reads events until there are no more, and answers each.
pub fn run(arguments: &Arguments) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    // Nothing less: `mpp` has to be said.
    let profile = r#"{"versions":["basic","adaptive","committed","tree","lnd","mpp"]}"#;
    let hello = format!(
        r#"{{"hello":{{"protocol":2,"name":"ammeter","version":"{version}","profile":{profile}}}}}"#
    );
    let said = writeln!(io::stdout(), "{hello}").and_then(|()| io::stdout().flush());
    let (ended, ends) = mpsc::channel();
    if let Err(error) = said {
        return outcome(End::Output(error), Ok(()), Path::new(""));
    }
    let opener = Opener {
        policy: arguments.operator.policy,
        batch_max: arguments.batch_max as usize,
        ended: ended.clone(),
    };
    let intake = Intake::new(arguments.node.peeler()?);
    let current = Current::default();
    read(Arc::clone(&current), opener, intake, ended);
    let end = wait(&ends);
    let last = current.lock().expect("nobody panics with it").take();
    let (stopped, place) = match last {
        Some((service, place)) => (service.shut_down(), place),
        None => (Ok(()), PathBuf::new()),
    };
    // An answer that nobody could be given may be later news than the end of input.
    let end = ends.try_iter().find(|end| matches!(end, End::Output(_))).unwrap_or(end);
    outcome(end, stopped, &place)
}

/// Reads on a thread of its own, which nobody joins: it may wait for a line that never comes.
fn read(current: Current, opener: Opener, mut intake: Intake, ended: Sender<End>) {
    thread::spawn(move || {
        let taken = each_line(io::stdin().lock(), |text, bad| {
            let mut current = current.lock().expect("nobody panics with it");
            let line = Line::read(text).map_err(|error| bad(error.to_string()))?;
            if let Line::Open(open) = line {
                let policy = opener.policy(&open).map_err(|error| bad(error.to_string()))?;
                let last = current.take().map(|(service, _)| service.shut_down());
                last.unwrap_or(Ok(())).map_err(End::Stopped)?;
                let opened = opener.open(open.state, policy, intake.begin());
                *current = Some(opened.map_err(End::Bad)?);
                return Ok(());
            }
            let event = intake.event(&line).map_err(|error| bad(error.to_string()))?;
            let nothing = || bad("event: nothing is open".into());
            let (Some(event), Some((service, _))) = (event, current.as_ref()) else {
                return Err(nothing());
            };
            service.handle().submit(event).map(drop).map_err(End::Stopped)
        });
        let end = taken.map_or_else(|end| end, |()| End::Input);
        // If nobody listens it is over already.
        let _ = ended.send(end);
    });
}

/// What it needs to open a history.
struct Opener {
    /// What the flags say; `open` may say otherwise.
    policy: Policy,
    batch_max: usize,
    ended: Sender<End>,
}

impl Opener {
    fn policy(&self, open: &protocol::Open) -> Result<Policy, protocol::FieldError> {
        let mut policy = self.policy;
        protocol::apply(&open.policy, &mut policy).map(|()| policy)
    }

    fn open(
        &self,
        state: Option<PathBuf>,
        policy: Policy,
        returns: Arc<Returns>,
    ) -> Result<(Service, PathBuf), Refusal> {
        let place = state.clone().unwrap_or_else(|| "memory".into());
        let (batch_max, ways) = (self.batch_max, (returns, self.ended.clone()));
        let service = match state {
            Some(folder) => start(policy, super::open(&folder)?, &place, batch_max, ways)?,
            None => start(policy, MemoryStore::new(), &place, batch_max, ways)?,
        };
        Ok((service, place))
    }
}

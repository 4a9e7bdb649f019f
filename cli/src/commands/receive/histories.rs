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

use ammeter_amp::{service::Service, store::MemoryStore};

use super::{
    End, each_line,
    line::{Line, Open, line},
    outcome, start, wait,
};
use crate::console::{Outcome, Refusal};

/// The receiver of the history at hand, and where its state is.
type Current = Arc<Mutex<Option<(Service, PathBuf)>>>;

/// Reads events until there are no more, and answers each.
pub fn run(batch_max: usize) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    let hello = format!(r#"{{"hello":{{"protocol":2,"name":"ammeter","version":"{version}"}}}}"#);
    let said = writeln!(io::stdout(), "{hello}").and_then(|()| io::stdout().flush());
    let (ended, ends) = mpsc::channel();
    if let Err(error) = said {
        return outcome(End::Output(error), Ok(()), Path::new(""));
    }
    let current = Current::default();
    read(Arc::clone(&current), batch_max, ended);
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
fn read(current: Current, batch_max: usize, ended: Sender<End>) {
    thread::spawn(move || {
        let taken = each_line(io::stdin().lock(), |text, bad| {
            let mut current = current.lock().expect("nobody panics with it");
            match line(text).map_err(bad)? {
                Line::Event(event) => {
                    let nothing = || bad("event: nothing is open".into());
                    let (service, _) = current.as_ref().ok_or_else(nothing)?;
                    service.handle().submit(*event).map(drop).map_err(End::Stopped)
                }
                Line::Open(open) => {
                    let last = current.take().map(|(service, _)| service.shut_down());
                    last.unwrap_or(Ok(())).map_err(End::Stopped)?;
                    *current = Some(opened(*open, batch_max, ended.clone()).map_err(End::Bad)?);
                    Ok(())
                }
            }
        });
        let end = taken.map_or_else(|end| end, |()| End::Input);
        // If nobody listens it is over already.
        let _ = ended.send(end);
    });
}

fn opened(
    Open { state, policy }: Open,
    batch_max: usize,
    ended: Sender<End>,
) -> Result<(Service, PathBuf), Refusal> {
    let place = state.clone().unwrap_or_else(|| "memory".into());
    let service = match state {
        Some(folder) => start(policy, super::open(&folder)?, &place, batch_max, ended)?,
        None => start(policy, MemoryStore::new(), &place, batch_max, ended)?,
    };
    Ok((service, place))
}

//! Lines to a program and lines from it: none longer than a limit, none later than a limit.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel},
    thread,
    time::Duration,
};

use crate::backend::Failure;

/// Bytes of the longest line that is read.
pub(super) const LINE_BYTES_MAX: usize = 1024;

/// Lines that may wait unread; a program that writes more is held up until they are read.
const LINES_WAITING_MAX: usize = 16;

/// What is shown of a line that was not understood.
const SHOWN_CHARS_MAX: usize = 80;

/// Both directions. Whoever ends it closes the program's input, which asks the program to end.
pub(super) struct Conversation {
    /// Missing only while a long request is written.
    to: Option<Box<dyn Write + Send>>,
    from: Receiver<io::Result<String>>,
}

impl Conversation {
    /// Reads `from` in a thread of its own, which ends with the input or with the conversation.
    pub(super) fn new(to: impl Write + Send + 'static, from: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(LINES_WAITING_MAX);
        thread::spawn(move || read_lines(from, &sender));
        Self { to: Some(Box::new(to)), from: receiver }
    }

    /// Sends a request of one short line.
    pub(super) fn ask(&mut self, request: &str) -> Result<(), Failure> {
        self.nothing_waits(request)?;
        let to = self.to.as_mut().ok_or_else(|| Failure("its input is closed".into()))?;
        to.write_all(format!("{request}\n").as_bytes())
            .and_then(|()| to.flush())
            .map_err(|error| Failure(format!("`{request}` could not be sent: {error}")))
    }

    /// Sends many lines. A thread writes them: a program that does not read would hold us up for
    /// good.
    pub(super) fn ask_at_length(&mut self, text: String, limit: Duration) -> Result<(), Failure> {
        self.nothing_waits("load")?;
        let mut to = self.to.take().ok_or_else(|| Failure("its input is closed".into()))?;
        let (sender, written) = channel();
        thread::spawn(move || {
            let result = to.write_all(text.as_bytes()).and_then(|()| to.flush());
            // Nobody waits any more if the limit is over; then the program's input closes here.
            let _ = sender.send((to, result));
        });
        let (to, result) = written.recv_timeout(limit).map_err(|_| {
            Failure(format!("the workload was not read within {:.1} s", limit.as_secs_f64()))
        })?;
        self.to = Some(to);
        result.map_err(|error| Failure(format!("the workload could not be sent: {error}")))
    }

    /// A line that came before it was asked for would be taken for the answer to what comes next.
    fn nothing_waits(&self, request: &str) -> Result<(), Failure> {
        match self.from.try_recv() {
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(()),
            Ok(Ok(line)) => {
                Err(Failure(format!("it said `{}` before `{request}`, unasked", shown(&line))))
            }
            Ok(Err(error)) => Err(Failure(error.to_string())),
        }
    }

    /// The next line, of which `awaited` says what it should be.
    pub(super) fn line(&mut self, limit: Duration, awaited: &str) -> Result<String, Failure> {
        let line = match self.from.recv_timeout(limit) {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(Failure(format!("{error}; awaited: {awaited}"))),
            Err(RecvTimeoutError::Timeout) => {
                let seconds = limit.as_secs_f64();
                return Err(Failure(format!(
                    "no answer within {seconds:.1} s; awaited: {awaited}"
                )));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure(format!("its output ended; awaited: {awaited}")));
            }
        };
        match line.strip_prefix("error ") {
            Some(reason) => Err(Failure(format!("it says: {}", shown(reason)))),
            None => Ok(line),
        }
    }
}

/// As much of a line as a message can bear, without control characters.
pub(super) fn shown(line: &str) -> String {
    let mut shown: String =
        line.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if line.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

fn read_lines(from: impl Read, to: &SyncSender<io::Result<String>>) {
    let mut from = BufReader::new(from);
    loop {
        let line = read_line(&mut from);
        let is_last = !matches!(line, Ok(Some(_)));
        let delivered = line.transpose().is_none_or(|line| to.send(line).is_ok());
        if is_last || !delivered {
            return;
        }
    }
}

/// The next line without its end; `None` at the end of the input.
fn read_line(from: &mut BufReader<impl Read>) -> io::Result<Option<String>> {
    let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let mut bytes = Vec::new();
    from.by_ref().take(LINE_BYTES_MAX as u64 + 2).read_until(b'\n', &mut bytes)?;
    match bytes.pop() {
        None => return Ok(None),
        Some(b'\n') => {}
        Some(_) if bytes.len() > LINE_BYTES_MAX => {
            return Err(invalid(format!("it wrote a line of more than {LINE_BYTES_MAX} bytes")));
        }
        Some(_) => return Err(invalid("its output ended in the middle of a line".into())),
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        invalid(format!("it wrote a line that is not UTF-8 at offset {offset}"))
    })
}

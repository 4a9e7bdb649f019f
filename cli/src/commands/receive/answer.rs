//! Effects as JSON lines.

use std::io::{self, Write};

use ammeter_amp::{receiver::Effect, service::Batch};

/// Writes what follows from each batch, whole batches at a time.
pub struct Answers<W> {
    output: W,
    lines: Vec<u8>,
}

impl<W: Write> Answers<W> {
    pub fn new(output: W) -> Self {
        Self { output, lines: Vec::new() }
    }

    /// One line for each effect, and one that says how many events are done.
    pub fn write(&mut self, batch: &Batch<'_>) -> io::Result<()> {
        self.lines.clear();
        for effect in batch.effects {
            write_effect(&mut self.lines, effect)?;
        }
        writeln!(self.lines, r#"{{"done":{}}}"#, batch.done)?;
        self.output.write_all(&self.lines)?;
        self.output.flush()
    }
}

/// Numbers and names of ours: nothing that JSON would have to escape.
fn write_effect(line: &mut Vec<u8>, effect: &Effect) -> io::Result<()> {
    let name = match effect {
        Effect::Hold(_) => "hold",
        Effect::Settle { .. } => "settle",
        Effect::Fail { .. } => "fail",
    };
    let key = effect.key();
    let (channel_id, htlc_id) = (key.channel_id, key.htlc_id);
    write!(line, r#"{{"effect":"{name}","channel_id":"{channel_id}","htlc_id":"{htlc_id}""#)?;
    match effect {
        Effect::Hold(_) => {}
        Effect::Settle { preimage, .. } => write!(line, r#","preimage":"{preimage:x}""#)?,
        Effect::Fail { reason, .. } => write!(line, r#","reason":"{reason}""#)?,
    }
    writeln!(line, "}}")
}

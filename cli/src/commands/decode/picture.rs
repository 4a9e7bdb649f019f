//! A message on a terminal: a line and a colour for each field, and the fault underlined in the
//! hex.

use std::{fmt::Write as _, ops::Range};

use ammeter_amp::eob::{Error, Field, cursor::Cursor, field::NoVisitor};
use anstyle::{AnsiColor, Effects, Style};

use crate::wire::{Reading, hex};

/// Bytes in one line of hex.
const LINE_BYTES: usize = 16;

/// Neighbouring fields have different colours.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightWhite,
];

/// Fields, and the fault if there is one.
pub(super) fn draw(reading: &Reading, input: &[u8]) -> String {
    let mut text = String::new();
    let (title, size) = (reading.format.title(), input.len());
    let _ = writeln!(text, "{title}, {size} bytes\n\n offset  field             bytes");
    for (position, seen) in reading.fields.iter().enumerate() {
        // Room that a field does not need is not worth a line; a number without bytes is zero.
        if seen.span.is_empty() && number(seen.field, &[]).is_none() {
            continue;
        }
        let style = COLOURS[position % COLOURS.len()].on_default();
        draw_field(&mut text, style, seen.field, seen.span.start, &input[seen.span.clone()]);
    }
    if let Err(error) = &reading.message {
        draw_fault(&mut text, error, input);
    }
    text
}

/// Offset, name, bytes, and what the bytes mean as a number. Long fields take several lines.
fn draw_field(text: &mut String, style: Style, field: Field, offset: usize, bytes: &[u8]) {
    let meaning = number(field, bytes).map(|number| format!("= {number}")).unwrap_or_default();
    let mut lines = bytes.chunks(LINE_BYTES);
    let first = hex(lines.next().unwrap_or_default());
    let line = format!("{offset:7}  {field:16}  {style}{first}{style:#}  {meaning}");
    let _ = writeln!(text, "{}", line.trim_end());
    for line in lines {
        let _ = writeln!(text, "{:27}{style}{}{style:#}", "", hex(line));
    }
}

/// The lines of hex around the fault, with a line of marks under each that it touches.
fn draw_fault(text: &mut String, error: &Error, input: &[u8]) {
    const WRONG: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
    let wrong = error.offset..error.offset + error.size;
    let first = (wrong.start / LINE_BYTES).saturating_sub(1);
    // A fault of many bytes is clear from where it starts.
    let last =
        (wrong.end.saturating_sub(1) / LINE_BYTES).clamp(wrong.start / LINE_BYTES, first + 4);
    text.push('\n');
    for line in first..=last {
        let start = line * LINE_BYTES;
        let end = (start + LINE_BYTES).min(input.len());
        let _ = write!(text, "{start:7}  ");
        for (offset, byte) in (start..).zip(input.get(start..end).unwrap_or_default()) {
            match wrong.contains(&offset) {
                true => _ = write!(text, "{WRONG}{byte:02x}{WRONG:#}"),
                false => _ = write!(text, "{byte:02x}"),
            }
        }
        text.push('\n');
        if let Some(marks) = marks(&wrong, start) {
            let _ = writeln!(text, "{:9}{WRONG}{marks}{WRONG:#}", "");
        }
    }
}

/// `^^` under each wrong byte of the line at `start`; one `^` where bytes are missing.
fn marks(wrong: &Range<usize>, start: usize) -> Option<String> {
    let line = start..start + LINE_BYTES;
    if wrong.is_empty() {
        let here = line.contains(&wrong.start);
        return here.then(|| format!("{}^", "  ".repeat(wrong.start - start)));
    }
    let marked = wrong.start.max(line.start)..wrong.end.min(line.end);
    (!marked.is_empty()).then(|| {
        let (indent, count) = (marked.start - start, marked.len());
        format!("{}{}", "  ".repeat(indent), "^^".repeat(count))
    })
}

/// The number that a field's bytes encode, if they encode one.
fn number(field: Field, bytes: &[u8]) -> Option<u64> {
    match field {
        Field::Realm
        | Field::ShortChannelId
        | Field::Amount
        | Field::Cltv
        | Field::Version
        | Field::PartCount
        | Field::Weight
        | Field::ChildIndex
        | Field::TotalAmount
        | Field::BlobType => {
            Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        }
        Field::PayloadLength | Field::RecordType | Field::RecordLength => {
            Cursor::new(bytes, NoVisitor).bigsize(field).ok()
        }
        Field::FragmentLength => bytes.first().map(|byte| u64::from(byte & 0x7f)),
        Field::Padding
        | Field::Hmac
        | Field::PaymentId
        | Field::Commitment
        | Field::Share
        | Field::UnusedByte
        | Field::ForwardFrame
        | Field::Filler
        | Field::RecordValue
        | Field::PaymentSecret
        | Field::SetId
        | Field::BlobData
        | Field::UnusedData => None,
    }
}

//! `ammeter decode`: prints a message field by field, or the offset of its fault.

mod failure;
mod input;
mod onion;
mod picture;

use ammeter_amp::eob::{
    size::RUN_BYTES,
    size::{FINAL_HOP_BYTES_MAX, FRAME_BYTES},
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::{
    console::{self, Done, Outcome, Refusal},
    onion::{Node, Peeler},
    wire::{self, Format, Reading, hex},
};

/// What to decode, and as what.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Hexadecimal digits; @FILE for a file of digits or of bytes; - for standard input
    #[arg(value_name = "HEX|@FILE|-")]
    input: String,
    /// Format of the bytes
    #[arg(long, value_enum, default_value_t = Choice::Auto)]
    format: Choice,
    #[command(flatten)]
    node: Node,
    /// Payment hash of the onion's HTLC, 64 hexadecimal digits: the onion's hmac covers it
    #[arg(long, value_name = "HEX", requires = "key")]
    payment_hash: Option<String>,
    /// The bytes are a failure that came back: which hop made it, and why. What the sender shares
    /// with each hop, as `send --route` prints it, the first hop's first: 64 hexadecimal digits
    /// each; or @FILE for a file of them
    #[arg(long, value_name = "HEX,…|@FILE", conflicts_with_all = ["key", "format"])]
    shared_secrets: Option<String>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The first format that accepts the bytes; if none does, the most similar one
    Auto,
    /// A final hop's legacy frame or two; 1300 bytes are a run of frames
    Frame,
    /// A final hop's TLV payload, from its length to its hmac
    Tlv,
    /// The blob of lightning-onion pull request 31, its frames with their hmacs
    Pr31,
}

/// Decodes. Bytes that are wrong are bad input: exit code 2.
pub fn run(arguments: &Arguments) -> Outcome {
    let input = input::read(&arguments.input)?;
    if let Some(secrets) = &arguments.shared_secrets {
        let shown = failure::show(&input, &failure::secrets(secrets)?)?;
        print(arguments, &shown.json, &shown.text)?;
        return Ok(Done::Fine);
    }
    if let Some(peeler) = arguments.node.peeler()? {
        return run_onion(arguments, &peeler, &input);
    }
    let reading = read(arguments.format, &input);
    print(arguments, &to_json(&reading, &input), &picture::draw(&reading, &input))?;
    match &reading.message {
        Ok(_) => Ok(Done::Fine),
        Err(error) => Err(Refusal::of(format_args!("not {}", reading.format.title()), error)),
    }
}

/// Peels an onion and shows what is in it. One that cannot be peeled is bad input as well.
fn run_onion(arguments: &Arguments, peeler: &Peeler, onion: &[u8]) -> Outcome {
    let digits = arguments.payment_hash.as_deref();
    let digits = digits.ok_or_else(|| Refusal::of("--payment-hash", "--key needs it"))?;
    let hash = ammeter_core::hex::decode32(digits.as_bytes())
        .map_err(|error| Refusal::of("--payment-hash", error))?;
    let peeled = peeler.peel(onion, &hash).map_err(|error| Refusal::of("the onion", error))?;
    let shown = onion::show(&peeled);
    print(arguments, &shown.json, &shown.text)?;
    shown.fault.map_or(Ok(Done::Fine), Err)
}

/// One of the two, as `--json` says.
fn print(arguments: &Arguments, json: &Value, text: &str) -> Result<(), Refusal> {
    match arguments.json {
        true => console::print(&format!("{json:#}\n")),
        false => console::print(text),
    }
}

fn read(choice: Choice, input: &[u8]) -> Reading {
    match choice {
        Choice::Frame if input.len() == RUN_BYTES => wire::read(Format::Run, input),
        Choice::Frame => wire::read(Format::Frame, input),
        Choice::Tlv => wire::read(Format::Tlv, input),
        Choice::Pr31 => wire::read(Format::Pr31, input),
        Choice::Auto => best(input),
    }
}

/// The first format that accepts the bytes, else the most similar one.
fn best(input: &[u8]) -> Reading {
    let mut readings: Vec<_> =
        Format::ALL.into_iter().map(|format| wire::read(format, input)).collect();
    let accepted = readings.iter().position(|reading| reading.message.is_ok());
    let format = shape(input.len(), &readings[0]);
    let likely = readings.iter().position(|reading| reading.format == format);
    readings.swap_remove(accepted.or(likely).expect("every format was tried"))
}

/// The format that wrong bytes were probably meant to have. Frames are known by their length; bytes
/// that read as a frame up to the version are a frame that was cut off.
fn shape(length: usize, as_frame: &Reading) -> Format {
    const VERSION: usize = 21;
    match length {
        FRAME_BYTES | FINAL_HOP_BYTES_MAX => Format::Frame,
        RUN_BYTES => Format::Run,
        1.. if length.is_multiple_of(FRAME_BYTES) => Format::Pr31,
        _ if as_frame.message.as_ref().is_err_and(|error| error.offset > VERSION) => Format::Frame,
        _ => Format::Tlv,
    }
}

fn to_json(reading: &Reading, input: &[u8]) -> Value {
    let fields: Vec<_> = reading
        .fields
        .iter()
        .map(|seen| {
            json!({
                "offset": seen.span.start,
                "size": seen.span.len(),
                "field": seen.field.name(),
                "hex": hex(&input[seen.span.clone()]),
            })
        })
        .collect();
    let (format, size) = (reading.format.name(), input.len());
    match &reading.message {
        Ok(message) => {
            json!({ "format": format, "size": size, "message": message, "fields": fields })
        }
        Err(error) => {
            let (offset, why) = (error.offset, error.fault.to_string());
            let fault = json!({ "offset": offset, "size": error.size, "why": why });
            json!({ "format": format, "size": size, "fault": fault, "fields": fields })
        }
    }
}

//! Messages of every format without their types: which fields lie where, and the message as JSON.
//!
//! What `ammeter decode` shows and what the published vectors hold is the same JSON. 64-bit
//! integers are decimal strings in it, because many readers of JSON have no more than 53 bits for a
//! number.

use std::ops::Range;

use ammeter_amp::{
    eob::{
        Eob, Error, Field, FinalHop, Message, Run,
        pr31::Blob,
        size::RUN_BYTES,
        tlv::{self, Payload},
        writer::Writer,
    },
    sender::{Leg, Part, Plan, SeedRng},
};
use serde_json::{Map, Value, json};

/// A format that can be read without further knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A final hop's legacy frame, or two.
    Frame,
    /// 20 legacy frames.
    Run,
    /// A final hop's TLV payload.
    Tlv,
    /// The blob of lightning-onion pull request 31.
    Pr31,
}

impl Format {
    /// All.
    pub const ALL: [Self; 4] = [Self::Frame, Self::Run, Self::Tlv, Self::Pr31];

    /// Its name on a terminal.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Frame => "a final hop's frames",
            Self::Run => "a run of frames",
            Self::Tlv => "a TLV payload",
            Self::Pr31 => "a blob of pull request 31",
        }
    }

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Run => "run",
            Self::Tlv => "tlv",
            Self::Pr31 => "pr31",
        }
    }
}

/// A field and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub field: Field,
    /// The offsets of its bytes.
    pub span: Range<usize>,
}

/// The result of reading some bytes.
#[derive(Debug)]
pub struct Reading {
    /// The format in which they were read.
    pub format: Format,
    /// Every field up to the fault, if there is one.
    pub fields: Vec<Seen>,
    /// The message, or what is wrong with it.
    pub message: Result<Value, Error>,
    /// The message, written again. If these are other bytes than the input, the parser has a bug.
    pub written: Vec<u8>,
}

/// Reads `input` as one format.
pub fn read(format: Format, input: &[u8]) -> Reading {
    match format {
        Format::Frame => read_as(format, input, final_hop),
        Format::Run => read_as(format, input, run),
        Format::Tlv => read_as(format, input, payload),
        Format::Pr31 => read_as(format, input, blob),
    }
}

fn read_as<'a, M: Message<'a>>(
    format: Format,
    input: &'a [u8],
    to_json: fn(&M) -> Value,
) -> Reading {
    let mut fields = Vec::new();
    let read = M::decode_with(input, |field, span| fields.push(Seen { field, span }));
    let written = match &read {
        Ok(message) => write(message),
        Err(_) => Vec::new(),
    };
    Reading { format, fields, message: read.map(|message| to_json(&message)), written }
}

/// A message's bytes.
pub fn write<'a>(message: &impl Message<'a>) -> Vec<u8> {
    let mut bytes = vec![0; message.size()];
    message.encode(&mut bytes).expect("a buffer of the message's size");
    bytes
}

/// The bytes of the onion that the receiver gets with `part`.
pub fn told(plan: &dyn Plan<SeedRng>, part: &Part, leg: Leg) -> Vec<u8> {
    let mut bytes = vec![0; RUN_BYTES];
    let mut writer = Writer::new(&mut bytes);
    plan.write(part, leg, &mut writer);
    writer.finish().expect("a part is shorter than an onion").to_vec()
}

/// Two lower-case digits a byte.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    use std::fmt::Write as _;
    bytes.as_ref().iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a string takes everything");
        digits
    })
}

/// A final hop's frames.
pub fn final_hop(hop: &FinalHop<'_>) -> Value {
    let mut fields = object(json!({
        "version": hop.eob.name(),
        "realm": hop.realm,
        "amount_msat": hop.amount_msat.0.to_string(),
        "cltv": hop.cltv_expiry,
    }));
    fields.append(&mut object(match &hop.eob {
        Eob::None => json!({}),
        Eob::Basic(basic) => json!({
            "n": basic.part_count(),
            "weight": basic.weight(),
            "id": hex(basic.id()),
            "share": hex(basic.share()),
        }),
        Eob::Adaptive(adaptive) => json!({
            "n": adaptive.part_count,
            "id": hex(adaptive.id),
            "share": hex(adaptive.share),
        }),
        Eob::Committed(committed) => json!({
            "id": hex(committed.id),
            "commitment": hex(committed.commitment),
            "share": hex(committed.share),
        }),
        Eob::Tree(tree) => json!({
            "index": tree.index,
            "id": hex(tree.id),
            "share": hex(tree.share),
        }),
    }));
    Value::Object(fields)
}

/// A run of frames.
pub fn run(run: &Run<'_>) -> Value {
    json!({
        "forwards": run.forwards().iter().map(hex).collect::<Vec<_>>(),
        "final_hop": final_hop(&run.final_hop),
        "filler": hex(run.filler()),
    })
}

/// A final hop's payload.
pub fn payload(payload: &Payload<'_>) -> Value {
    let mut fields = object(json!({
        "amount_msat": payload.amount_msat.0.to_string(),
        "cltv": payload.cltv_expiry,
    }));
    if let Some(tlv::Part { payment_data, amp }) = &payload.part {
        fields.append(&mut object(json!({
            "payment_secret": hex(payment_data.payment_secret),
            "total_msat": payment_data.total_msat.0.to_string(),
        })));
        if let Some(amp) = amp {
            fields.append(&mut object(json!({
                "share": hex(amp.share()),
                "set_id": hex(amp.set_id()),
                "child_index": amp.child_index(),
            })));
        }
    }
    let extra: Vec<_> = payload
        .extra
        .iter()
        .map(|record| json!({ "type": record.kind.to_string(), "value": hex(record.value) }))
        .collect();
    fields.insert("extra".into(), extra.into());
    Value::Object(fields)
}

/// A pivot and its blob.
pub fn blob(blob: &Blob<'_>) -> Value {
    json!({
        "realm": blob.pivot.realm,
        "short_channel_id": blob.pivot.short_channel_id.to_string(),
        "amount_msat": blob.pivot.amount_msat.0.to_string(),
        "cltv": blob.pivot.cltv_expiry,
        "type": blob.blob_type().name(),
        "data": hex(blob.pieces().collect::<Vec<_>>().concat()),
        "hmacs": blob.hmacs().map(hex).collect::<Vec<_>>(),
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => unreachable!("built as an object: {other}"),
    }
}

//! `ammeter send`: the parts of one payment, ready to be put into onions, as JSON.

mod route;

use ammeter_amp::{
    onion::{Onion, PublicKey, Told},
    sender::{
        Adaptive, Committed, Fixed, Leg, MultiPath, Part, Payment, Plan, PlanError, Purpose, Seed,
        SeedRng, Shards, Tree, amounts,
    },
};
use ammeter_core::{Engine, Hash, Msat, PaymentHash};
use clap::{Args, ValueEnum, value_parser};
use rand_core::Rng as _;
use serde_json::{Value, json};

use crate::{
    console::{self, Done, Outcome, Refusal},
    wire::{self, hex},
};

/// More parts than any set of HTLCs has. All parts are in memory until they are printed.
const PARTS_MAX: i64 = 1 << 16;

/// What to pay, how, and in how many parts.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How parts are made, and their wire format
    #[arg(long, value_enum)]
    scheme: Form,
    /// The amount of the payment, in millisatoshi
    #[arg(long, value_name = "MSAT", value_parser = value_parser!(u64).range(1..))]
    amount: u64,
    /// Number of parts; their amounts differ by 1 msat at most
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = value_parser!(u32).range(1..=PARTS_MAX))]
    parts: u32,
    /// Number of shares, if there are more than parts: the last part carries the rest (basic only)
    #[arg(long, value_name = "N")]
    shares: Option<u32>,
    /// Hash function: sha256 or blake3
    #[arg(long, default_value = "sha256", value_name = "HASH")]
    hash: Hash,
    /// Seed of everything random, 64 hexadecimal digits; default: from the operating system
    #[arg(long, value_name = "HEX")]
    seed: Option<String>,
    /// Payment id (lnd, mpp: payment secret) of an invoice, 64 hexadecimal digits; default:
    /// spontaneous, which mpp cannot be
    #[arg(long, value_name = "HEX", required_if_eq("scheme", "mpp"))]
    invoice: Option<String>,
    /// Payment hash of the invoice, 64 hexadecimal digits (mpp only)
    #[arg(long, value_name = "HEX", required_if_eq("scheme", "mpp"))]
    payment_hash: Option<String>,
    /// Realm (chain) of the parts; of several, as in 0,1, the parts take turns
    #[arg(long, value_name = "REALM", value_delimiter = ',', default_value = "0")]
    realm: Vec<u8>,
    /// Block height at which the HTLCs expire
    #[arg(long, value_name = "HEIGHT", default_value_t = 800_000)]
    cltv: u32,
    /// Public keys of the nodes on every part's route, the receiver's last; parts are in onions
    /// then. The k-th node forwards over channel k, takes no fee and 40 blocks
    #[arg(long, value_name = "KEY,…", value_delimiter = ',', value_parser = crate::onion::public_key)]
    route: Vec<PublicKey>,
    /// Print events for `ammeter receive` instead, one line a part
    #[arg(long)]
    events: bool,
    /// Channel id of these HTLCs
    #[arg(long, value_name = "ID", default_value_t = 1, requires = "events")]
    channel: u64,
    /// HTLC id of the first; the others follow
    #[arg(long, value_name = "ID", default_value_t = 0, requires = "events")]
    first_htlc: u64,
    /// JSON on standard output (the only output of this command)
    #[arg(long)]
    json: bool,
}

/// A scheme and its wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Version 1: every part says n
    #[value(alias = "og")]
    Basic,
    /// Version 2: later parts say n
    Adaptive,
    /// Version 3: every part says H(BP)
    Committed,
    /// Version 4: parts are leaves of a tree of splits, up to 256
    Tree,
    /// What lnd ships, in TLV payloads
    Lnd,
    /// Base multi-path payments of BOLT 4, in TLV payloads: one hash, and no shares
    Mpp,
}

impl Form {
    /// Whether its parts are told in TLV payloads, and not in frames.
    const fn is_tlv(self) -> bool {
        matches!(self, Self::Lnd | Self::Mpp)
    }
}

/// Plans the payment and prints its parts.
pub fn run(arguments: &Arguments) -> Outcome {
    let (payment, payment_hash) = (payment(arguments)?, payment_hash(arguments)?);
    let sent = send(arguments, payment, payment_hash)
        .map_err(|error| Refusal::of("--amount, --parts, --shares", error))?;
    let onions = onions(arguments, &sent)?;
    let text = match arguments.events {
        true => {
            let events = to_events(arguments, &sent, &onions);
            events.iter().map(|event| format!("{event}\n")).collect()
        }
        false => format!("{:#}\n", to_json(arguments, &sent, &onions)),
    };
    console::print(&text)?;
    Ok(Done::Fine)
}

fn payment(arguments: &Arguments) -> Result<Payment<SeedRng>, Refusal> {
    let seed = match &arguments.seed {
        Some(digits) => Seed::from_hex(digits).map_err(|error| Refusal::of("--seed", error))?,
        None => Seed::random().map_err(|error| Refusal::of("the operating system", error))?,
    };
    let purpose = match &arguments.invoice {
        Some(digits) => {
            let name = ammeter_core::hex::decode32(digits.as_bytes());
            Purpose::Invoice(name.map_err(|error| Refusal::of("--invoice", error))?)
        }
        None => Purpose::Spontaneous,
    };
    if arguments.shares.is_some() && arguments.scheme != Form::Basic {
        return Err(Refusal::of("--shares", "only basic parts carry more than one share"));
    }
    if arguments.scheme.is_tlv() && arguments.realm.iter().any(|realm| *realm != 0) {
        return Err(Refusal::of("--realm", "a TLV payload names no chain"));
    }
    let engine = Engine::new(arguments.hash).map_err(|missing| Refusal::of("--hash", missing))?;
    Ok(Payment::new(Msat(arguments.amount), purpose, engine, seed.rng()))
}

/// What the parts of an `mpp` payment are locked to; zeros for all others, which derive it.
fn payment_hash(arguments: &Arguments) -> Result<PaymentHash, Refusal> {
    let mpp = arguments.scheme == Form::Mpp;
    let Some(digits) = &arguments.payment_hash else { return Ok(PaymentHash::ZERO) };
    if !mpp {
        return Err(Refusal::of("--payment-hash", "only mpp parts have the hash of an invoice"));
    }
    PaymentHash::from_hex(digits).map_err(|error| Refusal::of("--payment-hash", error))
}

/// A plan and all its parts.
struct Sent {
    plan: Box<dyn Plan<SeedRng>>,
    parts: Vec<Part>,
}

fn send(
    arguments: &Arguments,
    payment: Payment<SeedRng>,
    payment_hash: PaymentHash,
) -> Result<Sent, PlanError> {
    let amounts: Vec<_> = amounts::even(payment.total(), arguments.parts)?.collect();
    let mut plan: Box<dyn Plan<SeedRng>> = match arguments.scheme {
        Form::Basic => Box::new(Fixed::new(payment, arguments.shares.unwrap_or(arguments.parts))?),
        Form::Adaptive => Box::new(Adaptive::new(payment)),
        Form::Committed => Box::new(Committed::new(payment)),
        Form::Lnd => Box::new(Shards::new(payment)),
        Form::Mpp => Box::new(MultiPath::new(payment, payment_hash)),
        Form::Tree => {
            let mut tree = Tree::new(payment);
            let whole = tree.last_part()?;
            let parts = grow(&mut tree, whole, &amounts)?;
            return Ok(Sent { plan: Box::new(tree), parts });
        }
    };
    let all_but_last = amounts.iter().take(amounts.len() - 1);
    let mut parts = all_but_last.map(|amount| plan.part(*amount)).collect::<Result<Vec<_>, _>>()?;
    parts.push(plan.last_part()?);
    Ok(Sent { plan, parts })
}

/// Splits `part` into halves, and these again, until there is a leaf for each of `amounts`.
fn grow(tree: &mut Tree<SeedRng>, part: Part, amounts: &[Msat]) -> Result<Vec<Part>, PlanError> {
    if amounts.len() == 1 {
        return Ok(vec![part]);
    }
    let halves = amounts.split_at(amounts.len().div_ceil(2));
    let amount = Msat(halves.0.iter().map(|amount| amount.0).sum());
    let [left, right] = tree.split(&part, amount)?;
    let mut parts = grow(tree, left, halves.0)?;
    parts.extend(grow(tree, right, halves.1)?);
    Ok(parts)
}

/// Each part and its last hop.
fn legs<'a>(arguments: &'a Arguments, parts: &'a [Part]) -> impl Iterator<Item = (&'a Part, Leg)> {
    let realms = arguments.realm.iter().cycle();
    let leg = |realm: &u8| Leg { realm: *realm, cltv_expiry: arguments.cltv };
    parts.iter().zip(realms.map(leg))
}

/// An onion for each part; none without `--route`.
fn onions(arguments: &Arguments, Sent { plan, parts }: &Sent) -> Result<Vec<Onion>, Refusal> {
    if arguments.route.is_empty() {
        return Ok(Vec::new());
    }
    let seed = session_seed(arguments)?;
    let onion = |(position, (part, leg)): (usize, (&Part, Leg))| {
        let bytes = wire::told(&**plan, part, leg);
        let told = if arguments.scheme.is_tlv() { Told::Tlv(&bytes) } else { Told::Frames(&bytes) };
        route::onion(&arguments.route, (part, leg, position), told, &seed)
    };
    legs(arguments, parts).enumerate().map(onion).collect()
}

/// What session keys are made from. Not the root: the receiver learns it, and would learn the
/// route.
fn session_seed(arguments: &Arguments) -> Result<[u8; 32], Refusal> {
    if let Some(digits) = &arguments.seed {
        let seed = ammeter_core::hex::decode32(digits.as_bytes());
        return seed.map_err(|error| Refusal::of("--seed", error));
    }
    let seed = Seed::random().map_err(|error| Refusal::of("the operating system", error))?;
    let mut bytes = [0; 32];
    seed.rng().fill_bytes(&mut bytes);
    Ok(bytes)
}

fn to_events(arguments: &Arguments, Sent { plan, parts }: &Sent, onions: &[Onion]) -> Vec<Value> {
    let field = match arguments.scheme {
        _ if !onions.is_empty() => "onion",
        form if form.is_tlv() => "payload",
        _ => "frames",
    };
    let htlc_ids = (0..).map(|k| arguments.first_htlc.wrapping_add(k));
    legs(arguments, parts)
        .zip(htlc_ids)
        .enumerate()
        .map(|(position, ((part, leg), htlc_id))| {
            // As it reaches the receiver.
            let bytes = match onions.get(position) {
                Some(onion) => hex(onion.last.as_bytes()),
                None => hex(wire::told(&**plan, part, leg)),
            };
            json!({
                "event": "htlc",
                "channel_id": arguments.channel.to_string(),
                "htlc_id": htlc_id.to_string(),
                "payment_hash": hex(part.payment_hash()),
                "amount_msat": part.amount_msat.0.to_string(),
                "expiry": leg.cltv_expiry,
                field: bytes,
            })
        })
        .collect()
}

fn to_json(arguments: &Arguments, Sent { plan, parts }: &Sent, onions: &[Onion]) -> Value {
    let mut parts: Vec<_> = legs(arguments, parts)
        .map(|(part, leg)| {
            json!({
                "amount_msat": part.amount_msat.0.to_string(),
                "realm": leg.realm,
                "index": part.index(),
                "weight": part.weight(),
                "share": hex(part.share()),
                "payment_hash": hex(part.payment_hash()),
                "bytes": hex(wire::told(&**plan, part, leg)),
            })
        })
        .collect();
    for (part, onion) in parts.iter_mut().zip(onions) {
        // For the first node, and what failures that come back are read with.
        part["onion"] = hex(onion.packet.as_bytes()).into();
        part["shared_secrets"] = onion.secrets.iter().map(|secret| hex(secret.expose())).collect();
    }
    let mut sent = json!({
        "scheme": arguments.scheme.to_possible_value().map(|value| value.get_name().to_owned()),
        "hash": arguments.hash.name(),
        "amount_msat": arguments.amount.to_string(),
        "root": hex(plan.payment().root()),
        "parts": parts,
    });
    if arguments.scheme == Form::Mpp {
        // There is no root, and nothing of it in a part.
        take(&mut sent, &["root"]);
        let parts = sent["parts"].as_array_mut().into_iter().flatten();
        parts.for_each(|part| take(part, &["index", "weight", "share"]));
    }
    sent
}

/// Takes fields out of an object.
fn take(object: &mut Value, fields: &[&str]) {
    if let Some(object) = object.as_object_mut() {
        object.retain(|field, _| !fields.contains(&field.as_str()));
    }
}

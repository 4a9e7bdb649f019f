//! A real network from a snapshot: the compressed gossip of LDK's rapid gossip sync, version 1.
//!
//! ```sh
//! curl -o snapshot https://rapidsync.lightningdevkit.org/snapshot/0
//! ```
//!
//! ```text
//! "LDK" 1 │ chain hash 32 │ latest seen timestamp 4
//! count 4 │ node ids, 33 each
//! count 4 │ announcements: features (length 2, bytes), scid delta, index of node 1, of node 2
//! count 4 │ if it is not 0, defaults: cltv delta 2, htlc minimum 8, base fee 4,
//!         │ proportional fee 4, htlc maximum 8
//!         │ updates: scid delta, flags 1, the fields that are not the default
//! ```
//!
//! Deltas and indices are BigSize. Flags of an update: 1 direction, 2 disabled, 4 htlc maximum,
//! 8 proportional fee, 16 base fee, 32 htlc minimum, 64 cltv delta, 128 incremental. The layout is
//! documented with the crate `lightning-rapid-gossip-sync`; the parser is ours, and total.
//!
//! Gossip has no capacities: those are on the chain. A channel counts with the greater htlc maximum
//! of its two directions; channels that say none, or forward neither way, are left out and counted.

use std::fmt;

use super::network::{Channel, Network, Node, Policy};

/// More than this is no snapshot: the real ones have a few megabytes.
pub const SNAPSHOT_BYTES_MAX: u64 = 1 << 28;

/// An HTLC of more than the 21 million bitcoin is not possible.
const SUPPLY_MSAT: u64 = 21_000_000 * 100_000_000 * 1000;

/// What is wrong with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It ends inside of the named field.
    Truncated,
    /// It does not begin with `LDK`.
    Prefix,
    /// The version is not 1.
    Version(u8),
    /// A BigSize that has a shorter form.
    NonMinimal,
    /// A short channel id beyond 64 bits.
    ScidOverflow,
    /// An index with no node.
    UnknownNode(u64),
    /// A channel of a node with itself.
    SameNode,
    /// Two announcements of one channel.
    DuplicateChannel(u64),
    /// An update of a channel that was not announced.
    UnknownChannel(u64),
    /// Two updates of the same direction.
    DuplicateUpdate(u64),
    /// An update that says what changed since an earlier snapshot: only one with the timestamp 0
    /// is whole.
    Incremental,
    /// Bytes after the last update.
    Trailing,
    /// No channel that could forward anything is left.
    NoChannels,
}

/// Where a snapshot is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GossipError {
    /// Byte from the start at which the field begins.
    pub offset: usize,
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for GossipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}: ", self.field, self.offset)?;
        match self.reason {
            Reason::Truncated => f.write_str("the snapshot ends inside of it"),
            Reason::Prefix => f.write_str("a snapshot begins with `LDK`; is it still gzipped?"),
            Reason::Version(version) => {
                write!(f, "{version}, and only 1 is read (`/snapshot/0`, not `/v2/snapshot/0`)")
            }
            Reason::NonMinimal => f.write_str("a BigSize that has a shorter form"),
            Reason::ScidOverflow => f.write_str("the sum of deltas exceeds 64 bits"),
            Reason::UnknownNode(index) => write!(f, "there is no node {index}"),
            Reason::SameNode => f.write_str("a channel of a node with itself"),
            Reason::DuplicateChannel(scid) => write!(f, "channel {scid} was announced before"),
            Reason::UnknownChannel(scid) => write!(f, "channel {scid} was not announced"),
            Reason::DuplicateUpdate(scid) => {
                write!(f, "channel {scid} has an update of this direction already")
            }
            Reason::Incremental => {
                f.write_str("an incremental update: only `/snapshot/0` is a whole network")
            }
            Reason::Trailing => f.write_str("there are bytes after the last update"),
            Reason::NoChannels => f.write_str("no channel with an update is left"),
        }
    }
}

impl std::error::Error for GossipError {}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Channels that can forward, at least one way.
    pub network: Network,
    /// Seconds since 1970 of its newest message.
    pub latest_seen: u32,
    /// Announced channels that were left out.
    pub left_out: usize,
}

/// A channel that was announced, with what its updates say.
struct Announced {
    scid: u64,
    ends: [Node; 2],
    directions: [Option<Option<Policy>>; 2],
}

/// Reads a whole snapshot.
///
/// # Errors
/// [`GossipError`] with offset and field.
pub fn parse(bytes: &[u8]) -> Result<Snapshot, GossipError> {
    let mut reader = Reader { bytes, offset: 0 };
    if reader.array("prefix")? != *b"LDK" {
        return Err(GossipError { offset: 0, field: "prefix", reason: Reason::Prefix });
    }
    let [version] = reader.array("version")?;
    if version != 1 {
        return Err(reader.wrong(3, "version", Reason::Version(version)));
    }
    let _chain_hash: [u8; 32] = reader.array("chain hash")?;
    let latest_seen = u32::from_be_bytes(reader.array("latest seen timestamp")?);
    let nodes = u32::from_be_bytes(reader.array("node id count")?);
    for _ in 0..nodes {
        let _id: [u8; 33] = reader.array("node id")?;
    }
    let mut announced = announcements(&mut reader, nodes)?;
    updates(&mut reader, &mut announced)?;
    if reader.offset < bytes.len() {
        return Err(reader.wrong(reader.offset, "end", Reason::Trailing));
    }
    let all = announced.len();
    let channels: Vec<Channel> = announced.iter().filter_map(channel).collect();
    if channels.is_empty() {
        return Err(reader.wrong(reader.offset, "end", Reason::NoChannels));
    }
    let left_out = all - channels.len();
    Ok(Snapshot { network: Network::new(nodes as usize, channels), latest_seen, left_out })
}

/// In the order of their short channel ids, which deltas guarantee.
fn announcements(reader: &mut Reader<'_>, nodes: u32) -> Result<Vec<Announced>, GossipError> {
    let count = u32::from_be_bytes(reader.array("announcement count")?);
    let mut announced: Vec<Announced> = Vec::new();
    let mut scid = 0;
    for _ in 0..count {
        let length = u16::from_be_bytes(reader.array("length of channel features")?);
        reader.take(usize::from(length), "channel features")?;
        let offset = reader.offset;
        scid = reader.next_scid(scid, "announced short channel id")?;
        if announced.last().is_some_and(|last| last.scid == scid) {
            let reason = Reason::DuplicateChannel(scid);
            return Err(reader.wrong(offset, "announced short channel id", reason));
        }
        let one = reader.node(nodes, "index of node 1")?;
        let offset = reader.offset;
        let two = reader.node(nodes, "index of node 2")?;
        if one == two {
            return Err(reader.wrong(offset, "index of node 2", Reason::SameNode));
        }
        announced.push(Announced { scid, ends: [one, two], directions: [None; 2] });
    }
    Ok(announced)
}

fn updates(reader: &mut Reader<'_>, announced: &mut [Announced]) -> Result<(), GossipError> {
    let count = u32::from_be_bytes(reader.array("update count")?);
    if count == 0 {
        return Ok(());
    }
    let defaults = Policy {
        cltv_expiry_delta: u16::from_be_bytes(reader.array("default cltv_expiry_delta")?),
        htlc_minimum_msat: u64::from_be_bytes(reader.array("default htlc_minimum_msat")?),
        fee_base_msat: u32::from_be_bytes(reader.array("default fee_base_msat")?),
        fee_proportional_millionths: u32::from_be_bytes(
            reader.array("default fee_proportional_millionths")?,
        ),
        htlc_maximum_msat: u64::from_be_bytes(reader.array("default htlc_maximum_msat")?),
    };
    let mut scid = 0;
    for _ in 0..count {
        let offset = reader.offset;
        scid = reader.next_scid(scid, "updated short channel id")?;
        let found = announced.binary_search_by_key(&scid, |channel| channel.scid);
        let channel = found.map_err(|_| {
            reader.wrong(offset, "updated short channel id", Reason::UnknownChannel(scid))
        })?;
        let offset = reader.offset;
        let [flags] = reader.array("channel flags")?;
        if flags & 0x80 != 0 {
            return Err(reader.wrong(offset, "channel flags", Reason::Incremental));
        }
        let direction = &mut announced[channel].directions[usize::from(flags & 1)];
        if direction.is_some() {
            return Err(reader.wrong(offset, "channel flags", Reason::DuplicateUpdate(scid)));
        }
        let policy = reader.policy(flags, defaults)?;
        *direction = Some((flags & 2 == 0).then_some(policy));
    }
    Ok(())
}

/// The channel, if something can be forwarded over it and it says how much.
fn channel(announced: &Announced) -> Option<Channel> {
    let policies = announced.directions.map(Option::flatten);
    // The greatest number says that there is no maximum.
    let maxima = policies.iter().flatten().map(|policy| policy.htlc_maximum_msat);
    let capacity_msat = maxima.filter(|most| *most <= SUPPLY_MSAT).max()?;
    (capacity_msat > 0).then_some(Channel { ends: announced.ends, capacity_msat, policies })
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    const fn wrong(&self, offset: usize, field: &'static str, reason: Reason) -> GossipError {
        GossipError { offset, field, reason }
    }

    fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], GossipError> {
        let rest = &self.bytes[self.offset..];
        let taken = rest.get(..length).ok_or(self.wrong(self.offset, field, Reason::Truncated))?;
        self.offset += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], GossipError> {
        Ok(self.take(N, field)?.try_into().expect("as long as was asked for"))
    }

    fn big_size(&mut self, field: &'static str) -> Result<u64, GossipError> {
        let offset = self.offset;
        let [first] = self.array(field)?;
        let (value, least) = match first {
            0xfd => (u64::from(u16::from_be_bytes(self.array(field)?)), 0xfd),
            0xfe => (u64::from(u32::from_be_bytes(self.array(field)?)), 1 << 16),
            0xff => (u64::from_be_bytes(self.array(field)?), 1 << 32),
            small => return Ok(u64::from(small)),
        };
        match value < least {
            true => Err(self.wrong(offset, field, Reason::NonMinimal)),
            false => Ok(value),
        }
    }

    fn next_scid(&mut self, before: u64, field: &'static str) -> Result<u64, GossipError> {
        let offset = self.offset;
        let delta = self.big_size(field)?;
        before.checked_add(delta).ok_or(self.wrong(offset, field, Reason::ScidOverflow))
    }

    fn node(&mut self, nodes: u32, field: &'static str) -> Result<Node, GossipError> {
        let offset = self.offset;
        match self.big_size(field)? {
            index if index < u64::from(nodes) => Ok(index as Node),
            index => Err(self.wrong(offset, field, Reason::UnknownNode(index))),
        }
    }

    /// The fields that an update has, in the order of their flags.
    fn policy(&mut self, flags: u8, defaults: Policy) -> Result<Policy, GossipError> {
        let mut policy = defaults;
        if flags & 0x40 != 0 {
            policy.cltv_expiry_delta = u16::from_be_bytes(self.array("cltv_expiry_delta")?);
        }
        if flags & 0x20 != 0 {
            policy.htlc_minimum_msat = u64::from_be_bytes(self.array("htlc_minimum_msat")?);
        }
        if flags & 0x10 != 0 {
            policy.fee_base_msat = u32::from_be_bytes(self.array("fee_base_msat")?);
        }
        if flags & 0x08 != 0 {
            let field = "fee_proportional_millionths";
            policy.fee_proportional_millionths = u32::from_be_bytes(self.array(field)?);
        }
        if flags & 0x04 != 0 {
            policy.htlc_maximum_msat = u64::from_be_bytes(self.array("htlc_maximum_msat")?);
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests;

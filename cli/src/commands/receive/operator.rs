//! The operator's decisions, as flags.

use ammeter_amp::receiver::{Deviation, Limits, Policy, Realms};
use ammeter_core::Hash;
use clap::{Args, ValueEnum};

/// A flag for each field of a policy.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy")]
pub struct Operator {
    /// Hash function: sha256 or blake3
    #[arg(long, default_value = "sha256", value_name = "HASH")]
    hash: Hash,
    /// What fails when a part contradicts the first part of its set
    #[arg(long, value_enum, default_value_t = Deviates::FailSet)]
    deviation: Deviates,
    /// How many chains (realms) the parts of one set may come from
    #[arg(long, value_enum, default_value_t = Chains::Any)]
    realms: Chains,
    /// Accept only payments for an open invoice
    #[arg(long)]
    interactive: bool,
    /// Accept at most this many times the amount of the invoice
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT.overpayment_factor_max)]
    overpayment_factor_max: u32,
    /// Fail a set that is incomplete this long after its first HTLC
    #[arg(long, value_name = "MS", default_value_t = DEFAULT.hold_ms)]
    hold_ms: u64,
    /// Fail a set this many blocks before its earliest HTLC expires
    #[arg(long, value_name = "BLOCKS", default_value_t = DEFAULT.expiry_margin_blocks)]
    expiry_margin_blocks: u32,
    /// Remember a settled or failed set for this long
    #[arg(long, value_name = "MS", default_value_t = DEFAULT.retention_ms)]
    retention_ms: u64,
    /// Most sets at once
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.sets_max)]
    sets_max: u32,
    /// Most HTLCs of one set
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.set_htlcs_max)]
    set_htlcs_max: u32,
    /// Most HTLCs of one channel
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.channel_htlcs_max)]
    channel_htlcs_max: u32,
    /// Most HTLCs at once
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.htlcs_max)]
    htlcs_max: u32,
    /// Most bytes of memory for sets and HTLCs
    #[arg(long, value_name = "BYTES", default_value_t = LIMITS.bytes_max)]
    bytes_max: u64,
    /// Largest n that a part may say
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.part_count_max)]
    part_count_max: u32,
    /// HTLCs that were refused and are not gone yet
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.refusals_max)]
    refusals_max: u32,
}

const DEFAULT: Policy = Policy::new(Hash::Sha256);
const LIMITS: Limits = Limits::DEFAULT;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Deviates {
    /// The whole set fails
    FailSet,
    /// Only the new part fails
    RejectNewcomer,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chains {
    /// Any number
    Any,
    /// One only
    One,
}

impl Operator {
    pub fn policy(&self) -> Policy {
        Policy {
            hash: self.hash,
            deviation: match self.deviation {
                Deviates::FailSet => Deviation::FailSet,
                Deviates::RejectNewcomer => Deviation::RejectNewcomer,
            },
            realms: match self.realms {
                Chains::Any => Realms::Any,
                Chains::One => Realms::One,
            },
            spontaneous: !self.interactive,
            overpayment_factor_max: self.overpayment_factor_max,
            hold_ms: self.hold_ms,
            expiry_margin_blocks: self.expiry_margin_blocks,
            retention_ms: self.retention_ms,
            limits: Limits {
                sets_max: self.sets_max,
                set_htlcs_max: self.set_htlcs_max,
                channel_htlcs_max: self.channel_htlcs_max,
                htlcs_max: self.htlcs_max,
                bytes_max: self.bytes_max,
                part_count_max: self.part_count_max,
                refusals_max: self.refusals_max,
            },
        }
    }
}

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
    /// What a part does that contradicts its set's first
    #[arg(long, value_enum, default_value_t = Deviates::FailSet)]
    deviation: Deviates,
    /// Which chains the parts of one set may travel on
    #[arg(long, value_enum, default_value_t = Chains::Any)]
    realms: Chains,
    /// Take only what an invoice asked for
    #[arg(long)]
    interactive: bool,
    /// A set may pay up to this many times what its invoice asks
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT.overpayment_factor_max)]
    overpayment_factor_max: u32,
    /// How long a set may collect
    #[arg(long, value_name = "MS", default_value_t = DEFAULT.hold_ms)]
    hold_ms: u64,
    /// A set fails this many blocks before its earliest HTLC expires
    #[arg(long, value_name = "BLOCKS", default_value_t = DEFAULT.expiry_margin_blocks)]
    expiry_margin_blocks: u32,
    /// How long a settled or failed set is remembered
    #[arg(long, value_name = "MS", default_value_t = DEFAULT.retention_ms)]
    retention_ms: u64,
    /// Sets at once
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.sets_max)]
    sets_max: u32,
    /// HTLCs of one set
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.set_htlcs_max)]
    set_htlcs_max: u32,
    /// HTLCs of one channel
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.channel_htlcs_max)]
    channel_htlcs_max: u32,
    /// HTLCs at once
    #[arg(long, value_name = "COUNT", default_value_t = LIMITS.htlcs_max)]
    htlcs_max: u32,
    /// Bytes of memory for sets and HTLCs
    #[arg(long, value_name = "BYTES", default_value_t = LIMITS.bytes_max)]
    bytes_max: u64,
    /// n, and the weights of a set
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
    /// Only the newcomer fails
    RejectNewcomer,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chains {
    /// Several
    Any,
    /// One
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

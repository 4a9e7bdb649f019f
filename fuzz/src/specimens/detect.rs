//! How soon the harness finds a specimen, whole or with one of its parts switched off.

use std::time::{Duration, Instant};

use crate::{
    sim::{
        attack::{self, Failure, Plan, Shard},
        coverage::Coverage,
        generate::Settings,
        invariants::Watch,
        shrink,
    },
    specimens::{Baseline, Flaw},
};

/// A part of the harness that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The oracle. Without it only panics are seen.
    Oracle,
    /// The adversary. Without it everybody is honest.
    Adversary,
    /// Crashes and faults of the disk.
    Crashes,
    /// The swarm. Without it every history may use every feature.
    Swarm,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Oracle, Self::Adversary, Self::Crashes, Self::Swarm];

    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oracle => "oracle",
            Self::Adversary => "adversary",
            Self::Crashes => "crash injection",
            Self::Swarm => "swarm",
        }
    }
}

/// A specimen that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// How many histories were run before it was found, itself included.
    pub histories: u64,
    /// How long that took on one thread.
    pub time: Duration,
    /// The history that found it.
    pub failure: Failure,
}

impl Found {
    /// How many operations the shrunk history has.
    #[must_use]
    pub fn shrunk_length(&self, flaw: Flaw) -> usize {
        let Failure { history, violation, .. } = &self.failure;
        let mut specimen = Baseline::new(Some(flaw));
        shrink::shrink(history, violation, &mut specimen, Watch::Invariants).0.operations.len()
    }
}

/// Looks for a specimen on this thread, in at most `histories` histories. `without` switches one
/// part of the harness off.
#[must_use]
pub fn find(flaw: Flaw, seed: u64, histories: u64, without: Option<Part>) -> Option<Found> {
    let watch = if without == Some(Part::Oracle) { Watch::Panics } else { Watch::Invariants };
    let settings = Settings {
        adversary: without != Some(Part::Adversary),
        crashes: without != Some(Part::Crashes),
        swarm: without != Some(Part::Swarm),
    };
    // Two seeds share no history.
    let shard = Shard::WHOLE;
    let plan = Plan { seed: seed << 32, histories, shard, jobs: 1, settings, watch };
    let mut specimen = Baseline::new(Some(flaw));
    let mut coverage = Coverage::default();
    let started = Instant::now();
    (0..histories).find_map(|number| {
        let failure = attack::one(plan.seed + number, &plan, &mut specimen, &mut coverage).err()?;
        Some(Found { histories: number + 1, time: started.elapsed(), failure: *failure })
    })
}

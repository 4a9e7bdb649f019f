//! Histories from seeds.
//!
//! Each history first draws a swarm: the features that it may use. A history with few features goes
//! deeper into each than a history with a little of everything.

mod adversary;
mod later;
mod network;
mod senders;
mod swarm;

use crate::sim::{history::History, profile::Profile, random::Random};

use later::Later;
pub use swarm::Settings;
use swarm::Swarm;

/// The history of a seed.
#[must_use]
pub fn history(seed: u64, settings: Settings) -> History {
    fitting(seed, settings, &Profile::default())
}

/// The history of a seed for a receiver with a profile. For a strict one it is [`history`]'s.
#[must_use]
pub fn fitting(seed: u64, settings: Settings, profile: &Profile) -> History {
    let mut random = Random::new(seed);
    let swarm = Swarm::draw(settings, profile, &mut random);
    let mut later = Later::draw(seed, settings, profile);
    let mut policy = senders::policy(&swarm, &mut random);
    later.policy(&mut policy);
    profile.fix(&mut policy);
    let mut history = History::new(policy);
    senders::payments(&mut history, &swarm, &mut random);
    later.payments(&mut history);
    profile.fix(&mut history.policy);
    let arrivals = network::arrivals(&history, &swarm, &mut random);
    network::schedule(&mut history, arrivals, &swarm, &mut random);
    later.operations(&mut history);
    history
}

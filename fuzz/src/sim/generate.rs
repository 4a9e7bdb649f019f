//! Histories from seeds.
//!
//! Each history draws a swarm first: which features it may use at all. A history with few kinds of
//! trouble goes deeper into each than one with a little of everything.

mod adversary;
mod network;
mod senders;
mod swarm;

use crate::sim::{history::History, random::Random};

pub use swarm::Settings;
use swarm::Swarm;

/// The history of a seed.
#[must_use]
pub fn history(seed: u64, settings: Settings) -> History {
    let mut random = Random::new(seed);
    let swarm = Swarm::draw(settings, &mut random);
    let policy = senders::policy(&swarm, &mut random);
    let mut history = History { policy, payments: Vec::new(), operations: Vec::new() };
    senders::payments(&mut history, &swarm, &mut random);
    let arrivals = network::arrivals(&history, &swarm, &mut random);
    network::schedule(&mut history, arrivals, &swarm, &mut random);
    history
}

//! How to split a payment: strategies of senders, paired on the same networks and payments.
//!
//! ```text
//! seed ─► network, balances, load ─► payments that the oracle can pay ─► every strategy, in turn
//!         [`generate`], [`gossip`]    [`flow`]                            [`simulation`]
//! ```
//!
//! Each payment is one possible future of the same world: nothing that one strategy does changes
//! what another one meets. Every number of it follows from the seed; only times of solves do not.
//!
//! | room | what is in it |
//! |---|---|
//! | [`network`] | nodes, channels, policies; what is free in each direction |
//! | [`generate`] | networks by preferential attachment, log-normal capacities, balances |
//! | [`gossip`] | a real network from a rapid gossip sync snapshot |
//! | [`belief`] | what a sender knows of balances, and learns from failures |
//! | [`route`] | the cheapest route for an amount |
//! | [`flow`] | push-relabel maximum flow, and its paths |
//! | [`min_cost`] | minimum-cost flow over what the sender believes |
//! | [`load`] | the HTLCs of everybody else |
//! | [`strategy`] | the rows: what a sender sends, and when |
//! | [`simulation`] | one payment, event by event |
//! | [`figures`] | what is counted of payments, and how seeds become medians |
//! | [`experiment`] | which strategies meet under which conditions |
//! | [`solve`] | time per solve, and how it grows |
//! | [`random`] | distributions |

pub mod belief;
pub mod experiment;
pub mod figures;
pub mod flow;
pub mod generate;
pub mod gossip;
pub mod load;
pub mod min_cost;
pub mod network;
mod random;
pub mod route;
pub mod simulation;
pub mod solve;
pub mod strategy;

//! Hash backends behind one trait, and an honest sampler to compare them.
//!
//! | room | what is in it |
//! |---|---|
//! | [`backend`] | the trait, and what a row says of itself |
//! | [`registry`] | every row: ours, one a kernel, and the peers |
//! | [`program`] | programs in any language as rows, by a line protocol |
//! | [`workload`] | what is derived, and the digest that every timed output must have |
//! | [`sampler`] | all rows interleaved in one run, ABBA; in one pass or in several |
//! | [`receive`] | the receiver and its store as a workload |
//! | [`payment`] | what a payment costs its receiver, from the onion to the disk |
//! | [`statistics`] | medians, quartiles, block bootstrap, ranks of few samples |
//! | [`limits`] | what the silicon allows, measured in the same run |
//! | [`clock`] | time and reference cycles |
//! | [`split`] | how senders split payments: strategies on the same networks |
//! | [`mod@stack`] | each slice at another depth of it |

pub mod backend;
pub mod clock;
pub mod limits;
mod ours;
pub mod payment;
mod peers;
pub mod program;
pub mod receive;
pub mod registry;
pub mod sampler;
pub mod split;
mod stack;
pub mod statistics;
pub mod workload;

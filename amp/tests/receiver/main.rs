//! Promise: the receiver pays whole sets and nothing else. Each module says what that means for it.

mod invoices;
mod mpp;
mod restart;
mod rules;
mod schemes;
mod soup;
mod words;

#[path = "../support/random.rs"]
mod random;
#[path = "../support/world.rs"]
mod world;

//! Promise: onions are BOLT 4's byte for byte, another implementation agrees, every flipped bit is
//! refused, and every error says what it is about.

#[path = "onion/bolt.rs"]
mod bolt;
#[path = "onion/failures.rs"]
mod failures;
#[path = "onion/peers.rs"]
mod peers;
#[path = "onion/refusals.rs"]
mod refusals;
#[path = "onion/routes.rs"]
mod routes;
#[path = "onion/support.rs"]
mod support;

//! Promise: onions are BOLT 4's byte for byte, another implementation agrees, every flipped bit is
//! refused, and every error says what it is about.

mod bolt;
mod failures;
mod peers;
mod refusals;
mod routes;
mod support;

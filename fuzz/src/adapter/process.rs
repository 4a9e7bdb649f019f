//! Any program that speaks the line protocol.

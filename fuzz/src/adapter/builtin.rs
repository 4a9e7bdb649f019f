//! Our own receiver.

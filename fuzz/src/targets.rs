//! One body a file.

pub(crate) mod canary;
pub(crate) mod kernels;
pub(crate) mod wire;

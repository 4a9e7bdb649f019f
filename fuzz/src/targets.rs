//! One body a file.

pub(crate) mod amp;
pub(crate) mod blob;
pub(crate) mod canary;
pub(crate) mod extra;
pub(crate) mod final_hop;
pub(crate) mod forward;
pub(crate) mod histories;
pub(crate) mod kernels;
pub(crate) mod matching;
pub(crate) mod mutated;
pub(crate) mod onion;
pub(crate) mod payload;
pub(crate) mod payment_data;
pub(crate) mod records;
pub(crate) mod run;
pub(crate) mod sender;
pub(crate) mod shares;

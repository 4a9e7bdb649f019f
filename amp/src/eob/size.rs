//! Lengths that several formats share.

/// Length in bytes of a frame: realm 1, short channel id 8, amount 8, cltv 4, padding 12, hmac 32.
pub const FRAME_BYTES: usize = 65;
/// Length in bytes of what a final hop with an EOB is told: two frames.
pub const FINAL_HOP_BYTES_MAX: usize = 2 * FRAME_BYTES;
/// Length in bytes of an hmac.
pub const HMAC_BYTES: usize = 32;
/// Length in bytes of a short channel id.
pub const SHORT_CHANNEL_ID_BYTES: usize = 8;
/// Frames of a run.
pub const FRAMES: usize = 20;
/// Length in bytes of a run.
pub const RUN_BYTES: usize = FRAMES * FRAME_BYTES;

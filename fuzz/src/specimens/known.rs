//! The shortest history known for each specimen, by hand: how much shorter than the harness's shrunk
//! ones they are is how good the shrinking is.

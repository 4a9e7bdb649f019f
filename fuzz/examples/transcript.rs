//! Writes `docs/protocol.transcript.jsonl` to standard output.

#[path = "../tests/support/transcript.rs"]
mod transcript;

fn main() {
    print!("{}", transcript::transcript());
}

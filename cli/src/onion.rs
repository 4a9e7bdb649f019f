//! Onions on the command line: keys of nodes, and how a node reads what it finds.

use std::{fmt, fs};

use ammeter_amp::onion::{
    Error, Framing, Packet, Peeled, PublicKey, SecretKey, SharedSecret, open,
};
use ammeter_core::hex;
use clap::{Args, ValueEnum};

use crate::console::Refusal;

/// Which onions are this node's.
#[derive(Args, Clone)]
pub struct Node {
    /// Secret key of the node that peels the onion: 64 hexadecimal digits, or @FILE for a file of
    /// them
    #[arg(long, value_name = "HEX|@FILE")]
    key: Option<String>,
    /// How the node finds the end of what it is told
    #[arg(long, value_enum, default_value_t = Shape::Either, requires = "key")]
    framing: Shape,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("framing", &self.framing).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// Realms 0 and 1 begin a frame, all else is the length of a TLV payload
    Either,
    /// Legacy frames of every realm
    Frames,
    /// TLV payloads
    Tlv,
}

/// A node's key, and how it reads.
#[derive(Clone, Debug)]
pub struct Peeler {
    key: SecretKey,
    framing: Framing,
}

impl Node {
    /// What `--key` says; `None` without it.
    pub fn peeler(&self) -> Result<Option<Peeler>, Refusal> {
        let refused = |reason: &dyn fmt::Display| Refusal::of("--key", reason);
        let Some(argument) = &self.key else { return Ok(None) };
        let digits = match argument.strip_prefix('@') {
            Some(path) => fs::read_to_string(path).map_err(|error| Refusal::of(path, error))?,
            None => argument.clone(),
        };
        let bytes = hex::decode32(digits.trim().as_bytes()).map_err(|error| refused(&error))?;
        let key = SecretKey::from_bytes(&bytes).map_err(|error| refused(&error))?;
        let framing = match self.framing {
            Shape::Either => Framing::Either,
            Shape::Frames => Framing::Frames,
            Shape::Tlv => Framing::Tlv,
        };
        Ok(Some(Peeler { key, framing }))
    }
}

impl Peeler {
    /// What the node shares with the sender of an onion, which may yet turn out to be wrong.
    pub fn shared_secret(&self, packet: &Packet) -> Result<SharedSecret, Error> {
        Ok(self.key.shared_secret(&packet.ephemeral()?))
    }

    /// Takes one layer off an onion under its [`shared_secret`](Self::shared_secret).
    pub fn open(
        &self,
        packet: &Packet,
        secret: SharedSecret,
        payment_hash: &[u8; 32],
    ) -> Result<Peeled, Error> {
        open(packet, secret, payment_hash, self.framing)
    }

    /// Takes one layer off.
    pub fn peel(&self, onion: &[u8], payment_hash: &[u8; 32]) -> Result<Peeled, Error> {
        let packet = Packet::from_bytes(onion)?;
        self.open(&packet, self.shared_secret(&packet)?, payment_hash)
    }
}

/// A public key of 66 hexadecimal digits.
pub fn public_key(digits: &str) -> Result<PublicKey, String> {
    let mut bytes = [0; 33];
    hex::decode(digits.as_bytes(), &mut bytes).map_err(|error| error.to_string())?;
    PublicKey::from_bytes(&bytes).map_err(|error| error.to_string())
}

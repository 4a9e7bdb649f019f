//! A hop's side: one layer off.

use core::fmt;

use hmac::Mac as _;
use zeroize::Zeroizing;

use crate::{
    eob::size::HMAC_BYTES,
    onion::{
        error::Error,
        hop::Told,
        key::{KeyType, PublicKey, SecretKey, SharedSecret},
        packet::Packet,
        scan::{Framing, Span},
        size::ROUTING_BYTES,
    },
};

/// What one hop finds in an onion. What was decrypted is zeroized when it is dropped.
pub struct Peeled {
    /// Two onions long: what this hop takes off the front is filled up at the end.
    clear: Zeroizing<[u8; 2 * ROUTING_BYTES]>,
    span: Span,
    ephemeral: PublicKey,
    secret: SharedSecret,
}

/// Peels one layer: checks the version, the ephemeral key and the hmac, in this order, and
/// decrypts. A node must remember the shared secrets of onions that it has peeled, and refuse one
/// that comes again; that is not done here.
///
/// # Errors
/// [`Error::Version`], [`Error::PublicKey`], [`Error::Hmac`], [`Error::ReservedLength`],
/// [`Error::Payload`].
pub fn peel(
    packet: &Packet,
    key: &SecretKey,
    associated: &[u8],
    framing: Framing,
) -> Result<Peeled, Error> {
    let secret = key.shared_secret(&packet.ephemeral()?);
    open(packet, secret, associated, framing)
}

/// The same with a shared secret that is known already. It must be the one of this packet's
/// ephemeral key: the hmac does not cover the key.
///
/// # Errors
/// Those of [`peel`].
pub fn open(
    packet: &Packet,
    secret: SharedSecret,
    associated: &[u8],
    framing: Framing,
) -> Result<Peeled, Error> {
    let ephemeral = packet.ephemeral()?;
    let mac = secret.mac(KeyType::Mu, &[packet.routing(), associated]);
    // In constant time.
    mac.verify(packet.hmac().into()).map_err(|_| Error::Hmac)?;
    let mut clear = Zeroizing::new([0; 2 * ROUTING_BYTES]);
    clear[..ROUTING_BYTES].copy_from_slice(packet.routing());
    secret.apply(KeyType::Rho, 0, &mut *clear);
    let span = framing.span(&clear[..ROUTING_BYTES])?;
    Ok(Peeled { clear, span, ephemeral, secret })
}

impl Peeled {
    /// What this hop is told, up to the end of its payload, or of its frame or two. The hmac in it
    /// is the next hop's: zero if there is none.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        let bytes = &self.clear[..self.span.size];
        if self.span.frames { Told::Frames(bytes) } else { Told::Tlv(bytes) }
    }

    /// Whether the onion ends here.
    #[must_use]
    pub fn is_final(&self) -> bool {
        *self.next_hmac() == [0; HMAC_BYTES]
    }

    /// The onion for the next hop; `None` if it ends here. Blinds the ephemeral key, which costs as
    /// much as peeling.
    #[must_use]
    pub fn next(&self) -> Option<Packet> {
        let routing = self.clear[self.span.size..].first_chunk().expect("two onions long");
        let next = || Packet::new(&self.ephemeral.blinded(&self.secret), routing, self.next_hmac());
        (!self.is_final()).then(next)
    }

    /// What this hop shares with the sender, to fail the HTLC with.
    #[must_use]
    pub const fn secret(&self) -> &SharedSecret {
        &self.secret
    }

    fn next_hmac(&self) -> &[u8; HMAC_BYTES] {
        self.clear[self.span.hmac..].first_chunk().expect("the span was found")
    }
}

impl fmt::Debug for Peeled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peeled").field("span", &self.span).finish_non_exhaustive()
    }
}

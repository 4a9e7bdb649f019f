//! The sender's side: layers from the last hop to the first.

use alloc::vec::Vec;

use hmac::Mac as _;
use zeroize::Zeroizing;

use crate::{
    eob::size::HMAC_BYTES,
    onion::{
        error::Error,
        hop::Hop,
        key::{KeyType, PublicKey, SecretKey, SharedSecret},
        packet::Packet,
        scan::Span,
        size::ROUTING_BYTES,
    },
};

/// What came of building.
#[derive(Clone, Debug)]
pub struct Onion {
    /// For the first hop.
    pub packet: Packet,
    /// The same as it reaches the last hop, all others having peeled it.
    pub last: Packet,
    /// What the sender shares with each hop, to read failures with.
    pub secrets: Vec<SharedSecret>,
}

/// One hop, ready to be wrapped.
struct Layer<'a> {
    told: &'a [u8],
    span: Span,
    ephemeral: PublicKey,
    secret: SharedSecret,
}

/// Builds the onion for `hops`. `session` must be new and random. `associated` is authenticated
/// and not carried; BOLT 4 says the payment hash.
///
/// # Errors
/// [`Error::NoHops`], [`Error::Told`], [`Error::HmacRoom`], [`Error::TooLong`].
pub fn build(hops: &[Hop<'_>], session: &SecretKey, associated: &[u8]) -> Result<Onion, Error> {
    let spans = spans(hops)?;
    let layers = layers(hops, &spans, session);
    let filler = filler(&layers);
    let mut routing = Zeroizing::new([0; ROUTING_BYTES]);
    session.pad(&mut *routing);
    let mut hmac = [0; HMAC_BYTES];
    let mut packets = layers.iter().rev().enumerate().map(|(position, layer)| {
        wrap(&mut routing, layer, &hmac);
        if position == 0 {
            routing[ROUTING_BYTES - filler.len()..].copy_from_slice(&filler);
        }
        let mac = layer.secret.mac(KeyType::Mu, &[&*routing, associated]);
        hmac = mac.finalize().into_bytes().into();
        Packet::new(&layer.ephemeral, &routing, &hmac)
    });
    let last = packets.next().ok_or(Error::NoHops)?;
    let packet = packets.last().unwrap_or_else(|| last.clone());
    Ok(Onion { packet, last, secrets: layers.into_iter().map(|layer| layer.secret).collect() })
}

fn spans(hops: &[Hop<'_>]) -> Result<Vec<Span>, Error> {
    let told =
        |(position, hop): (usize, &Hop<'_>)| hop.told.span(position, position + 1 == hops.len());
    let length = hops.iter().map(|hop| hop.told.bytes().len()).sum();
    match length {
        0 => Err(Error::NoHops),
        1..=ROUTING_BYTES => hops.iter().enumerate().map(told).collect(),
        _ => Err(Error::TooLong { length }),
    }
}

/// Ephemeral keys and shared secrets, each made from the session key blinded for the hops before.
fn layers<'a>(hops: &[Hop<'a>], spans: &[Span], session: &SecretKey) -> Vec<Layer<'a>> {
    let mut session = session.clone();
    let layer = |(hop, span): (&Hop<'a>, &Span)| {
        let ephemeral = session.public_key();
        let secret = session.shared_secret(hop.node);
        session = session.blinded(&ephemeral, &secret);
        Layer { told: hop.told.bytes(), span: *span, ephemeral, secret }
    };
    hops.iter().zip(spans).map(layer).collect()
}

/// What the hops before the last will have put at the end: zeros, encrypted by each in turn.
fn filler(layers: &[Layer<'_>]) -> Vec<u8> {
    let mut filler = Vec::new();
    for layer in &layers[..layers.len().saturating_sub(1)] {
        let offset = ROUTING_BYTES - filler.len();
        filler.resize(filler.len() + layer.span.size, 0);
        layer.secret.apply(KeyType::Rho, offset, &mut filler);
    }
    filler
}

/// Puts one hop's layer in front and encrypts.
fn wrap(routing: &mut [u8; ROUTING_BYTES], layer: &Layer<'_>, hmac: &[u8; HMAC_BYTES]) {
    let Span { size, hmac: at, .. } = layer.span;
    routing.copy_within(..ROUTING_BYTES - size, size);
    routing[..size].copy_from_slice(layer.told);
    routing[at..at + HMAC_BYTES].copy_from_slice(hmac);
    layer.secret.apply(KeyType::Rho, 0, routing);
}

//! Failures on their way back: built by the hop that fails, wrapped by those before it, attributed
//! by the sender.

use alloc::{vec, vec::Vec};

use hmac::Mac as _;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::{
    eob::size::HMAC_BYTES,
    onion::{
        error::Error,
        key::{KeyType, SharedSecret},
        size::MESSAGE_BYTES_MAX,
    },
};

/// Length in bytes of a failure: hmac 32, length 2, message and padding 256, length of it 2.
pub const FAILURE_BYTES: usize = HMAC_BYTES + 2 + MESSAGE_BYTES_MAX + 2;

/// The hops of the longest route. A sender takes so many layers off a failure whatever the route, as
/// BOLT 4 asks: no watch on its work tells how far the failing hop is.
pub const HOPS_MAX: usize = 27;

/// Who failed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributed {
    /// The hop, counted from 0.
    pub hop: usize,
    /// BOLT 4's failuremsg: a code of two bytes, and what belongs to it.
    pub message: Vec<u8>,
}

/// Builds a failure at the hop that shares `secret` with the sender, ready to be sent back.
///
/// # Errors
/// [`Error::MessageLength`].
pub fn fail(secret: &SharedSecret, message: &[u8]) -> Result<Vec<u8>, Error> {
    let length = message.len();
    let padding = MESSAGE_BYTES_MAX.checked_sub(length).ok_or(Error::MessageLength { length })?;
    let mut reason = vec![0; FAILURE_BYTES];
    let (hmac, body) = reason.split_at_mut(HMAC_BYTES);
    body[..2].copy_from_slice(&(length as u16).to_be_bytes());
    body[2..2 + length].copy_from_slice(message);
    body[2 + length..4 + length].copy_from_slice(&(padding as u16).to_be_bytes());
    hmac.copy_from_slice(&secret.mac(KeyType::Um, &[body]).finalize().into_bytes());
    wrap(secret, &mut reason);
    Ok(reason)
}

/// Adds a hop's layer to a failure that came from behind it, of whatever length it is.
pub fn wrap(secret: &SharedSecret, reason: &mut [u8]) {
    secret.apply(KeyType::Ammag, 0, reason);
}

/// Finds the hop that built `reason`. `secrets` are those of the onion, from the first hop on; at
/// most [`HOPS_MAX`] are looked at. The work is the same wherever the hop is.
///
/// # Errors
/// [`Error::Unattributed`], [`Error::FailureShape`].
pub fn attribute(secrets: &[SharedSecret], reason: &[u8]) -> Result<Attributed, Error> {
    let nobody = SharedSecret::new([0; 32]);
    let mut layered = reason.to_vec();
    let mut clear = vec![0; reason.len()];
    let (mut hop, mut found) = (0u32, Choice::from(0));
    for position in 0..HOPS_MAX {
        let secret = secrets.get(position).unwrap_or(&nobody);
        wrap(secret, &mut layered);
        let Some((hmac, body)) = layered.split_first_chunk::<HMAC_BYTES>() else { break };
        let right: [u8; 32] = secret.mac(KeyType::Um, &[body]).finalize().into_bytes().into();
        let known = Choice::from(u8::from(position < secrets.len()));
        let here = right[..].ct_eq(&hmac[..]) & known & !found;
        clear.iter_mut().zip(&layered).for_each(|(to, from)| to.conditional_assign(from, here));
        hop.conditional_assign(&(position as u32), here);
        found |= here;
    }
    if !bool::from(found) {
        return Err(Error::Unattributed);
    }
    let hop = hop as usize;
    let message = message(&clear[HMAC_BYTES..]).ok_or(Error::FailureShape { hop })?;
    Ok(Attributed { hop, message: message.to_vec() })
}

/// Length, message, length of the padding, padding; nothing behind it.
fn message(body: &[u8]) -> Option<&[u8]> {
    let (message, rest) = counted(body)?;
    let (_, rest) = counted(rest)?;
    rest.is_empty().then_some(message)
}

/// A length of two bytes, and so many bytes; then the rest.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

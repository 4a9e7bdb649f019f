//! Promise: an extra onion blob of lightning-onion pull request 31 is read from its frames, never
//! past them.

use ammeter_amp::eob::{Message, pr31::Blob};

use crate::messages::{
    naive,
    promises::{self, Decode, Format, Naive, Write},
};

/// The frames of a blob.
pub(crate) enum Fragments {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<Fragments>(input);
    promises::check_spans::<Blob<'_>>(input);
}

impl<'a> Format<'a> for Fragments {
    type Value = Blob<'a>;
    type Naive = naive::blob::Blob;
    const PREFIX_FREE: bool = true;

    const DECODE: Decode<'a, Self::Value> = Blob::decode;
    const WRITE: Write<Self::Value> = Blob::write;
    const NAIVE: Naive<'a, Self::Naive> = naive::blob::blob;

    fn view(value: &Blob<'a>) -> naive::blob::Blob {
        let mut data = vec![0; value.length()];
        value.copy_to(&mut data).expect("the announced length is enough");
        let mut hmacs = Vec::with_capacity(19 * 32);
        value.hmacs().for_each(|hmac| hmacs.extend_from_slice(&hmac[..]));
        naive::blob::Blob {
            realm: value.pivot.realm,
            short_channel_id: value.pivot.short_channel_id,
            amount_msat: value.pivot.amount_msat.0,
            cltv_expiry: value.pivot.cltv_expiry,
            blob_type: value.blob_type() as u8,
            data,
            hmacs,
        }
    }
}

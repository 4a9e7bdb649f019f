//! Promise: whatever the bytes, each format of the wire gives a value or an error inside them, and what it
//! accepts it writes as the same bytes.

use ammeter_core::eob::{FinalHop, Message, Run, check::check_exact, pr31::Blob, tlv::Payload};

pub(crate) fn run(input: &[u8]) {
    let mut buffers = [(); 4].map(|()| vec![0; input.len()]);
    let [final_hop, run, payload, blob] = &mut buffers;
    check::<FinalHop<'_>>(input, final_hop);
    check::<Run<'_>>(input, run);
    check::<Payload<'_>>(input, payload);
    check::<Blob<'_>>(input, blob);
}

fn check<'a, T: Message<'a> + PartialEq>(input: &'a [u8], buffer: &'a mut [u8]) {
    if let Err(broken) = check_exact::<T>(input, buffer) {
        panic!("{}: {broken}", std::any::type_name::<T>());
    }
}

//! Promise: of any stream of records those that are not ours are kept, whatever stands in the
//! others.

use ammeter_amp::eob::tlv::Extra;

use crate::messages::naive::{
    Wrong,
    tlv::{Reader, records},
};

pub(crate) fn run(input: &[u8]) {
    let naive = records(input, 0, Reader::Anybody).map(|records| records.extra);
    let read = Extra::new(input).map_err(|error| Wrong::from(&error));
    let kept = |extra: Extra<'_>| -> Vec<_> {
        extra.iter().map(|record| (record.kind, record.value.to_vec())).collect()
    };
    let naive = naive.map(|extra| extra.into_iter().map(|(kind, value)| (kind, value.to_vec())));
    assert_eq!(read.map(kept), naive.map(Iterator::collect), "naive on the right");
}

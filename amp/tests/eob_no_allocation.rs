//! Promise: no parser and no writer allocates, whatever length a stranger claims.
//!
//! One test only, so that nothing else runs in this process while allocations are counted.

#[path = "support/load.rs"]
mod load;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
};

use ammeter_amp::eob::{
    FinalHop, Message, Run,
    pr31::Blob,
    tlv::{Forward, Payload},
};
use load::{bytes, entries, unhex};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is the system allocator's, unchanged; a counter is all that is added.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that the system allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, and so from the system allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads `input` as `T`, and writes what was read.
fn exercise<'a, T: Message<'a>>(input: &'a [u8]) -> bool {
    match black_box(T::decode(black_box(input))) {
        Ok(message) => message.encode(&mut [0; 1300]).is_ok(),
        Err(error) => black_box(error).offset > input.len(),
    }
}

#[test]
fn nothing_is_allocated() {
    let (reference, peers) = (load::reference(), load::peers());
    let mut inputs: Vec<_> = ["eob", "tlv", "reject"]
        .into_iter()
        .flat_map(|section| entries(&reference[section]))
        .chain(entries(&peers["lnd_payloads"]))
        .chain(entries(&peers["lnd_fuzz_inputs"]))
        .map(|vector| bytes(&vector["hex"]))
        .collect();
    // Lengths of 2^64 - 1, of a payload and of a record; a run; the longest blob that says it goes
    // on.
    inputs.push(unhex("ffffffffffffffffff"));
    inputs.push(unhex("0a05ffffffffffffffffff"));
    inputs.push(vec![0; 1300]);
    inputs.push([&[0; 21][..], &[1, 0x8a], &[0x80 | 32; 65 * 19]].concat());

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let mut accepted = 0;
    for input in &inputs {
        accepted += usize::from(exercise::<FinalHop<'_>>(input));
        accepted += usize::from(exercise::<Run<'_>>(input));
        accepted += usize::from(exercise::<Payload<'_>>(input));
        accepted += usize::from(exercise::<Blob<'_>>(input));
        accepted += usize::from(black_box(Forward::decode_stream(input)).is_ok());
        accepted += usize::from(black_box(Payload::decode_stream(input)).is_ok());
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0, "allocations");
    assert!(accepted > 48 + 12, "{accepted} messages were accepted");

    // The counter counts.
    drop(black_box(Box::new(1)));
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > before);
}

//! Promise: what strangers make a receiver keep is bounded, and counted for what it is.
//!
//! One test only, so that nothing else runs in this process while allocations are counted.

#[path = "support/world.rs"]
mod world;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering},
};

use ammeter_amp::receiver::{Effect, Event, Htlc, Output, Reason, Receiver, SetId, Version};
use ammeter_core::{HtlcKey, Msat, PaymentHash, PaymentId, Share};

static LIVE: AtomicU64 = AtomicU64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call is the system allocator's, unchanged; counters are all that is added.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as u64, Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that the system allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: `pointer` came from `alloc` above, and so from the system allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// HTLC `number` of a set of this size, all but one of which arrive.
fn held(number: u32, set_size: u32, amp: bool) -> Htlc {
    let (set, place) = (number / (set_size - 1), number % (set_size - 1));
    let mut name = [1; 32];
    name[..4].copy_from_slice(&set.to_be_bytes());
    let mut htlc = world::basic(1, 0, set_size, 1);
    htlc.incoming.key = HtlcKey { channel_id: u64::from(number) / 400, htlc_id: number.into() };
    let mut hash = name;
    hash[28..].copy_from_slice(&place.to_be_bytes());
    (htlc.incoming.payment_hash, htlc.part.share) = (PaymentHash(hash), Share(hash));
    htlc.part.set_id = SetId::Payment(PaymentId(name));
    if amp {
        let set_id = PaymentId(name);
        htlc.part.set_id = SetId::Amp { payment_secret: name, set_id };
        htlc.part.version = Version::Amp { child_index: place, total_msat: Msat(1 << 40) };
    }
    htlc
}

/// A receiver that holds this many, and the bytes that it allocated.
fn filled(count: u32, set_size: u32, amp: bool) -> (Receiver, u64) {
    let mut output = Output::default();
    let mut policy = world::policy();
    (policy.limits.sets_max, policy.limits.htlcs_max) = (1 << 21, 1 << 21);
    let before = LIVE.load(Ordering::Relaxed);
    let mut receiver = Receiver::new(policy).expect("a kernel");
    for number in 0..count {
        receiver.step(Event::Arrived(held(number, set_size, amp)), &mut output);
        assert!(matches!(output.committed(), [Effect::Hold(_)]));
    }
    let live = LIVE.load(Ordering::Relaxed) - before;
    assert_eq!(receiver.metrics().members, u64::from(count));
    (receiver, live)
}

/// Just after a table has doubled, and far from it.
fn bytes_of_an_htlc() {
    for count in [10_000, 50_000, 100_000, 197_000] {
        for (set_size, amp, bytes_max) in [(16, false, 200), (16, true, 200), (2, false, u64::MAX)]
        {
            let (receiver, live) = filled(count, set_size, amp);
            let each = live / u64::from(count);
            println!("{count} held, sets of {set_size}, lnd {amp}: {each} bytes each");
            assert!(each <= bytes_max, "{each} bytes for each of {count}");
            let counted = receiver.metrics().bytes;
            assert!(live <= counted, "{live} bytes, counted as {counted}");
        }
    }
}

/// A stranger's number is no size: neither n nor a weight allocates anything, whatever the verdict.
fn numbers_allocate_nothing() {
    let (mut receiver, _) = filled(1_000, 16, false);
    let mut output = Output::default();
    let mut step = |htlc: &Htlc, reason: Option<Reason>| {
        receiver.step(Event::Arrived(htlc.clone()), &mut output);
        let key = htlc.incoming.key;
        let expected = reason.map_or(Effect::Hold(key), |reason| Effect::Fail { key, reason });
        assert_eq!(output.committed(), [expected]);
        receiver.step(Event::Resolved(key), &mut output);
        assert_eq!(output.committed(), []);
    };
    let numbers = [
        (u32::MAX, 1, Some(Reason::TooManyParts)),
        (u32::MAX, u32::MAX, Some(Reason::TooManyParts)),
        (1_024, u32::MAX, Some(Reason::BadWeight)),
        (0, 0, Some(Reason::BadWeight)),
    ];
    let hostile = |number: usize, part_count, weight| {
        world::basic(200 - number as u8, number as u64, part_count, weight)
    };
    step(&hostile(90, 2, 1), None);
    step(&hostile(91, 0, 1), Some(Reason::BadWeight));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for (number, (part_count, weight, reason)) in numbers.into_iter().enumerate() {
        step(&hostile(number, part_count, weight), reason);
    }
    step(&hostile(4, 1_024, 1_023), None);
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
    drop(std::hint::black_box(Box::new(1)));
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > before, "the counter counts");
}

#[test]
fn memory_is_bounded() {
    bytes_of_an_htlc();
    numbers_allocate_nothing();
}

//! What can be wrong with a blob of lightning-onion pull request 31.

use ammeter_amp::eob::pr31::{DATA_BYTES_MAX, FRAMES_MAX};

use super::Spoiler;

/// The first blob: 75 bytes in a pivot, two full frames and one that holds a single byte.
pub(super) fn spoil(spoiler: &mut Spoiler<'_>) {
    spoiler.cut_and_prolong(&[0, 1, 21, 22, 23, 32, 33, 64, 65, 86, 87, 129, 130, 151, 194]);
    for blob_type in [3, 0xff] {
        spoiler.put("unknown blob type", 21, 21, &[blob_type]);
    }
    spoiler.put("data in a blob of the type for none", 22, 21, &[0]);
    for length in [11, 32, 127] {
        spoiler.put("more than the pivot holds", 22, 22, &[length]);
        spoiler.put("more than the pivot holds", 22, 22, &[0x80 | length]);
    }
    for length in 33..=127 {
        spoiler.put("more than a frame holds", 86, 86, &[length]);
        spoiler.put("more than a frame holds", 86, 86, &[0x80 | length]);
    }
    spoiler.put("more follows a pivot that is not full", 22, 22, &[0x80 | 9]);
    spoiler.put("more follows a frame that is not full", 86, 86, &[0x80 | 31]);
    spoiler.put("the last frame is cut off by its pivot", 65, 22, &[10]);
    spoiler.change("an empty frame", 86, |message| {
        message[65..98].fill(0);
        message.truncate(130);
    });
    spoiler.change("a byte behind the data not zero", 97, |message| {
        message[86] = 31;
        message[97] = 1;
        message.truncate(130);
    });
    spoiler.change("a byte behind the data not zero", 85, |message| {
        message[65..98].fill(0);
        message[86] = 20;
        message[85] = 1;
        message.truncate(130);
    });
    spoiler.change("more than 19 frames", 65 * (FRAMES_MAX - 1) + 21, |message| {
        let frame = message[65..130].to_vec();
        message.truncate(65);
        message.extend(frame.repeat(FRAMES_MAX));
    });
    const _: () = assert!(DATA_BYTES_MAX == 10 + 32 * (FRAMES_MAX - 1));
}

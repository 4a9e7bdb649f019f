//! What can be done to a valid message so that it is no longer one. Reasons and offsets are said
//! here and not asked of the parser, which is to be checked against them.

use ammeter_core::eob::pr31::{DATA_BYTES_MAX, FRAMES_MAX};

use super::messages::Kind;

/// A message that is wrong.
pub(super) struct Spoiled {
    pub(super) why: String,
    /// Of the first wrong byte, or of the first missing one.
    pub(super) offset: usize,
    pub(super) bytes: Vec<u8>,
}

/// A valid message, and what has been made of it.
struct Spoiler<'a> {
    valid: &'a [u8],
    spoiled: Vec<Spoiled>,
}

impl Spoiler<'_> {
    /// Changes a copy.
    fn change(&mut self, why: &str, offset: usize, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.valid.to_vec();
        change(&mut bytes);
        self.spoiled.push(Spoiled { why: why.into(), offset, bytes });
    }

    /// Puts `bytes` at `at`, and so makes `offset` wrong.
    fn put(&mut self, why: &str, offset: usize, at: usize, bytes: &[u8]) {
        self.change(why, offset, |message| message[at..at + bytes.len()].copy_from_slice(bytes));
    }

    /// Cuts the message off and adds a byte to it.
    fn cut_and_prolong(&mut self, sizes: &[usize]) {
        let length = self.valid.len();
        for size in sizes.iter().copied().filter(|size| *size < length) {
            self.change("cut off", size, |message| message.truncate(size));
        }
        self.change("a byte too many", length, |message| message.push(0));
    }
}

/// All that is done to `valid`, a message of this kind.
pub(super) fn of(kind: Kind, valid: &[u8]) -> Vec<Spoiled> {
    let mut spoiler = Spoiler { valid, spoiled: Vec::new() };
    match kind {
        Kind::Plain => frame(&mut spoiler, 22..33),
        Kind::Basic => {
            frame(&mut spoiler, 30..33);
            weights(&mut spoiler);
        }
        Kind::Adaptive => frame(&mut spoiler, 26..33),
        Kind::Committed => frame(&mut spoiler, 33..33),
        Kind::Tree => frame(&mut spoiler, 23..33),
        Kind::Run => run(&mut spoiler),
        Kind::Tlv => payload(&mut spoiler),
        Kind::Pr31 => blob(&mut spoiler),
    }
    spoiler.spoiled
}

fn frame(spoiler: &mut Spoiler<'_>, reserved: std::ops::Range<usize>) {
    spoiler.cut_and_prolong(&[0, 1, 8, 9, 16, 20, 21, 22, 32, 33, 64, 65, 66, 97, 128, 129]);
    for offset in [1, 8] {
        spoiler.put("channel id not zero", offset, offset, &[1]);
    }
    for version in [5, 9, 0x80, 0xff] {
        spoiler.put("unknown version", 21, 21, &[version]);
    }
    for offset in reserved {
        spoiler.put("reserved padding not zero", offset, offset, &[0x10]);
    }
    for offset in [33, 48, 64] {
        spoiler.put("hmac not zero", offset, offset, &[0x80]);
    }
    if spoiler.valid.len() == 130 {
        spoiler.put("unused byte not zero", 129, 129, &[1]);
    }
}

fn weights(spoiler: &mut Spoiler<'_>) {
    spoiler.put("n is zero", 22, 22, &[0, 0, 0, 0]);
    spoiler.put("weight is zero", 26, 26, &[0, 0, 0, 0]);
    spoiler.put("weight above n", 26, 22, &[0, 0, 0, 3, 0, 0, 0, 4]);
    spoiler.put("weight above n", 26, 26, &[0xff; 4]);
}

fn run(spoiler: &mut Spoiler<'_>) {
    for size in [0, 65, 1299] {
        spoiler.change("not 1300 bytes", 0, |message| message.truncate(size));
    }
    spoiler.change("not 1300 bytes", 0, |message| message.push(0));
    spoiler.change("no final hop", 0, |message| {
        message.chunks_exact_mut(65).for_each(|frame| {
            frame[21..33].fill(0);
            frame[33..].fill(1);
        });
    });
    spoiler.change("padding of a forwarding frame not zero", 32, |message| {
        message[21..33].fill(0);
        message[32..65].fill(7);
    });
    spoiler.change("the second frame would be the 21st", 1300, |message| {
        let (frames, last) = message.split_at_mut(19 * 65);
        last[..65].copy_from_slice(&frames[..65]);
        frames.chunks_exact_mut(65).for_each(|frame| {
            frame[21..33].fill(0);
            frame[33..].fill(1);
        });
    });
}

/// The first payload: length, amount 1 (`02 01 01`), expiry (`04 03 …`), payment_data, AMP, hmac.
fn payload(spoiler: &mut Spoiler<'_>) {
    const PAYMENT_DATA: usize = 9;
    let amp = PAYMENT_DATA + 2 + usize::from(spoiler.valid[PAYMENT_DATA + 1]);
    let end = amp + 2 + usize::from(spoiler.valid[amp + 1]);
    let stream = spoiler.valid[1..end].to_vec();
    let mut records = |why: &str, offset: usize, records: &[&[u8]]| {
        let stream = records.concat();
        // One byte of length, or the marker and two.
        let length: Vec<u8> = match u8::try_from(stream.len()) {
            Ok(length @ 0..0xfd) => vec![length],
            _ => [&[0xfd], &(stream.len() as u16).to_be_bytes()[..]].concat(),
        };
        let bytes = [&length[..], &stream, &[0; 32]].concat();
        spoiler.spoiled.push(Spoiled { why: why.into(), offset, bytes });
    };
    let of = |from: usize, to: usize| &stream[from - 1..to - 1];
    let (amount, cltv) = (of(1, 4), of(4, 9));
    let (payment_data, amp_record) = (of(PAYMENT_DATA, amp), of(amp, end));
    let head = [amount, cltv].concat();
    let front = [amount, cltv, payment_data].concat();

    records("no amount", end - 3, &[cltv, payment_data, amp_record]);
    records("no expiry", end - 5, &[amount, payment_data, amp_record]);
    records("no records", 1, &[]);
    records("AMP without payment_data", PAYMENT_DATA, &[&head, amp_record]);
    records("amount twice", 4, &[amount, amount, cltv, payment_data, amp_record]);
    let after_amp = PAYMENT_DATA + amp_record.len();
    records("types not increasing", after_amp, &[&head, amp_record, payment_data]);
    records("unknown even type 20", end, &[&front, amp_record, &[20, 0]]);
    records("unknown even type 65534", end, &[&front, amp_record, &[0xfd, 0xff, 0xfe, 0]]);
    records("a forwarding hop's record", 9, &[&head, &[6, 8, 0, 0, 0, 0, 0, 0, 0, 1]]);
    records("amount not minimal", 3, &[&[2, 2, 0, 1], cltv]);
    records("amount of nine bytes", 3, &[&[2, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1], cltv]);
    records("expiry not minimal", 6, &[amount, &[4, 1, 0]]);
    records("expiry of five bytes", 6, &[amount, &[4, 5, 1, 1, 1, 1, 1]]);
    let secret = &payment_data[2..34];
    records("payment_data too short", 11, &[&head, &[8, 31], &secret[..31]]);
    records("payment_data too long", 11, &[&head, &[8, 41], secret, &[1; 9]]);
    records("total not minimal", 43, &[&head, &[8, 34], secret, &[0, 1]]);
    let (share, set_id) = (&amp_record[2..34], &amp_record[34..66]);
    records("AMP too short", amp + 2, &[&front, &[14, 63], share, &set_id[..31]]);
    records("AMP too long", amp + 2, &[&front, &[14, 69], share, set_id, &[1; 5]]);
    records("child index not minimal", amp + 66, &[&front, &[14, 66], share, set_id, &[0, 7]]);
    records("child index zero, not minimal", amp + 66, &[&front, &[14, 65], share, set_id, &[0]]);
    records("set id zero", amp + 34, &[&front, &[14, 64], share, &[0; 32]]);
    records("type not minimal", amp, &[&front, &[0xfd, 0, 14, 64], share, set_id]);
    records("length not minimal", amp + 1, &[&front, &[14, 0xfd, 0, 64], share, set_id]);
    let huge = [&[0xff; 9][..], share].concat();
    records("length of 2^64 - 1", amp + 1, &[&front, &[14], &huge]);
    records("length past the end", amp + 1, &[&front, &[14, 65], share, set_id]);
    records("no length", amp + 1, &[&front, &[14]]);

    spoiler.put("hmac not zero", end, end, &[1]);
    spoiler.put("hmac not zero", end + 31, end + 31, &[0x80]);
    spoiler.change("payload length past the end", 0, |message| message[0] = 0xfc);
    spoiler.change("payload length of 2^64 - 1", 0, |message| drop(message.splice(..1, [0xff; 9])));
    spoiler.change("payload length not minimal", 0, |message| {
        let length = message[0];
        drop(message.splice(..1, [0xfd, 0, length]));
    });
    let length = spoiler.valid.len();
    spoiler.change("nothing", 0, Vec::clear);
    spoiler.change("hmac cut off", length - 1, |message| message.truncate(length - 1));
    spoiler.change("a byte too many", length, |message| message.push(0));
}

/// The first blob: 75 bytes in a pivot, two full frames and one that holds a single byte.
fn blob(spoiler: &mut Spoiler<'_>) {
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

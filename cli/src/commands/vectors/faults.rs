//! Changes that make a valid message invalid. Reasons and offsets are written here, and do not come
//! from the parser: the parser is checked against them.

mod blob;
mod payload;

use super::kind::Kind;

/// A message that is wrong.
pub(super) struct Spoiled {
    pub(super) why: String,
    /// Of the first wrong byte, or of the first missing one.
    pub(super) offset: usize,
    pub(super) bytes: Vec<u8>,
}

/// A valid message, and the invalid ones that were made from it.
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

/// Every invalid message that is made from `valid`.
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
        Kind::Tlv => payload::spoil(&mut spoiler),
        Kind::Pr31 => blob::spoil(&mut spoiler),
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
    spoiler.change("no final hop", 0, |message| forward(message));
    spoiler.change("padding of a forwarding frame not zero", 32, |message| {
        message[21..33].fill(0);
        message[32..65].fill(7);
    });
    spoiler.change("the second frame would be the 21st", 1300, |message| {
        let (frames, last) = message.split_at_mut(19 * 65);
        last[..65].copy_from_slice(&frames[..65]);
        forward(frames);
    });
}

/// Makes every frame a forwarding one: no padding, an hmac.
fn forward(frames: &mut [u8]) {
    for frame in frames.chunks_exact_mut(65) {
        frame[21..33].fill(0);
        frame[33..].fill(1);
    }
}

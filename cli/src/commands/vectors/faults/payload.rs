//! What can be wrong with a payload.

use super::{Spoiled, Spoiler};

/// Offset of payment_data: behind the length, amount 1 (`02 01 01`) and an expiry of three bytes.
const PAYMENT_DATA: usize = 9;

/// The first payload, taken apart. Offsets are those in the whole payload.
struct Records<'a> {
    amount: &'a [u8],
    cltv: &'a [u8],
    payment_data: &'a [u8],
    amp: &'a [u8],
    /// Offset of the AMP record.
    amp_start: usize,
    /// Offset of the hmac.
    end: usize,
}

impl<'a> Records<'a> {
    fn of(payload: &'a [u8]) -> Self {
        let behind = |record: usize| record + 2 + usize::from(payload[record + 1]);
        let (amp_start, end) = (behind(PAYMENT_DATA), behind(behind(PAYMENT_DATA)));
        Self {
            amount: &payload[1..4],
            cltv: &payload[4..PAYMENT_DATA],
            payment_data: &payload[PAYMENT_DATA..amp_start],
            amp: &payload[amp_start..end],
            amp_start,
            end,
        }
    }
}

/// All that is done to a payload.
pub(super) fn spoil(spoiler: &mut Spoiler<'_>) {
    let records = Records::of(spoiler.valid);
    spoil_order(spoiler, &records);
    spoil_instruction(spoiler, &records);
    spoil_payment_data(spoiler, &records);
    spoil_amp(spoiler, &records);
    spoil_frame(spoiler, &records);
}

impl Spoiler<'_> {
    /// A payload of these records: their length in front, a zero hmac behind.
    fn records(&mut self, why: &str, offset: usize, records: &[&[u8]]) {
        let stream = records.concat();
        let length = u8::try_from(stream.len()).expect("few records");
        assert!(length < 0xfd, "a length of one byte");
        let bytes = [&[length], &stream[..], &[0; 32]].concat();
        self.spoiled.push(Spoiled { why: why.into(), offset, bytes });
    }
}

/// Records that are missing, come twice, or in another order; and unknown ones.
fn spoil_order(spoiler: &mut Spoiler<'_>, records: &Records<'_>) {
    let Records { amount, cltv, payment_data, amp, end, .. } = *records;
    spoiler.records("no amount", end - amount.len(), &[cltv, payment_data, amp]);
    spoiler.records("no expiry", end - cltv.len(), &[amount, payment_data, amp]);
    spoiler.records("no records", 1, &[]);
    spoiler.records("AMP without payment_data", PAYMENT_DATA, &[amount, cltv, amp]);
    spoiler.records("amount twice", 4, &[amount, amount, cltv, payment_data, amp]);
    let swapped = [amount, cltv, amp, payment_data];
    spoiler.records("types not increasing", PAYMENT_DATA + amp.len(), &swapped);
    let with = |record| [amount, cltv, payment_data, amp, record];
    spoiler.records("unknown even type 20", end, &with(&[20, 0]));
    spoiler.records("unknown even type 65534", end, &with(&[0xfd, 0xff, 0xfe, 0]));
    let channel = [6, 8, 0, 0, 0, 0, 0, 0, 0, 1];
    spoiler.records("a forwarding hop's record", PAYMENT_DATA, &[amount, cltv, &channel]);
}

/// The amount and the expiry.
fn spoil_instruction(spoiler: &mut Spoiler<'_>, &Records { amount, cltv, .. }: &Records<'_>) {
    spoiler.records("amount not minimal", 3, &[&[2, 2, 0, 1], cltv]);
    spoiler.records("amount of nine bytes", 3, &[&[2, 9], &[1; 9], cltv]);
    spoiler.records("expiry not minimal", 6, &[amount, &[4, 1, 0]]);
    spoiler.records("expiry of five bytes", 6, &[amount, &[4, 5], &[1; 5]]);
}

fn spoil_payment_data(spoiler: &mut Spoiler<'_>, records: &Records<'_>) {
    let Records { amount, cltv, payment_data, .. } = *records;
    let secret = &payment_data[2..34];
    let value = PAYMENT_DATA + 2;
    let mut put = |why, offset, head: &[u8; 2], secret: &[u8], total: &[u8]| {
        spoiler.records(why, offset, &[amount, cltv, head, secret, total]);
    };
    put("payment_data too short", value, &[8, 31], &secret[..31], &[]);
    put("payment_data too long", value, &[8, 41], secret, &[1; 9]);
    put("total not minimal", value + 32, &[8, 34], secret, &[0, 1]);
}

fn spoil_amp(spoiler: &mut Spoiler<'_>, records: &Records<'_>) {
    let Records { amount, cltv, payment_data, amp, amp_start, .. } = *records;
    let (share, set_id) = (&amp[2..34], &amp[34..66]);
    let value = amp_start + 2;
    let mut put = |why, offset, head: &[u8], set_id: &[u8], index: &[u8]| {
        let records = [amount, cltv, payment_data, head, share, set_id, index];
        spoiler.records(why, offset, &records);
    };
    put("AMP too short", value, &[14, 63], &set_id[..31], &[]);
    put("AMP too long", value, &[14, 69], set_id, &[1; 5]);
    put("child index not minimal", value + 64, &[14, 66], set_id, &[0, 7]);
    put("child index zero, not minimal", value + 64, &[14, 65], set_id, &[0]);
    put("set id zero", value + 32, &[14, 64], &[0; 32], &[]);
    put("type not minimal", amp_start, &[0xfd, 0, 14, 64], set_id, &[]);
    put("length not minimal", amp_start + 1, &[14, 0xfd, 0, 64], set_id, &[]);
    let huge = [14, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    put("length of 2^64 - 1", amp_start + 1, &huge, &[], &[]);
    put("length past the end", amp_start + 1, &[14, 65], set_id, &[]);
    spoiler.records("no length", amp_start + 1, &[amount, cltv, payment_data, &[14]]);
}

/// What is around the records.
fn spoil_frame(spoiler: &mut Spoiler<'_>, &Records { end, .. }: &Records<'_>) {
    spoiler.put("hmac not zero", end, end, &[1]);
    spoiler.put("hmac not zero", end + 31, end + 31, &[0x80]);
    spoiler.change("payload length past the end", 0, |message| message[0] = 0xfc);
    spoiler.change("payload length of 2^64 - 1", 0, |message| {
        message.splice(..1, [0xff; 9]);
    });
    spoiler.change("payload length not minimal", 0, |message| {
        message.splice(..1, [0xfd, 0, message[0]]);
    });
    let length = spoiler.valid.len();
    spoiler.change("nothing", 0, Vec::clear);
    spoiler.change("hmac cut off", length - 1, |message| message.truncate(length - 1));
    spoiler.change("a byte too many", length, |message| message.push(0));
}

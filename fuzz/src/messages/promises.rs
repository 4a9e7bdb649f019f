//! The promises of every wire format, checked by one function over any bytes.

use std::fmt::Debug;

use ammeter_amp::eob::{Error, Message, writer::Writer};

use crate::messages::naive::Wrong;

/// A parser of `ammeter_amp`, on all of its input; or the first fault.
pub type Decode<'a, Value> = fn(&'a [u8]) -> Result<Value, Error>;

/// A writer of `ammeter_amp`.
pub type Write<Value> = fn(&Value, &mut Writer<'_>);

/// A naive parser, on all of its input; or the first fault.
pub type Naive<'a, Value> = fn(&'a [u8]) -> Result<Value, Wrong>;

/// A format: the parser and writer of `ammeter_amp`, and the naive parser that they are compared
/// with.
pub trait Format<'a> {
    /// The value that `ammeter_amp` reads.
    type Value: Debug + PartialEq;
    /// The value that the naive parser reads.
    type Naive: Debug + PartialEq;

    /// Whether no message of the format begins with another.
    const PREFIX_FREE: bool;
    /// The parser.
    const DECODE: Decode<'a, Self::Value>;
    /// The writer.
    const WRITE: Write<Self::Value>;
    /// The parser that it is compared with.
    const NAIVE: Naive<'a, Self::Naive>;

    /// Converts the value that `ammeter_amp` read to the naive parser's type.
    fn view(value: &Self::Value) -> Self::Naive;

    /// Checks what else a fault of this format promises.
    ///
    /// # Panics
    /// If it does not hold.
    fn check_fault(_input: &[u8], _error: &Error) {}
}

/// Reads `input`, and holds the format to its promises:
///
/// * a value, or an error inside the input, in a sentence that names its offset;
/// * the naive parser reads the same value, or finds the same fault at the same offset;
/// * a value is written as the bytes it was read from, and announces their number;
/// * what was written is read back as the same value;
/// * all that holds for a beginning of an accepted input too, which most formats refuse.
///
/// Whether the input was accepted.
///
/// # Panics
/// If a promise is broken.
pub fn check<F: for<'a> Format<'a>>(input: &[u8]) -> bool {
    let accepted = check_one::<F>(input);
    if accepted && now_and_then(input) {
        // One length, which changes with the input, is enough: a replay runs every beginning.
        if let Some(length) = (sum(input) / 8).checked_rem(input.len()) {
            let beginning = check_one::<F>(&input[..length]);
            assert!(!beginning || !F::PREFIX_FREE, "{length} bytes of {} are enough", input.len());
        }
    }
    accepted
}

/// Whether to check what is seldom broken: always in a test, and for an eighth of a fuzzer's
/// inputs.
fn now_and_then(input: &[u8]) -> bool {
    !cfg!(fuzzing) || sum(input).is_multiple_of(8)
}

/// A checksum of some bytes from the whole input, because many messages end alike.
fn sum(input: &[u8]) -> usize {
    let spread = input.iter().step_by(input.len() / 16 + 1);
    let sum = spread.fold(input.len(), |sum, byte| (sum ^ usize::from(*byte)).wrapping_mul(31));
    sum ^ sum >> 5
}

fn check_one<F: for<'a> Format<'a>>(input: &[u8]) -> bool {
    match ((F::DECODE)(input), (F::NAIVE)(input)) {
        (Ok(value), Ok(naive)) => {
            assert_eq!(F::view(&value), naive, "naive on the right");
            if now_and_then(input) {
                check_written::<F>(&value, input);
            }
            true
        }
        (Err(error), Err(wrong)) => {
            assert!(error.offset <= input.len(), "{error:?} is outside {} bytes", input.len());
            assert!(error.size <= input.len() - error.offset, "{error:?} ends outside");
            assert_eq!(Wrong::from(&error), wrong, "naive on the right");
            F::check_fault(input, &error);
            if now_and_then(input) {
                let said = error.to_string();
                let place = format!("at offset {}: ", error.offset);
                assert!(said.len() > place.len() && said.starts_with(&place), "{said}");
            }
            false
        }
        (value, naive) => panic!("read as {value:?}, by the naive parser as {naive:?}"),
    }
}

fn check_written<'a, F: Format<'a>>(value: &F::Value, input: &'a [u8]) {
    let mut counter = Writer::counter();
    (F::WRITE)(value, &mut counter);
    assert_eq!(counter.written(), input.len(), "bytes announced");
    let mut buffer = vec![0xa5; input.len()];
    let mut writer = Writer::new(&mut buffer);
    (F::WRITE)(value, &mut writer);
    let written = writer.finish().expect("the announced size is enough");
    assert!(written == input, "written as {written:02x?}, read from {input:02x?}");
    // The bytes are the same, so the value must be equal to itself.
    assert!((F::DECODE)(input).as_ref() == Ok(value), "{value:?} is not equal to itself");
}

/// Checks that a visitor of the fields sees spans without a gap, up to the end of an accepted
/// message.
///
/// # Panics
///
/// If it does not.
pub fn check_spans<'a, M: Message<'a>>(input: &'a [u8]) {
    if !now_and_then(input) {
        return;
    }
    let mut seen = 0;
    let read = M::decode_with(input, |field, span: std::ops::Range<usize>| {
        assert_eq!(span.start, seen, "a gap in front of the {field}");
        assert!(span.end <= input.len(), "the {field} ends outside");
        seen = span.end;
    });
    assert!(read.is_err() || seen == input.len(), "{seen} of {} bytes were seen", input.len());
}

//! What every format of the wire promises, as one function of any bytes.

use std::fmt::Debug;

use ammeter_amp::eob::{Error, Message, writer::Writer};

use crate::messages::naive::Wrong;

/// A format: the core's parser and writer, and the naive parser that they are compared with.
pub trait Format<'a> {
    /// What the core reads.
    type Value: Debug + PartialEq;
    /// What the naive parser reads.
    type Naive: Debug + PartialEq;

    /// Whether no message is the beginning of another.
    const PREFIX_FREE: bool;

    /// The core's parser, on all of `input`.
    ///
    /// # Errors
    /// The first fault.
    fn decode(input: &'a [u8]) -> Result<Self::Value, Error>;

    /// The core's writer.
    fn write(value: &Self::Value, writer: &mut Writer<'_>);

    /// The naive parser, on all of `input`.
    ///
    /// # Errors
    /// The first fault.
    fn naive(input: &'a [u8]) -> Result<Self::Naive, Wrong>;

    /// What the core read, in the naive parser's words.
    fn view(value: &Self::Value) -> Self::Naive;
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
        // A place that moves when the input changes; for a replay, which brings every beginning, one is enough.
        if let Some(length) = (sum(input) / 8).checked_rem(input.len()) {
            let beginning = check_one::<F>(&input[..length]);
            assert!(!beginning || !F::PREFIX_FREE, "{length} bytes of {} are enough", input.len());
        }
    }
    accepted
}

/// Whether to look at what is seldom broken: always, but under a fuzzer, which has millions of
/// inputs to incoming, at an eighth of them.
fn now_and_then(input: &[u8]) -> bool {
    !cfg!(fuzzing) || sum(input).is_multiple_of(8)
}

/// Of some bytes from everywhere: many messages end alike.
fn sum(input: &[u8]) -> usize {
    let spread = input.iter().step_by(input.len() / 16 + 1);
    let sum = spread.fold(input.len(), |sum, byte| (sum ^ usize::from(*byte)).wrapping_mul(31));
    sum ^ sum >> 5
}

fn check_one<F: for<'a> Format<'a>>(input: &[u8]) -> bool {
    match (F::decode(input), F::naive(input)) {
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
    F::write(value, &mut counter);
    assert_eq!(counter.written(), input.len(), "bytes announced");
    let mut buffer = vec![0xa5; input.len()];
    let mut writer = Writer::new(&mut buffer);
    F::write(value, &mut writer);
    let written = writer.finish().expect("the announced size is enough");
    assert!(written == input, "written as {written:02x?}, read from {input:02x?}");
    // The same bytes, and so the same value, if values can be told apart at all.
    assert!(F::decode(input).as_ref() == Ok(value), "{value:?} is not equal to itself");
}

/// A visitor is told of spans without a gap, up to the end of what is accepted.
///
/// # Panics
/// If not.
pub fn check_spans<'a, M: Message<'a>>(input: &'a [u8]) {
    if !now_and_then(input) {
        return;
    }
    let mut told = 0;
    let read = M::decode_with(input, |field, span: std::ops::Range<usize>| {
        assert_eq!(span.start, told, "a gap in front of the {field}");
        assert!(span.end <= input.len(), "the {field} ends outside");
        told = span.end;
    });
    assert!(read.is_err() || told == input.len(), "told of {told} of {} bytes", input.len());
}

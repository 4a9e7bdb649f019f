//! Promise: the check of promises finds each that is broken, and says which.

use ammeter_amp::eob::{
    Error, Fault, Field, Message,
    check::{CheckError, check_exact, check_value},
    cursor::Cursor,
    field::Visitor,
    writer::{WriteError, Writer},
};

/// Two bytes, read and written by a format that breaks one promise.
#[derive(Clone, Copy, Debug)]
struct Liar<const LIE: u8> {
    bytes: [u8; 2],
}

const HONEST: u8 = 0;
const OUTSIDE: u8 = 1;
const OTHER_BYTES: u8 = 2;
const NEVER_EQUAL: u8 = 3;
const OTHER_SIZE: u8 = 4;

impl<const LIE: u8> PartialEq for Liar<LIE> {
    fn eq(&self, other: &Self) -> bool {
        LIE != NEVER_EQUAL && self.bytes[0] == other.bytes[0]
    }
}

impl<'a, const LIE: u8> Message<'a> for Liar<LIE> {
    fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        if LIE == OUTSIDE {
            let fault = Fault::NoFinalFrame;
            return Err(Error { offset: 1, size: 2, fault });
        }
        Ok(Self { bytes: *cursor.array(Field::Filler)? })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.bytes[0]);
        writer.u8(if LIE == OTHER_BYTES { 7 } else { self.bytes[1] });
    }

    fn size(&self) -> usize {
        if LIE == OTHER_SIZE { 3 } else { 2 }
    }
}

fn broken<const LIE: u8>() -> CheckError {
    check_exact::<Liar<LIE>>(&[5, 6], &mut [0; 2]).expect_err("a lie")
}

#[test]
fn an_honest_format_passes() {
    let value = Liar::<HONEST> { bytes: [5, 6] };
    assert_eq!(check_exact(&[5, 6], &mut [0; 2]), Ok(Ok(value)));
    assert_eq!(check_value(&value, &mut [0; 9]), Ok(&[5, 6][..]));
    let short = check_exact::<Liar<HONEST>>(&[5], &mut [0; 2]).expect("no promise is broken");
    assert_eq!(short.map_err(|error| (error.offset, error.size)), Err((1, 0)));
}

#[test]
fn every_lie_is_found_and_named() {
    let outside = broken::<OUTSIDE>();
    assert!(matches!(&outside, CheckError::Outside(error) if error.size == 2));
    assert!(outside.to_string().starts_with("an error lies outside the input: at offset 1:"));
    assert_eq!(broken::<OTHER_BYTES>(), CheckError::Bytes { offset: 1 });
    assert_eq!(
        broken::<OTHER_BYTES>().to_string(),
        "accepted bytes are written differently from offset 1 on"
    );
    assert_eq!(broken::<NEVER_EQUAL>(), CheckError::Value);
    assert_eq!(broken::<NEVER_EQUAL>().to_string(), "a written value is not read back as it was");
    assert_eq!(broken::<OTHER_SIZE>(), CheckError::Size { announced: 3, written: 2 });
    assert_eq!(broken::<OTHER_SIZE>().to_string(), "3 bytes were announced and 2 written");
    let no_room = check_exact::<Liar<HONEST>>(&[5, 6], &mut [0; 1]).expect_err("one byte");
    assert_eq!(no_room, CheckError::WriteError(WriteError { needed: 2, room: 1 }));
    assert_eq!(no_room.to_string(), "a message of 2 bytes does not fit 1 bytes");
}

/// An error that ends where the input ends is inside it.
#[test]
fn the_end_of_the_input_is_not_outside() {
    let longer = check_exact::<Liar<OUTSIDE>>(&[5, 6, 7], &mut [0; 3]).expect("inside");
    assert_eq!(longer.map_err(|error| error.offset), Err(1));
}

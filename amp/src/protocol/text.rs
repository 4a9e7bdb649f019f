//! How numbers and bytes are written in a line.

use core::fmt;
use std::borrow::Cow;

use ammeter_core::hex;
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A number, or a string of one: JSON readers elsewhere round past 2^53, and ours does not.
#[derive(Clone, Copy)]
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number below 2^64")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number))
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<Number, E> {
        let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits_only { digits.parse().ok() } else { None };
        number.map(Number).ok_or_else(|| E::custom("a whole number below 2^64 is needed"))
    }
}

/// Reads hexadecimal digits.
struct Digits<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Digits<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DigitsVisitor)
    }
}

struct DigitsVisitor;

impl<'de> Visitor<'de> for DigitsVisitor {
    type Value = Digits<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of hexadecimal digits")
    }

    fn visit_borrowed_str<E: de::Error>(self, digits: &'de str) -> Result<Digits<'de>, E> {
        Ok(Digits(Cow::Borrowed(digits)))
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<Digits<'de>, E> {
        Ok(Digits(Cow::Owned(digits.to_owned())))
    }
}

/// 64-bit numbers: written as strings.
pub(super) mod long {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Number;

    pub(in super::super) fn serialize<S: Serializer>(
        number: &u64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u64, D::Error> {
        Number::deserialize(deserializer).map(|number| number.0)
    }
}

/// 32-bit numbers: written as numbers.
pub(super) mod short {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Number;

    pub(in super::super) fn serialize<S: Serializer>(
        number: &u32,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(*number)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u32, D::Error> {
        let Number(number) = Number::deserialize(deserializer)?;
        let fits = u32::try_from(number);
        fits.map_err(|_| D::Error::custom("a whole number below 2^32 is needed"))
    }
}

/// 32 bytes, as 64 hexadecimal digits.
pub(super) mod hex32 {
    use ammeter_core::hex;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::{Digits, Shown};

    pub(in super::super) fn serialize<S: Serializer>(
        bytes: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Shown(bytes))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        let Digits(digits) = Digits::deserialize(deserializer)?;
        hex::decode32(digits.as_bytes()).map_err(D::Error::custom)
    }
}

/// Any number of bytes, as hexadecimal digits; nothing if the field is not there.
pub(super) mod bytes {
    use std::borrow::Cow;

    use ammeter_core::hex;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::{Digits, Shown};

    pub(in super::super) fn serialize<S: Serializer>(
        bytes: &Option<Cow<'_, [u8]>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.collect_str(&Shown(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, 'a, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Cow<'a, [u8]>>, D::Error> {
        let Digits(digits) = Digits::deserialize(deserializer)?;
        let mut bytes = vec![0; digits.len() / 2];
        hex::decode(digits.as_bytes(), &mut bytes).map_err(D::Error::custom)?;
        Ok(Some(bytes.into()))
    }
}

struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, self.0)
    }
}

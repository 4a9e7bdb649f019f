//! Lines of bounded length, with their numbers: input of any size in constant memory.

use std::{
    fmt,
    io::{self, BufRead, Read as _},
};

/// Reads lines of at most `bytes_max` bytes.
pub struct Lines<R> {
    input: R,
    bytes_max: usize,
    line: Vec<u8>,
    number: u64,
}

/// A line that could not be read, by its number.
#[derive(Debug)]
pub struct LineError {
    /// Counted from 1.
    pub number: u64,
    /// What was wrong.
    pub fault: LineFault,
}

/// Why a line could not be read.
#[derive(Debug)]
pub enum LineFault {
    /// The line goes on after this many bytes.
    TooLong(usize),
    /// Reading failed.
    Io(io::Error),
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes_max) => write!(f, "longer than {bytes_max} bytes"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`, whose ends (`\n` or `\r\n`) do not count toward `bytes_max`.
    pub fn new(input: R, bytes_max: usize) -> Self {
        Self { input, bytes_max, line: Vec::new(), number: 0 }
    }

    /// The next line with its number, without its end; `None` after the last.
    ///
    /// # Errors
    /// After an error the rest of the line is still unread.
    pub fn read(&mut self) -> Result<Option<(u64, &[u8])>, LineError> {
        self.number += 1;
        self.line.clear();
        let failed = |fault| LineError { number: self.number, fault };
        // Two bytes more, for the line's end.
        let mut bounded = (&mut self.input).take(self.bytes_max as u64 + 2);
        let read = bounded.read_until(b'\n', &mut self.line);
        if read.map_err(|error| failed(LineFault::Io(error)))? == 0 {
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > self.bytes_max {
            return Err(failed(LineFault::TooLong(self.bytes_max)));
        }
        Ok(Some((self.number, line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines, and how the last attempt ended.
    fn read(text: &str, bytes_max: usize) -> (Vec<String>, Option<String>) {
        let mut lines = Lines::new(text.as_bytes(), bytes_max);
        let mut seen = Vec::new();
        loop {
            match lines.read() {
                Ok(Some((number, line))) => {
                    seen.push(format!("{number}:{}", String::from_utf8_lossy(line)));
                }
                Ok(None) => return (seen, None),
                Err(error) => return (seen, Some(format!("{}: {}", error.number, error.fault))),
            }
        }
    }

    #[test]
    fn a_line_ends_with_a_newline_a_carriage_return_before_it_or_the_input() {
        assert_eq!(read("", 3), (vec![], None));
        assert_eq!(
            read("abc\nabc\r\n\nab", 3),
            (["1:abc", "2:abc", "3:", "4:ab"].map(String::from).into(), None)
        );
    }

    #[test]
    fn a_line_that_is_one_byte_too_long_is_an_error_with_its_number() {
        for end in ["", "\n", "\r\n", "d", "de\n"] {
            let (lines, error) = read(&format!("abc\nabcd{end}"), 3);
            assert_eq!(
                (lines, error.as_deref()),
                (vec!["1:abc".into()], Some("2: longer than 3 bytes")),
                "{end:?}"
            );
        }
    }
}

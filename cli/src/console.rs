//! How a command ends: one line that says what was wrong, an exit code, silence on a closed pipe,
//! whole files.

use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// A command that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing was found wrong: 0.
    Fine,
    /// A mismatch was found: 1.
    Found,
    /// Ctrl-C ended it early: 130, as a shell reports it.
    Interrupted,
}

/// A command that could not run: bad usage, bad input, or a file that cannot be read or written.
/// Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// With the flag, file or line at fault in front.
    pub fn of(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self(format!("{place}: {reason}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every command returns.
pub type Outcome = Result<Done, Refusal>;

/// Prints a refusal and gives the exit code.
pub fn exit(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::Found) => ExitCode::from(1),
        Ok(Done::Interrupted) => ExitCode::from(130),
        Err(refusal) => {
            complain(&refusal);
            ExitCode::from(2)
        }
    }
}

/// Prints one line to standard error. If that fails, there is no other place to say it.
pub fn complain(line: impl fmt::Display) {
    let _ = writeln!(anstream::stderr(), "ammeter: {line}");
}

/// Prints help and version unchanged, and an error in one line.
pub fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return exit(print(&error.render().ansi().to_string()).map(|()| Done::Fine));
    }
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let reason: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty())
        .collect();
    complain(reason.join(" ").trim_start_matches("error: "));
    ExitCode::from(2)
}

/// Writes text to standard output. A closed pipe is no error: the reader wanted no more.
pub fn print(text: &str) -> Result<(), Refusal> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::of("standard output", error))
        }
        _ => Ok(()),
    }
}

/// A file that appears under its name whole or not at all.
///
/// What is not a regular file (`/dev/null`, a named pipe) is written in place.
pub struct WholeFile {
    path: PathBuf,
    partial: Option<PathBuf>,
    writer: BufWriter<File>,
}

impl WholeFile {
    /// Starts the file that will be `path`.
    pub fn create(path: &Path) -> Result<Self, Refusal> {
        let place = path.display();
        let in_place = path.metadata().is_ok_and(|metadata| !metadata.is_file());
        let partial = (!in_place).then(|| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".partial-{}", std::process::id()));
            PathBuf::from(name)
        });
        let opened = match &partial {
            Some(partial) => File::create_new(partial),
            None => File::options().write(true).open(path),
        };
        let file = opened.map_err(|error| Refusal::of(place, error))?;
        Ok(Self { path: path.to_owned(), partial, writer: BufWriter::with_capacity(1 << 16, file) })
    }

    /// Renames the file to its name.
    pub fn finish(mut self) -> Result<(), Refusal> {
        let place = self.path.display().to_string();
        let failed = |error| Refusal::of(&place, error);
        self.writer.flush().map_err(failed)?;
        if let Some(partial) = self.partial.take() {
            std::fs::rename(&partial, &self.path).map_err(|error| {
                let _ = std::fs::remove_file(&partial);
                failed(error)
            })?;
        }
        Ok(())
    }

    /// Writes `text` and renames the file to its name.
    pub fn fill(mut self, text: &str) -> Result<(), Refusal> {
        let written = self.write_all(text.as_bytes());
        written.map_err(|error| Refusal::of(self.path.display(), error))?;
        self.finish()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            let _ = std::fs::remove_file(partial);
        }
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on a first ctrl-C is noted and a second one ends the process.
pub fn catch_interrupt(note: &'static str) {
    static CAUGHT: OnceLock<()> = OnceLock::new();
    CAUGHT.get_or_init(|| {
        // Without a handler ctrl-C ends the process at once, which is no reason not to run.
        let _ = ctrlc::set_handler(move || {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            complain(note);
        });
    });
}

/// Whether ctrl-C was pressed.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_absent() {
        let folder = std::env::temp_dir().join(format!("ammeter-whole-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        WholeFile::create(&path).unwrap().fill("first").unwrap();
        let mut second = WholeFile::create(&path).unwrap();
        second.write_all(b"second").unwrap();
        drop(second);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no partial file stays");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

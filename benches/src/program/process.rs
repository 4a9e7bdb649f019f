//! A running program: started in a group of its own, listened to, ended with all of its children.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::conversation::{Conversation, shown};
use crate::backend::Failure;

/// How a program is started: words separated by spaces, in a folder.
#[derive(Clone, Debug)]
pub struct CommandLine {
    words: Vec<String>,
    folder: PathBuf,
}

impl CommandLine {
    /// The words of `line`; relative paths in it are taken from `folder`.
    ///
    /// # Errors
    /// If there is no word.
    pub fn new(line: &str, folder: &Path) -> Result<Self, Failure> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(Failure("no program is named".into()));
        }
        Ok(Self { words, folder: folder.to_owned() })
    }

    /// Ready to be run, with no input and its outputs piped.
    pub(super) fn command(&self) -> Command {
        // A relative path with a folder in it is looked up from our own folder by some systems, and
        // from the new one by others.
        let name = Path::new(&self.words[0]);
        let is_path = name.components().count() > 1 && name.is_relative();
        let program = if is_path { self.folder.join(name) } else { name.to_owned() };
        let mut command = Command::new(std::path::absolute(&program).unwrap_or(program));
        if !is_path {
            command = Command::new(name);
        }
        command
            .args(&self.words[1..])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;

            // Ctrl-C at the terminal is for us, and one signal reaches a wrapper's children too.
            command.process_group(0);
        }
        command
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}

/// A running program; dropping it ends it and what it started.
pub(super) struct Process {
    child: Child,
    errors: Arc<Mutex<Tail>>,
}

/// How long a program that has closed its output may take to end.
const END_MAX: Duration = Duration::from_secs(1);

impl Process {
    pub(super) fn start(line: &CommandLine) -> Result<(Self, Conversation), Failure> {
        let mut child = line.command().stdin(Stdio::piped()).spawn().map_err(|error| {
            Failure(format!("`{}` could not be started: {error}", line.words[0]))
        })?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let errors = Arc::new(Mutex::new(Tail::default()));
        if let Some(stderr) = child.stderr.take() {
            let errors = Arc::clone(&errors);
            thread::spawn(move || Tail::follow(&errors, stderr));
        }
        let process = Self { child, errors };
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(Failure("its input and output are not open".into()));
        };
        Ok((process, Conversation::new(stdin, stdout)))
    }

    /// `failure`, how the program ended if it did, and the end of what it wrote to standard error.
    pub(super) fn explain(&mut self, Failure(mut text): Failure) -> Failure {
        let start = Instant::now();
        let mut status = None;
        // A program whose output ended is about to end, and its last words are on their way.
        while text.contains("ended") && status.is_none() && start.elapsed() < END_MAX {
            thread::sleep(Duration::from_millis(10));
            status = self.child.try_wait().ok().flatten();
        }
        if let Some(status) = status {
            text += &format!("; the program ended ({status})");
            thread::sleep(Duration::from_millis(20));
        }
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = errors.last_line() {
            text += &format!("; last on its standard error: {}", shown(&line));
        }
        Failure(text)
    }

    /// What its threads have done, by the kernel's count; `None` where it has none.
    pub(super) fn threads(&self) -> Option<Threads> {
        Threads::of(self.child.id())
    }
}

/// What the threads of a process have done, all together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Threads {
    /// Time on a core.
    pub(super) on_core: Duration,
    /// Time spent waiting for one.
    pub(super) waited: Duration,
}

impl Threads {
    /// Those of a process; `None` where nobody counts.
    pub(super) fn of(process: u32) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let mut all = Self::default();
        for thread in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
            // A thread may have ended meanwhile.
            let text = thread.and_then(|one| std::fs::read_to_string(one.path().join("schedstat")));
            // Nanoseconds on a core, nanoseconds waiting for one, time slices.
            let text = text.unwrap_or_default();
            let mut words = text.split_whitespace().map_while(|word| word.parse().ok());
            all.on_core += Duration::from_nanos(words.next().unwrap_or_default());
            all.waited += Duration::from_nanos(words.next().unwrap_or_default());
        }
        Some(all)
    }

    pub(super) const fn since(self, start: Self) -> Self {
        Self {
            on_core: self.on_core.saturating_sub(start.on_core),
            waited: self.waited.saturating_sub(start.waited),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills a child and its process group, and waits for the child: neither orphans nor zombies
/// remain.
pub(super) fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // An error says that nobody is left. The number is still ours: the child has not been
        // waited for, or its group has members, or nobody has it.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started, takes longer than `limit`, or ends with another code than 0: with the
/// last line that it wrote to standard error. Otherwise the first line of its output.
pub(super) fn run(line: &CommandLine, limit: Duration) -> Result<String, Failure> {
    let mut child =
        line.command().spawn().map_err(|error| Failure(format!("`{line}`: {error}")))?;
    let tails = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(10)),
            Ok(Some(status)) => break Ok(status),
            Ok(None) => break Err(format!("not done within {} s", limit.as_secs())),
            Err(error) => break Err(error.to_string()),
        }
    };
    end(&mut child);
    let [output, errors] = tails.map(|tail| tail.and_then(|tail| tail.join().ok()));
    let last = errors.as_ref().and_then(Tail::last_line).unwrap_or_default();
    match status {
        Ok(status) if status.success() => Ok(output.unwrap_or_default().first),
        Ok(status) => Err(Failure(format!("`{line}` ended ({status}): {}", shown(&last)))),
        Err(reason) => Err(Failure(format!("`{line}`: {reason}"))),
    }
}

fn reader(from: impl Read + Send + 'static) -> thread::JoinHandle<Tail> {
    thread::spawn(move || {
        let tail = Mutex::new(Tail::default());
        Tail::follow(&tail, from);
        tail.into_inner().unwrap_or_default()
    })
}

/// The first line and the last bytes of a stream.
#[derive(Default)]
struct Tail {
    first: String,
    is_first_whole: bool,
    bytes: Vec<u8>,
}

/// Bytes kept of a stream's end.
const TAIL_BYTES: usize = 2048;

impl Tail {
    /// Reads to the end, keeping little.
    fn follow(tail: &Mutex<Self>, mut from: impl Read) {
        let mut piece = [0; 1024];
        loop {
            match from.read(&mut piece) {
                Ok(0) => return,
                Ok(size) => {
                    tail.lock().unwrap_or_else(PoisonError::into_inner).add(&piece[..size]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn add(&mut self, piece: &[u8]) {
        if !self.is_first_whole && self.first.len() < TAIL_BYTES {
            let line = piece.split(|byte| *byte == b'\n').next().unwrap_or_default();
            self.first += &String::from_utf8_lossy(line);
            self.is_first_whole = line.len() < piece.len();
        }
        self.bytes.extend_from_slice(piece);
        self.bytes.drain(..self.bytes.len().saturating_sub(TAIL_BYTES));
    }

    fn last_line(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}

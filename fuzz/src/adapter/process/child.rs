//! A child process on three pipes: every wait has an end, every buffer a limit, and nothing that it
//! started is left behind.

use std::{
    collections::VecDeque,
    io::{self, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::ioctl_fionbio,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};

use super::trouble::{LINE_MAX, Trouble};

/// How much of standard error is kept, in bytes.
const TAIL: usize = 1 << 12;
/// How long a program that has closed its output may take to be gone.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// A process that leads a group of its own.
#[derive(Debug)]
pub(super) struct Child {
    process: std::process::Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// `None` once it has been closed.
    stderr: Option<ChildStderr>,
    /// What was read; the bytes before `start` are used up.
    output: Vec<u8>,
    start: usize,
    errors: VecDeque<u8>,
    /// Whether it is dead and its number may be another's.
    is_gone: bool,
}

impl Child {
    pub(super) fn spawn(words: &[String]) -> io::Result<Self> {
        let mut process = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // So that whatever it starts can be killed with it.
            .process_group(0)
            .spawn()?;
        let (stdin, stdout, stderr) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            unreachable!("three pipes were asked for")
        };
        let (output, errors) = (Vec::new(), VecDeque::new());
        let (stderr, start, is_gone) = (Some(stderr), 0, false);
        let child = Self { process, stdin, stdout, stderr, output, start, errors, is_gone };
        ioctl_fionbio(&child.stdin, true)?;
        ioctl_fionbio(&child.stdout, true)?;
        child.stderr.as_ref().map_or(Ok(()), |stderr| ioctl_fionbio(stderr, true))?;
        Ok(child)
    }

    /// Writes a line, if the child has said nothing that nobody asked for.
    pub(super) fn write(&mut self, line: &[u8], deadline: Instant) -> Result<(), Trouble> {
        let mut rest = line;
        self.look(Duration::ZERO, false)?;
        if let Some(said) = self.unasked() {
            return Err(Trouble::Unasked(said));
        }
        while !rest.is_empty() {
            match self.stdin.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(deadline, true)?;
                    self.is_bounded()?;
                }
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Err(self.ended());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The next line that is not blank, without its end.
    pub(super) fn line(&mut self, deadline: Instant) -> Result<Vec<u8>, Trouble> {
        let mut searched = self.start;
        loop {
            let end = self.output[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(length) = end {
                let end = searched + length;
                let line = self.output[self.start..end].trim_ascii().to_vec();
                (self.start, searched) = (end + 1, end + 1);
                if !line.is_empty() {
                    return Ok(line);
                }
                continue;
            }
            self.output.drain(..self.start);
            self.start = 0;
            searched = self.output.len();
            self.is_bounded()?;
            self.wait(deadline, false)?;
        }
    }

    fn is_bounded(&self) -> Result<(), Trouble> {
        let pending = &self.output[self.start..];
        if pending.len() <= LINE_MAX {
            return Ok(());
        }
        Err(if pending.contains(&b'\n') { Trouble::Flood } else { Trouble::Endless })
    }

    /// The beginning of what it said behind its last answer.
    fn unasked(&self) -> Option<Vec<u8>> {
        let said = self.output[self.start..].trim_ascii();
        (!said.is_empty()).then(|| said[..said.len().min(LINE_MAX)].to_vec())
    }

    /// Waits until there is something to read, or room to write.
    fn wait(&mut self, deadline: Instant, writing: bool) -> Result<(), Trouble> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Trouble::Silent);
        }
        self.look(left, writing)
    }

    /// Takes in what there is to read, and waits for it no longer than this.
    fn look(&mut self, longest: Duration, writing: bool) -> Result<(), Trouble> {
        let mut waits = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        waits.extend(self.stderr.as_ref().map(|stderr| PollFd::new(stderr, PollFlags::IN)));
        if writing {
            waits.push(PollFd::new(&self.stdin, PollFlags::OUT));
        }
        let longest = Timespec::try_from(longest).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        match poll(&mut waits, Some(&longest)) {
            Err(error) if error != rustix::io::Errno::INTR => {
                return Err(io::Error::from(error).into());
            }
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        let said = !waits[0].revents().is_empty();
        let complained = self.stderr.is_some() && !waits[1].revents().is_empty();
        drop(waits);
        if complained {
            self.read_errors();
        }
        if said { self.read_output() } else { Ok(()) }
    }

    fn read_output(&mut self) -> Result<(), Trouble> {
        let mut chunk = [0; 1 << 13];
        match self.stdout.read(&mut chunk) {
            Ok(0) => Err(self.ended()),
            Ok(count) => {
                self.output.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes in what there is on standard error; whether there was any.
    fn read_errors(&mut self) -> bool {
        let Some(stderr) = &mut self.stderr else { return false };
        let mut chunk = [0; TAIL];
        match stderr.read(&mut chunk) {
            Ok(count) if count > 0 => {
                self.errors.extend(&chunk[..count]);
                let excess = self.errors.len().saturating_sub(TAIL);
                self.errors.drain(..excess);
                true
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            _ => {
                self.stderr = None;
                false
            }
        }
    }

    /// Its output is closed: how it ended, if it did.
    fn ended(&mut self) -> Trouble {
        let until = Instant::now() + LEAVE_WITHIN;
        while Instant::now() < until {
            if self.has_exited() {
                return self.kill().map_or(Trouble::Closed, Trouble::Ended);
            }
            thread::sleep(Duration::from_millis(1));
        }
        Trouble::Closed
    }

    /// Whether it is dead. It stays a zombie, so that its number stays that of its group.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(self.id()), options), Ok(Some(_)) | Err(_))
    }

    fn id(&self) -> Pid {
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        id.expect("a process has a number")
    }

    /// Kills it and all that it started, and waits for it. What it leaves is how it ended.
    pub(super) fn kill(&mut self) -> Option<ExitStatus> {
        if !core::mem::replace(&mut self.is_gone, true) {
            // Nobody is left in the group if this fails, but perhaps the program itself in another.
            let _ = kill_process_group(self.id(), Signal::KILL);
            let _ = self.process.kill();
        }
        self.process.wait().ok()
    }

    /// The last lines of its standard error.
    pub(super) fn last_words(&mut self) -> String {
        // All that a dead process has written is in the pipe: at most what a pipe holds.
        for _ in 0..1 << 8 {
            if !self.read_errors() {
                break;
            }
        }
        let tail: Vec<u8> = self.errors.iter().copied().collect();
        let text = String::from_utf8_lossy(&tail);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

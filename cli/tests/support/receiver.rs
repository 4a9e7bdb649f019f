//! `ammeter receive` as a child that is asked and answers.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;

/// Runs a command to its end.
pub(crate) fn ammeter(arguments: &[&str], input: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ammeter"));
    command.args(arguments).stdin(input).output().expect("it starts")
}

/// The events of a payment of 1 000 003 msat.
pub(crate) fn sent(flags: &[&str]) -> Vec<Value> {
    let arguments = [&["send", "--amount", "1000003", "--events"], flags].concat();
    let output = ammeter(&arguments, Stdio::null());
    assert!(output.status.success(), "{arguments:?}");
    lines(&output.stdout)
}

/// JSON lines; the last may have been cut off.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Value> {
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

pub(crate) struct Receiver {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    done: u64,
    /// What it said before it was asked anything.
    #[allow(dead_code)] // not every promise is about restarts
    pub(crate) first_answers: Vec<Value>,
}

impl Receiver {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut receiver = Self::spawn(flags);
        receiver.first_answers = receiver.until_done();
        receiver
    }

    /// Protocol 2, up to its greeting.
    #[allow(dead_code)] // not every promise is about protocol 2
    pub(crate) fn greeted(flags: &[&str]) -> Self {
        let mut receiver = Self::spawn(flags);
        let mut hello = String::new();
        receiver.output.as_mut().expect("open").read_line(&mut hello).expect("a line");
        assert!(hello.starts_with(r#"{"hello":{"protocol":2,"name":"ammeter","#), "{hello}");
        receiver
    }

    /// Begins a history, or goes on with it.
    #[allow(dead_code)] // not every promise is about protocol 2
    pub(crate) fn open(&mut self, event: &Value) -> Vec<Value> {
        self.write(&event.to_string());
        self.done = 0;
        self.until_done()
    }

    fn spawn(flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ammeter"))
            .arg("receive")
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Self { child, input, output, done: 0, first_answers: Vec::new() }
    }

    pub(crate) fn write(&mut self, line: &str) {
        let input = self.input.as_mut().expect("open");
        input.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }

    /// Writes `bytes` again and again, without an end of line, until it reads no more; at most
    /// 1,000 times.
    #[allow(dead_code)] // not every promise is about long lines
    pub(crate) fn write_until_refused(&mut self, bytes: &[u8]) -> usize {
        let input = self.input.as_mut().expect("open");
        (0..1000).take_while(|_| input.write_all(bytes).is_ok()).count()
    }

    /// Writes an event and reads what follows from it.
    #[allow(dead_code)] // not every promise is about answers
    pub(crate) fn ask(&mut self, event: &Value) -> Vec<Value> {
        self.write(&event.to_string());
        self.done += 1;
        self.until_done()
    }

    fn until_done(&mut self) -> Vec<Value> {
        let mut answers = Vec::new();
        let output = self.output.as_mut().expect("open");
        for line in output.lines() {
            let answer: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            if answer["done"].as_u64() == Some(self.done) {
                return answers;
            }
            answers.push(answer);
        }
        panic!("it ended after {answers:?}");
    }

    /// What it writes from now on, on another thread.
    #[allow(dead_code)] // not every promise is about kills
    pub(crate) fn take_output(&mut self) -> BufReader<ChildStdout> {
        self.output.take().expect("open")
    }

    #[allow(dead_code)] // not every promise is about pipes
    pub(crate) fn close_output(&mut self) {
        self.output = None;
    }

    #[allow(dead_code)] // not every promise is about kills
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }

    #[allow(dead_code)] // not every promise is about interrupts
    pub(crate) fn interrupt(&self) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &process]).status().expect("kill").success());
    }

    /// Closes its input and waits.
    #[allow(dead_code)] // not every promise is about ends
    pub(crate) fn end(mut self) -> Output {
        self.input = None;
        self.wait()
    }

    #[allow(dead_code)] // not every promise is about ends
    pub(crate) fn wait(mut self) -> Output {
        let mut stdout = Vec::new();
        if let Some(output) = &mut self.output {
            output.read_to_end(&mut stdout).expect("output");
        }
        let mut stderr = Vec::new();
        let errors = self.child.stderr.as_mut().expect("piped");
        errors.read_to_end(&mut stderr).expect("errors");
        Output { status: self.child.wait().expect("a child"), stdout, stderr }
    }
}

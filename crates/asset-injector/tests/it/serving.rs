//! A server process: its address, its log, its end.

use crate::{
    binary::{Sandbox, without_environment},
    http::{self, PATIENCE},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// A server on a free port.
pub(crate) struct Serving {
    child: Child,
    events: Receiver<Value>,
    seen: Vec<Value>,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// Starts a server and waits until it listens.
    pub(crate) fn listening(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Self {
        Self::start(sandbox.command(&["serve"]), variables)
    }

    /// Starts a server that may have so many files open, and waits until its rules are in force.
    pub(crate) fn limited(sandbox: &Sandbox, descriptors: usize, variables: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        let script = format!(
            "ulimit -n {descriptors} && exec {} serve",
            env!("CARGO_BIN_EXE_asset-injector")
        );
        shell.args(["-c", &script]).current_dir(sandbox.path());
        without_environment(&mut shell);
        Self::ready_by(shell, variables)
    }

    fn start(mut command: Command, variables: &[(&str, &str)]) -> Self {
        command
            .env("PORT", "0")
            // A busy machine is no fault of the server.
            .env("REQUEST_TIMEOUT", "30s")
            .envs(variables.iter().copied());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, events) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                // Nobody listens any more when the test has ended.
                let _ = sender.send(event);
            }
        });
        let mut serving = Self {
            child,
            events,
            seen: Vec::new(),
            address: ([0, 0, 0, 0], 0).into(),
        };
        let event = serving.event("listening on");
        serving.address = event["server.address"].as_str().unwrap().parse().unwrap();
        serving
    }

    /// Starts a server and waits until its rules are in force.
    pub(crate) fn ready(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Self {
        Self::ready_by(sandbox.command(&["serve"]), variables)
    }

    /// Starts a server by a command of one's own and waits until its rules are in force.
    pub(crate) fn ready_by(command: Command, variables: &[(&str, &str)]) -> Self {
        let mut serving = Self::start(command, variables);
        serving.event("rules loaded");
        assert_eq!(http::get(serving.address, "/health/ready").status, 200);
        serving
    }

    /// The first event of the log whose message begins so; waits for it.
    #[track_caller]
    pub(crate) fn event(&mut self, message: &str) -> Value {
        let begins = |event: &Value| {
            event["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(message))
        };
        self.first_event(message, begins)
    }

    /// The first event of the log with this target that fits; waits for it.
    #[track_caller]
    pub(crate) fn event_of(&mut self, target: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.first_event(target, |event| event["target"] == target && fits(event))
    }

    #[track_caller]
    fn first_event(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(event) = self.seen.iter().find(|event| is_it(event)) {
            return event.clone();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => self.seen.push(event),
                Err(error) => panic!("no event {what:?} ({error}) in {:#?}", self.seen),
            }
            if let Some(event) = self.seen.last().filter(|event| is_it(event)) {
                return event.clone();
            }
        }
    }

    /// How many events so far have a message that begins so.
    pub(crate) fn count(&mut self, message: &str) -> usize {
        self.seen.extend(self.events.try_iter());
        let messages = self.seen.iter().filter_map(|event| event["message"].as_str());
        messages.filter(|text| text.starts_with(message)).count()
    }

    /// All events so far that fit.
    pub(crate) fn events_where(&mut self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.seen.extend(self.events.try_iter());
        self.seen.iter().filter(|event| fits(event)).cloned().collect()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end of the process and returns its exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the server did not end");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

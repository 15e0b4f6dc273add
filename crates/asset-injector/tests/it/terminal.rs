//! The binary before a pseudo-terminal: what somebody who watches standard error sees.

use crate::http::PATIENCE;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::{
    fs::File,
    io::Read as _,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

/// A command whose standard error is a terminal; its standard output is none.
pub(crate) struct Terminal {
    child: Child,
    written: Receiver<String>,
    screen: String,
}

impl Terminal {
    pub(crate) fn run(mut command: Command) -> Self {
        let outer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&outer).unwrap();
        unlockpt(&outer).unwrap();
        let inner = ptsname(&outer, Vec::new()).unwrap().into_string().unwrap();
        let inner = File::options().read(true).write(true).open(inner).unwrap();
        let child = command
            // Without it nothing is known of the terminal, and nothing is drawn.
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(inner)
            .spawn()
            .unwrap();
        // With the command goes this process's hold on the terminal: reading ends when the child does.
        drop(command);
        let (sender, written) = channel();
        thread::spawn(move || {
            let (mut outer, mut bytes) = (File::from(outer), [0; 4096]);
            while let Ok(count @ 1..) = outer.read(&mut bytes) {
                // Nobody watches any more when the test has ended.
                let _ = sender.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
            }
        });
        Self {
            child,
            written,
            screen: String::new(),
        }
    }

    /// Waits until all of these have been on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, parts: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        while !parts.iter().all(|part| self.screen.contains(part)) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.written.recv_timeout(left) {
                Ok(text) => self.screen.push_str(&text),
                Err(error) => panic!("{parts:?} are not shown ({error}): {:?}", self.screen),
            }
        }
    }

    /// Waits for the end: the exit code, what was printed, and all that was ever on the screen.
    pub(crate) fn ended(mut self) -> (Option<i32>, String, String) {
        let mut printed = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut printed).unwrap();
        let status = self.child.wait().unwrap();
        self.screen.extend(self.written.iter());
        (status.code(), printed, self.screen)
    }
}

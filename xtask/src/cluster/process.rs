//! Processes that go on when the task has ended.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::places::Places;

const POLL: Duration = Duration::from_millis(50);
/// After this a process that was asked to end is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How much of a log is shown when its process has ended.
const LAST_LINES: usize = 15;

/// Becomes a program once it is told to. Where whoever starts it ends before, it ends too: nothing runs that has
/// no record.
const WHEN_TOLD: &str = "read -r told && exec \"$@\" </dev/null";

/// A process of the cluster, by the name of its part.
pub(super) struct Process<'places> {
    places: &'places Places,
    name: String,
}

impl<'places> Process<'places> {
    pub(super) fn new(places: &'places Places, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { places, name }
    }

    /// Where its number is kept, and when it was started: numbers are given again.
    fn record(&self) -> PathBuf {
        self.places.state.join("run").join(&self.name)
    }

    fn log(&self) -> PathBuf {
        self.places.logs().join(format!("{}.log", self.name))
    }

    /// The number of the process, if it still runs.
    pub(super) fn id(&self) -> Option<i32> {
        let record = fs::read_to_string(self.record()).ok()?;
        let (id, started) = record.split_once(' ')?;
        let id = id.parse().ok()?;
        (started_at(id)? == started).then_some(id)
    }

    /// Starts the command unless it runs. It gets a session of its own: no terminal ends it.
    pub(super) fn start(&self, command: &Command) -> Result<()> {
        if self.id().is_some() {
            return Ok(());
        }
        let mut child = self.prepare(command)?;
        let id = i32::try_from(child.id())?;
        let started = started_at(id).with_context(|| self.end())?;
        fs::write(self.record(), format!("{id} {started}"))?;
        let mut told = child.stdin.take().context("it waits for a word")?;
        told.write_all(b"\n").with_context(|| self.end())
    }

    /// Starts what becomes the command once it is told to.
    fn prepare(&self, command: &Command) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut session = self.places.command("setsid");
        session
            .args(["sh", "-c", WHEN_TOLD, "sh"])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = session.spawn();
        child.with_context(|| format!("cannot start `{}`", self.name))
    }

    /// Ends the process, by force if it takes too long.
    pub(super) fn stop(&self, signal: Signal) -> Result<()> {
        let asked = Instant::now();
        let mut signal = Some(signal);
        while let Some(id) = self.id() {
            if asked.elapsed() > 2 * GRACE {
                bail!("`{}` ({id}) does not end", self.name);
            }
            if asked.elapsed() > GRACE {
                signal = Some(Signal::KILL);
            }
            if let (Some(signal), Some(process)) = (signal.take(), Pid::from_raw(id)) {
                // It may have ended by itself meanwhile.
                let _ = kill_process(process, signal);
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Tries until it succeeds; fails with the last reason, or at once if the process has ended.
    pub(super) fn wait<T>(&self, limit: Duration, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        let began = Instant::now();
        loop {
            let error = match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if self.id().is_none() {
                bail!(self.end());
            }
            if began.elapsed() > limit {
                let log = self.log();
                return Err(error.context(format!(
                    "`{}` is not ready after {} s; its log is `{}`",
                    self.name,
                    limit.as_secs(),
                    log.display()
                )));
            }
            std::thread::sleep(POLL);
        }
    }

    fn end(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        format!(
            "`{}` has ended; the end of its log, `{}`:\n{last}",
            self.name,
            self.log().display()
        )
    }
}

/// When the process was started, in the kernel's ticks; nothing if it has ended, also if nobody has taken note of it.
pub(super) fn started_at(id: i32) -> Option<String> {
    let told = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may hold anything, so count from behind it.
    let (_, fields) = told.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?;
    let started = fields.nth(18)?;
    (!["Z", "X"].contains(&state)).then(|| started.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use anyhow::{Result, bail};
    use rustix::process::Signal;

    use super::{Places, Process};
    use crate::shell;

    fn places(folder: &tempfile::TempDir) -> Places {
        let places = Places {
            programs: folder.path().join("programs"),
            state: folder.path().join("state"),
        };
        for folder in [places.state.join("run"), places.logs()] {
            fs::create_dir_all(folder).expect("an empty folder");
        }
        places
    }

    #[test]
    fn a_process_is_started_once_and_known_until_it_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(&folder);
        let process = Process::new(&places, "sleeper");
        let sleep = shell::command("sleep", ["600"]);
        process.start(&sleep).expect("it starts");
        let id = process.id();
        assert!(id.is_some());
        process.start(&sleep).expect("it runs");
        assert_eq!(process.id(), id);
        // Nobody takes note of its end here, and it is gone all the same.
        process.stop(Signal::TERM).expect("it ends");
        assert_eq!(process.id(), None);
    }

    #[test]
    fn what_is_not_recorded_does_not_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(&folder);
        let process = Process::new(&places, "unrecorded");
        let file = folder.path().join("ran");
        let touch = shell::command("touch", [&file]);
        // Whoever starts it is killed before it is recorded.
        let mut child = process.prepare(&touch).expect("it starts");
        drop(child.stdin.take());
        let status = child.wait().expect("it ends");
        assert!(!status.success() && !file.exists());
        process.start(&touch).expect("it starts");
        let ran = process.wait(Duration::from_secs(60), || match file.exists() {
            true => Ok(()),
            false => bail!("not yet"),
        });
        assert!(ran.is_ok() || file.exists());
    }

    #[test]
    fn a_number_that_was_given_again_is_not_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(&folder);
        let process = Process::new(&places, "earlier");
        fs::write(process.record(), format!("{} 1", std::process::id())).expect("written");
        assert_eq!(process.id(), None);
    }

    #[test]
    fn waiting_for_a_process_that_ends_tells_the_end_of_its_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(&folder);
        let process = Process::new(&places, "brief");
        let brief = shell::command("sh", ["-c", "sleep 0.2; echo because; exit 3"]);
        process.start(&brief).expect("it starts");
        let never = || -> Result<()> { bail!("not ready") };
        let error = process
            .wait(Duration::from_secs(60), never)
            .expect_err("it has ended");
        let message = error.to_string();
        assert!(
            message.contains("`brief` has ended") && message.contains("because"),
            "{message}"
        );
    }
}

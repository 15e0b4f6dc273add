//! Takes a cluster down that a command has brought up for itself, however the command ends: by a signal, too, and by
//! SIGKILL.
//!
//! A process beside it waits until its standard input ends, whose other end nobody but the command holds. It has a
//! process group of its own, so Ctrl-C does not reach it.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The process beside the command. When this is dropped it does its work, and is waited for.
pub(super) struct Guard(Child);

impl Guard {
    /// Starts it, before there is anything to take down.
    pub(super) fn begin() -> Result<Self> {
        // This program, also where its file was replaced by a build.
        let mut command = Command::new("/proc/self/exe");
        command.args(["cluster", "guard"]);
        Self::of(command)
    }

    fn of(mut command: Command) -> Result<Self> {
        let child = command.process_group(0).stdin(Stdio::piped()).spawn();
        child
            .map(Self)
            .context("cannot start what takes the cluster down")
    }

    /// Has it take the cluster down now.
    pub(super) fn end(mut self) -> Result<()> {
        let status = self.release()?;
        ensure!(status.success(), "the cluster cannot be taken down");
        Ok(())
    }

    fn release(&mut self) -> std::io::Result<std::process::ExitStatus> {
        drop(self.0.stdin.take());
        self.0.wait()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // It has said what went wrong.
        let _ = self.release();
    }
}

/// What the process beside the command does first: it waits until the command has ended or needs no cluster any more.
pub(super) fn wait() -> Result<()> {
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::Guard;
    use crate::shell;

    /// One that leaves a file when it does its work.
    fn guard(file: &Path) -> Guard {
        let mut command = shell::command("sh", ["-c", "cat; sleep 0.2; touch \"$0\""]);
        command.arg(file);
        Guard::of(command).expect("there is a shell")
    }

    #[test]
    fn it_does_its_work_however_the_command_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ended");
        let guarded = guard(&file);
        assert!(!file.exists());
        guarded.end().expect("it comes to its end");
        assert!(file.exists());

        let file = folder.path().join("panicked");
        let panicked = std::panic::catch_unwind(|| {
            let _guard = guard(&file);
            panic!("as a check may");
        });
        assert!(panicked.is_err() && file.exists());
    }

    /// What a command has started may outlive it.
    #[test]
    fn nobody_else_holds_the_other_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let guarded = guard(&folder.path().join("done"));
        let mut other = Command::new("sleep").arg("600").spawn().expect("it starts");
        guarded.end().expect("it comes to its end");
        assert_eq!(other.try_wait().expect("it is ours"), None);
        other.kill().expect("it still runs");
        other.wait().expect("it was killed");
    }

    #[test]
    fn one_that_fails_is_told_of() {
        let command = shell::command("sh", ["-c", "cat; exit 1"]);
        let failed = Guard::of(command).expect("there is a shell").end();
        assert!(failed.is_err());
    }
}

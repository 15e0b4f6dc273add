//! How a command ends: its exit code, and an error with what to do about it.

use crate::{config::Invalid, output};
use std::{fmt, io, process::ExitCode};

/// How a command that ran to its end came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is done and well.
    Done,
    /// It looked and found something wrong; it has said so itself.
    Findings,
}

/// An error that says what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: String,
    usage: bool,
}

impl Failure {
    /// Something went wrong.
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            usage: false,
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &str {
        &self.help
    }

    /// The command cannot be carried out as it was given.
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            usage: true,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Prints an error with its causes and its `help:` line; returns the exit code.
pub(crate) fn exit_code(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        // Whoever read our output has seen enough of it (`| head`).
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let (help, usage) = advice(&error);
            output::error(&format!("{error:#}"), help.as_deref());
            ExitCode::from(if usage { 2 } else { 1 })
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.downcast_ref::<io::Error>().is_some_and(broken)
}

fn advice(error: &anyhow::Error) -> (Option<String>, bool) {
    if error.downcast_ref::<Invalid>().is_some() {
        let help = "`asset-injector serve --help` lists every setting; an empty value counts as unset";
        return (Some(help.to_owned()), true);
    }
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    failure.map_or((None, false), |failure| {
        (Some(failure.help.clone()), failure.usage)
    })
}

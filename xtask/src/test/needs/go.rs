//! The Go toolchain, and what was built with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{COLLECTOR, GO, environment, tool};
use crate::shell;

/// Where the Go module of one of our own tools lies.
fn module(name: &str) -> PathBuf {
    Path::new("tools").join(name)
}

/// A Go toolchain that is new enough for what we build with it.
pub(crate) fn go() -> Option<PathBuf> {
    let ours = environment(GO.name).join("bin/go").canonicalize().ok();
    let found = [shell::find_program("go"), ours].into_iter().flatten();
    found
        .into_iter()
        .find(|go| shell::succeeds(go_command(go, COLLECTOR.name).args(["list", "-m"])))
}

/// Whether our Go program is of this version: not all of them say so themselves, and Go does.
pub(super) fn is_built(name: &str, version: &str) -> bool {
    let Some(go) = go() else { return false };
    let said = shell::output(Command::new(go).args(["version", "-m"]).arg(tool(name)));
    let marker = format!("\tv{version}\t");
    said.is_ok_and(|said| {
        said.lines()
            .any(|line| line.starts_with("\tmod\t") && line.contains(&marker))
    })
}

/// Go in the module of one of our own tools; it fetches no other Go.
pub(super) fn go_command(go: &Path, name: &str) -> Command {
    let mut command = Command::new(go);
    command.current_dir(module(name)).env("GOTOOLCHAIN", "local");
    command
}

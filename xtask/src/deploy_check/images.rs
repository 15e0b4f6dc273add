//! Images of the program that differ in the commit that they tell, so that an answer shows who gave it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::cluster::Running;
use crate::{image, shell};

/// The name of all of them.
pub(super) const NAME: &str = "registry.local/asset-injector";
/// The tag of one that ends as soon as it starts.
pub(super) const CRASHING: &str = "crashing";
/// Where an executable file says at which address it begins.
const ENTRY: std::ops::Range<usize> = 0x18..0x20;

/// The program as it was built, and the commit that it tells.
pub(super) struct Program {
    path: PathBuf,
    bytes: Vec<u8>,
    commit: String,
}

impl Program {
    /// Takes this static binary, or compiles one.
    pub(super) fn find(given: Option<&Path>) -> Result<Self> {
        let path = image::binary(given)?;
        let path = std::path::absolute(path)?;
        let bytes = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let program = path.to_string_lossy();
        let told = shell::output(&mut shell::command(&program, ["version", "--format", "json"]))?;
        let told: Value = serde_json::from_str(&told)?;
        let commit = told["commit"]
            .as_str()
            .context("the binary tells no commit")?
            .to_owned();
        ensure!(commit.len() == 40, "`{commit}` is no commit");
        Ok(Self { path, bytes, commit })
    }

    /// A new token that may change rules, as the line for the server.
    pub(super) fn token_line(&self) -> Result<String> {
        let words = ["token", "new", "ann", "editor", "--format", "json"];
        let told = shell::output(&mut shell::command(&self.path.to_string_lossy(), words))?;
        let told: Value = serde_json::from_str(&told)?;
        Ok(told["line"]
            .as_str()
            .context("no line for the server")?
            .to_owned())
    }

    /// Loads an image for each version, and one that ends at once.
    pub(super) fn load(&self, cluster: &Running<'_>, scratch: &Path, versions: &[u32]) -> Result<()> {
        let mut builds: Vec<_> = versions
            .iter()
            .map(|version| (version.to_string(), self.telling(&commit(*version))))
            .collect();
        let mut crashing = self.bytes.clone();
        crashing[ENTRY].fill(0);
        builds.push((CRASHING.to_owned(), crashing));
        let engine = image::Engine::start(scratch)?;
        for (tag, bytes) in builds {
            let binary = scratch.join("asset-injector");
            fs::write(&binary, bytes)?;
            let permissions = fs::metadata(&self.path)?.permissions();
            fs::set_permissions(&binary, permissions)?;
            let archive = scratch.join("image.tar");
            image::archive(&engine, &binary, &format!("{NAME}:{tag}"), &archive)?;
            cluster.load(&archive)?;
        }
        Ok(())
    }

    /// The same binary with another commit in its place.
    fn telling(&self, commit: &str) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let places: Vec<_> = bytes
            .windows(self.commit.len())
            .enumerate()
            .filter(|(_, window)| *window == self.commit.as_bytes())
            .map(|(at, _)| at)
            .collect();
        for at in places {
            bytes[at..at + commit.len()].copy_from_slice(commit.as_bytes());
        }
        bytes
    }
}

/// The commit that a version tells.
pub(super) fn commit(version: u32) -> String {
    format!("{version:040}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Program, commit};

    #[test]
    fn only_the_commit_is_another_one_wherever_it_stands() {
        let of = |commit: &str| format!("\u{7f}ELF {commit} and again{commit}").into_bytes();
        let before = "0123456789abcdef0123456789abcdef01234567";
        let program = Program {
            path: PathBuf::new(),
            bytes: of(before),
            commit: before.to_owned(),
        };
        assert_eq!(program.telling(&commit(7)), of(&commit(7)));
    }
}

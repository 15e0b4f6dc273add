//! Packs: what one says of itself, and where an installed one came from.

use crate::{Timestamp, rule_id};
use semver::{Version, VersionReq};
use std::{fmt, sync::Arc};

/// The pack that single community rules count as.
pub const SINGLES: &str = "singles";

/// Checks the name of a pack that can be installed: lower case, digits and hyphens, none that has another meaning.
///
/// # Errors
///
/// The reason, when it is not one.
pub fn check_pack_name(name: &str) -> Result<(), String> {
    rule_id::check_pack(name)?;
    match name == SINGLES {
        true => Err(format!("`{name}` is not the name of a pack")),
        false => Ok(()),
    }
}

/// Which versions do: written as Cargo writes it, but for a bare version, which means exactly that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    text: Box<str>,
    compiled: VersionReq,
}

impl Requirement {
    /// Parses a requirement.
    ///
    /// # Errors
    ///
    /// The reason, when the text is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let compiled = VersionReq::parse(&text.split(',').map(exact).collect::<Vec<_>>().join(", "));
        let compiled = compiled.map_err(|error| format!("`{text}` is not a version requirement: {error}"))?;
        Ok(Self {
            text: text.into(),
            compiled,
        })
    }

    /// Whether a version does.
    pub fn matches(&self, version: &Version) -> bool {
        self.compiled.matches(version)
    }

    /// The requirement as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One part of a requirement; a bare version becomes that version.
fn exact(part: &str) -> String {
    let part = part.trim();
    let is_bare = part.starts_with(|first: char| first.is_ascii_digit()) && !part.contains(['*', 'x', 'X']);
    if is_bare {
        format!("={part}")
    } else {
        part.to_owned()
    }
}

/// What a pack says of itself (`manifest.yaml`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The name, which its rules' ids begin with.
    pub name: Arc<str>,
    /// The version.
    pub version: Version,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub author: String,
    /// Under which licence it is given.
    pub license: Option<String>,
    /// Where people read about it.
    pub homepage: Option<String>,
    /// What it can be found by.
    pub tags: Vec<String>,
    /// The packs that it builds upon.
    pub dependencies: Vec<Dependency>,
    /// Which versions of the engine it is for; `None`: all.
    pub requires: Option<Requirement>,
}

/// A pack that another one builds upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Which of its versions do.
    pub requirement: Requirement,
}

/// Where an installed pack came from, and why it is trusted (`.source.json`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackSource {
    /// The URL of its archive; `None` for what was given as a file, a folder or a request's body.
    pub url: Option<String>,
    /// The version that was installed.
    pub version: Version,
    /// SHA-256 of its archive, in lower case hexadecimal digits.
    pub sha256: String,
    /// The public key that its signature was checked with, as minisign prints it; `None` without a valid signature.
    pub key: Option<String>,
    /// Whether its scripts and its priorities counted when it was recorded.
    pub trusted: bool,
    /// When it was installed.
    pub installed_at: Timestamp,
}

/// A pack as a store holds it, besides its rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstalledPack {
    /// What it says of itself; `None` where that cannot be read, and for [`SINGLES`].
    pub manifest: Option<Manifest>,
    /// Where it came from; `None` for a pack that was put there by hand.
    pub source: Option<PackSource>,
}

impl InstalledPack {
    /// The version in force: that of the manifest, else the one that was recorded.
    pub fn version(&self) -> Option<&Version> {
        let manifest = self.manifest.as_ref().map(|manifest| &manifest.version);
        manifest.or_else(|| self.source.as_ref().map(|source| &source.version))
    }

    /// Whether it was trusted when it was recorded; that holds on only by the keys that it was trusted by.
    pub fn is_trusted(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.trusted)
    }
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Relative to the pack's folder, `/` as separator, checked: it leads nowhere else.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests;

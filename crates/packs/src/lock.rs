//! `packs.lock`: what is installed, from where, with which hash and key, so that it can be restored exactly.

use crate::{
    digest,
    plan::{Installed, Request},
};
use rulefile::{Format, parse_value};
use rules::{PackSource, Value, check_pack_name};
use semver::Version;
use std::fmt::Write as _;

/// The name of the file, beside the packs.
pub const LOCK_FILE: &str = "packs.lock";
/// The form that is written and read.
const FORMAT_VERSION: i128 = 1;
/// What stands above it.
const HEAD: &str = "# Written by asset-injector; `packs install --locked` restores exactly this.\n";

/// A pack as the lock file records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The URL of its archive; `None` for what cannot be fetched again.
    pub url: Option<String>,
    /// SHA-256 of its archive.
    pub sha256: String,
    /// The key that signed it.
    pub key: Option<String>,
    /// Whether it is trusted.
    pub trusted: bool,
}

impl Locked {
    /// What asks for exactly this pack; its hash and its key go into the offer beside it.
    pub fn request(&self) -> Request {
        Request::Install {
            name: Some(self.name.clone()),
            version: Some(self.version.clone()),
            trust: self.trusted,
        }
    }
}

/// What a lock file would record of what is installed, by name; packs that were put there by hand are not in it.
pub fn of_installed(installed: &Installed) -> Vec<Locked> {
    let locked = |(name, source): (&String, &PackSource)| Locked {
        name: name.clone(),
        version: source.version.clone(),
        url: source.url.clone(),
        sha256: source.sha256.clone(),
        key: source.key.clone(),
        trusted: source.trusted,
    };
    let is_pack = |name: &str| check_pack_name(name).is_ok();
    let sourced = installed
        .iter()
        .filter_map(|(name, pack)| Some((name, pack.source.as_ref()?)));
    sourced
        .filter(|(name, source)| is_pack(name) && digest::parse(&source.sha256).is_some())
        .map(locked)
        .collect()
}

/// What a lock file records once packs have changed, by name: what is installed, and what it recorded before and is
/// not installed, but for a pack that was uninstalled.
pub fn following(before: Vec<Locked>, installed: &Installed, gone: Option<&str>) -> Vec<Locked> {
    let is_kept = |locked: &Locked| !installed.contains_key(&locked.name) && Some(&*locked.name) != gone;
    let mut packs = of_installed(installed);
    packs.extend(before.into_iter().filter(is_kept));
    packs.sort_by(|a, b| a.name.cmp(&b.name));
    packs
}

/// Prints a lock file: YAML, each pack with the same fields in the same order.
pub fn print(packs: &[Locked]) -> String {
    let optional = |text: &Option<String>| text.as_deref().map_or("null".to_owned(), quoted);
    let mut text = format!("{HEAD}version: {FORMAT_VERSION}\npacks:");
    text.push_str(if packs.is_empty() { " []\n" } else { "\n" });
    for pack in packs {
        let _ = write!(
            text,
            "  - name: {}\n    version: {}\n    url: {}\n    sha256: {}\n    key: {}\n    trusted: {}\n",
            quoted(&pack.name),
            quoted(&pack.version.to_string()),
            optional(&pack.url),
            quoted(&pack.sha256),
            optional(&pack.key),
            pack.trusted
        );
    }
    text
}

/// Text in quotes: what JSON writes, YAML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Parses a lock file.
///
/// # Errors
///
/// The first thing that is wrong with it, with its place.
pub fn parse(bytes: &[u8]) -> Result<Vec<Locked>, String> {
    let root = parse_value(bytes, Format::Yaml).map_err(|found| match found.first() {
        Some(first) => format!("{LOCK_FILE}:{}:{}: {}", first.line, first.column, first.reason),
        None => format!("{LOCK_FILE} cannot be read"),
    })?;
    if root.get("version") != Some(&Value::Integer(FORMAT_VERSION)) {
        return Err(format!("{LOCK_FILE}: `version` is not {FORMAT_VERSION}"));
    }
    let Some(Value::List(packs)) = root.get("packs") else {
        return Err(format!("{LOCK_FILE}: `packs` is not a list"));
    };
    let mut locked: Vec<Locked> = Vec::new();
    for (n, pack) in packs.iter().enumerate() {
        let found = entry(pack).map_err(|reason| format!("{LOCK_FILE}: packs[{n}]: {reason}"))?;
        if locked.iter().any(|known| known.name == found.name) {
            return Err(format!(
                "{LOCK_FILE}: packs[{n}]: `{}` is listed twice",
                found.name
            ));
        }
        locked.push(found);
    }
    Ok(locked)
}

fn entry(pack: &Value) -> Result<Locked, String> {
    let optional = |key: &str| match pack.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` is not text")),
    };
    let required = |key: &str| optional(key)?.ok_or_else(|| format!("`{key}` is missing"));
    let name = required("name")?;
    check_pack_name(&name)?;
    let version = required("version")?;
    let sha256 = required("sha256")?;
    Ok(Locked {
        version: Version::parse(&version)
            .map_err(|error| format!("`{version}` is not a version: {error}"))?,
        url: optional("url")?,
        sha256: digest::parse(&sha256).ok_or_else(|| format!("`{sha256}` is not a SHA-256"))?,
        key: optional("key")?,
        trusted: match pack.get("trusted") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(trusted)) => *trusted,
            Some(_) => return Err("`trusted` is neither true nor false".to_owned()),
        },
        name,
    })
}

#[cfg(test)]
mod tests;

//! Which version of a pack to fetch.

use super::{Refusal, is_below};
use crate::index::{Index, ListedPack, Release};
use rules::{InstalledPack, check_pack_name};
use semver::Version;

/// What somebody asks to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A pack of the repository: this version, or the newest that is no pre-release.
    Pack {
        /// Its name.
        name: String,
        /// The version, where it is written out.
        version: Option<Version>,
    },
    /// The archive at an `https://` URL.
    Url(String),
}

impl Wanted {
    /// Parses `name`, `name@1.2.3` or a URL.
    ///
    /// # Errors
    ///
    /// The reason, when it is none of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.contains("://") {
            return match text.starts_with("https://") {
                true => Ok(Self::Url(text.to_owned())),
                false => Err(format!("`{text}` is not an https:// URL")),
            };
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        check_pack_name(name)?;
        let parse =
            |text: &str| Version::parse(text).map_err(|error| format!("`{text}` is not a version: {error}"));
        Ok(Self::Pack {
            name: name.to_owned(),
            version: version.map(parse).transpose()?,
        })
    }
}

/// What to do about a pack before its archive is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Fetch this version, and decide.
    Fetch(Release),
    /// Leave what is installed; the text says why where that is worth a word.
    Keep(Option<String>),
}

/// Which version an installation by name is about.
///
/// # Errors
///
/// When the repository has none, the engine is another, or it is lower than what is installed and not written out.
pub fn wanted_release(
    index: &Index,
    name: &str,
    version: Option<&Version>,
    installed: Option<&InstalledPack>,
    engine: &Version,
) -> Result<Release, Refusal> {
    let listed = find(index, name)?;
    let release = match version {
        Some(version) => exact(listed, version)?,
        None => {
            let none = || Refusal::NotFound(format!("`{name}` has only pre-releases; write out which one"));
            listed.newest().cloned().ok_or_else(none)?
        }
    };
    if let Some(requires) = release
        .requires
        .as_ref()
        .filter(|requires| !requires.matches(engine))
    {
        let newest = listed.newest_for(engine);
        let other = newest.map_or(String::new(), |other| format!("; {} does not", other.version));
        let reason = format!(
            "`{name}` {} asks for asset-injector {requires}, and this is {engine}{other}",
            release.version
        );
        return Err(Refusal::Version(reason));
    }
    match installed.and_then(InstalledPack::version) {
        Some(present) if release.version < *present && version.is_none() => {
            Err(Refusal::lower(name, &release.version, present))
        }
        _ => Ok(release),
    }
}

/// Which version an update of an installed pack is about: the newest for this engine, if it is higher.
///
/// `index` is that of the repository whose files lie below the URL `repository`; only what came from there is updated.
///
/// # Errors
///
/// When the repository does not have the pack.
pub fn newer_release(
    (repository, index): (&str, &Index),
    name: &str,
    installed: &InstalledPack,
    engine: &Version,
) -> Result<Choice, Refusal> {
    let keep = |reason: String| Ok(Choice::Keep(Some(reason)));
    // What somebody put there is theirs: a pack of the same name elsewhere is another one.
    let url = installed.source.as_ref().and_then(|source| source.url.as_deref());
    if !url.is_some_and(|url| is_below(url, repository)) {
        return keep(format!(
            "`{name}` did not come from this repository; install it from there to update it"
        ));
    }
    let listed = find(index, name)?;
    let Some(present) = installed.version() else {
        return keep(format!("the version of `{name}` is not known; install it anew"));
    };
    let higher = |release: &&Release| release.version > *present;
    if let Some(release) = listed.newest_for(engine).filter(higher) {
        return Ok(Choice::Fetch(release.clone()));
    }
    match listed.newest().filter(higher) {
        Some(newest) => keep(format!(
            "`{name}` {} is for another engine than {engine}",
            newest.version
        )),
        None => Ok(Choice::Keep(None)),
    }
}

fn find<'i>(index: &'i Index, name: &str) -> Result<&'i ListedPack, Refusal> {
    let none = || Refusal::NotFound(format!("the repository has no pack `{name}`"));
    index.find(name).ok_or_else(none)
}

/// A version that is written out. An index that lists one version may have older archives that it does not name.
fn exact(listed: &ListedPack, version: &Version) -> Result<Release, Refusal> {
    if let Some(release) = listed.release(version) {
        return Ok(release.clone());
    }
    match listed.releases.len() {
        0 | 1 => Ok(Release {
            version: version.clone(),
            sha256: None,
            size: None,
            requires: None,
        }),
        _ => Err(Refusal::NotFound(format!(
            "the repository has no version {version} of `{}`",
            listed.name
        ))),
    }
}

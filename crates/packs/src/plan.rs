//! What an installation, an update or a removal changes, decided before anything is changed.
//!
//! First [`wanted_release`] or [`newer_release`] say what to fetch; when it is there, [`decide`] says what becomes of
//! it: every rule on versions, hashes, signatures and trust is applied here, and only here.

mod choose;
mod dependencies;
mod refusal;
mod trust;

pub use choose::{Choice, Wanted, newer_release, wanted_release};
pub use dependencies::{dependency_warnings, dependent_warnings};
pub use refusal::Refusal;
pub use trust::{is_below, is_trusted, needs_signature};

use crate::{content::Content, signature::TrustedKeys};
use rules::{InstalledPack, PackSource, Timestamp};
use semver::Version;
use std::collections::BTreeMap;

/// The packs that are installed, by name.
pub type Installed = BTreeMap<String, InstalledPack>;

/// Who asks for it, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// An admin installs it.
    Install {
        /// The name that was asked for; `None` where an archive was given.
        name: Option<String>,
        /// The version, where it was written out.
        version: Option<Version>,
        /// Whether the admin vouches for it (`trust: true`, `--trust`).
        trust: bool,
    },
    /// It takes the place of the installed version, of this pack.
    Update(String),
}

/// Where an archive comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This URL.
    Url(String),
    /// A local zip or folder, or the body of a request: the one who asks has it in hand.
    Hand,
}

/// A pack that could be installed, as it was given.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// Who asks for it.
    pub request: Request,
    /// Where it comes from.
    pub origin: Origin,
    /// The SHA-256 that an index or a lock file says its archive has.
    pub sha256: Option<String>,
    /// The key that a lock file says it was signed with.
    pub key: Option<String>,
    /// Its archive.
    pub archive: &'a [u8],
    /// The signature of its archive, if there is one.
    pub signature: Option<&'a str>,
    /// What is in it.
    pub content: &'a Content,
}

/// What changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The pack.
    pub name: String,
    /// The version that is installed now.
    pub from: Option<Version>,
    /// The pack as it is afterwards; `None`: removed.
    pub pack: Option<InstalledPack>,
    /// Whether anything changes at all.
    pub changed: bool,
    /// What is worth a word: dependencies that are missing, trust that is lost.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Carries the plan out on a list of what is installed.
    pub fn apply(&self, installed: &mut Installed) {
        match &self.pack {
            _ if !self.changed => {}
            Some(pack) => {
                installed.insert(self.name.clone(), pack.clone());
            }
            None => {
                installed.remove(&self.name);
            }
        }
    }
}

/// Decides what becomes of an offer.
///
/// # Errors
///
/// Why it must not be installed.
pub fn decide(
    offer: &Offer<'_>,
    installed: &Installed,
    keys: &TrustedKeys,
    now: Timestamp,
) -> Result<Plan, Refusal> {
    let manifest = &offer.content.manifest;
    let name = manifest.name.to_string();
    check_identity(offer)?;
    let present = installed.get(&name);
    if present.is_none() && matches!(offer.request, Request::Update(_)) {
        return Err(Refusal::NotFound(format!("`{name}` is not installed")));
    }
    let grant = trust::grant(offer, present, keys)?;
    let from = present.and_then(InstalledPack::version).cloned();
    check_version(offer, from.as_ref())?;
    let mut warnings = grant.warnings;
    let source = PackSource {
        url: match &offer.origin {
            Origin::Url(url) => Some(url.clone()),
            Origin::Hand => None,
        },
        version: manifest.version.clone(),
        sha256: offer.content.sha256.clone(),
        key: grant.key,
        trusted: grant.trusted,
        installed_at: now,
    };
    let is_same_version = from.as_ref() == Some(&manifest.version);
    let source = match present.and_then(|pack| pack.source.as_ref()) {
        Some(known) if is_same_version => again((known, source), keys, &mut warnings),
        _ => Some(source),
    };
    let pack = match (source, present) {
        (None, Some(present)) => present.clone(),
        (source, _) => InstalledPack {
            manifest: Some(manifest.clone()),
            source,
        },
    };
    warnings.extend(dependency_warnings(manifest, installed));
    warnings.extend(dependent_warnings(&name, Some(&manifest.version), installed));
    Ok(Plan {
        changed: present != Some(&pack),
        name,
        from,
        pack: Some(pack),
        warnings,
    })
}

/// The record of a version that is installed already, when an admin installs it again: only who vouches for it can
/// change, and trust is not lost. `None`: nothing changes.
fn again(
    (known, offered): (&PackSource, PackSource),
    keys: &TrustedKeys,
    warnings: &mut Vec<String>,
) -> Option<PackSource> {
    if known.sha256 != offered.sha256 {
        warnings.push(format!(
            "version {} is installed from another archive and was kept; uninstall it first to replace it",
            known.version
        ));
        return None;
    }
    if trust::counts(&offered, keys) && !trust::counts(known, keys) {
        // What was recorded says nothing any more, so nothing of it is mixed with what does.
        return Some(PackSource {
            installed_at: known.installed_at,
            ..offered
        });
    }
    let key = offered.key.or_else(|| known.key.clone());
    if known.trusted && !offered.trusted && key != known.key {
        // An admin's word stays that: beside a key it would pass for the trust that the key gives.
        return None;
    }
    let trusted = known.trusted || offered.trusted;
    let is_same = (key.as_ref(), trusted) == (known.key.as_ref(), known.trusted);
    (!is_same).then(|| PackSource {
        key,
        trusted,
        ..known.clone()
    })
}

/// Whether the archive is the one that was asked for and listed.
fn check_identity(offer: &Offer<'_>) -> Result<(), Refusal> {
    let manifest = &offer.content.manifest;
    let (name, version) = match &offer.request {
        Request::Install { name, version, .. } => (name.as_deref(), version.as_ref()),
        Request::Update(name) => (Some(name.as_str()), None),
    };
    let found = format!("{} {}", manifest.name, manifest.version);
    if let Some(name) = name.filter(|name| *name != &*manifest.name) {
        return Err(Refusal::Invalid(format!("the archive of `{name}` holds {found}")));
    }
    if let Some(version) = version.filter(|version| **version != manifest.version) {
        return Err(Refusal::Invalid(format!(
            "the archive of version {version} holds {found}"
        )));
    }
    let wanted = offer.sha256.as_deref();
    if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&offer.content.sha256)) {
        let reason = format!(
            "the archive of {found} has the SHA-256 {}, and {} is listed",
            offer.content.sha256,
            wanted.unwrap_or_default()
        );
        return Err(Refusal::Invalid(reason));
    }
    Ok(())
}

/// A lower version comes only when somebody writes it out.
fn check_version(offer: &Offer<'_>, installed: Option<&Version>) -> Result<(), Refusal> {
    let manifest = &offer.content.manifest;
    let is_written_out = matches!(&offer.request, Request::Install { version: Some(_), .. });
    match installed {
        Some(installed) if manifest.version < *installed && !is_written_out => {
            Err(Refusal::lower(&manifest.name, &manifest.version, installed))
        }
        _ => Ok(()),
    }
}

/// Decides what removing a pack changes.
///
/// # Errors
///
/// When it is not installed.
pub fn uninstall(name: &str, installed: &Installed) -> Result<Plan, Refusal> {
    let Some(present) = installed.get(name) else {
        return Err(Refusal::NotFound(format!("`{name}` is not installed")));
    };
    Ok(Plan {
        name: name.to_owned(),
        from: present.version().cloned(),
        pack: None,
        changed: true,
        warnings: dependent_warnings(name, None, installed),
    })
}

#[cfg(test)]
mod tests;

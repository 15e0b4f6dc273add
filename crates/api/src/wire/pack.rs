//! Packs on the wire.

use super::rule::Time;
use ::rules::{Dependency, PackSource, RuleId};
use catalog::{Freshness, PackChange, SeenPack};
use serde::Serialize;
use utoipa::ToSchema;

/// A pack that is installed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackBody {
    #[schema(example = "cookie-banners")]
    name: String,
    /// `null` where the manifest cannot be read and nobody recorded one.
    #[schema(example = "1.2.0")]
    version: Option<String>,
    description: Option<String>,
    author: Option<String>,
    license: Option<String>,
    homepage: Option<String>,
    tags: Vec<String>,
    /// Rules of it, whatever their state.
    rule_count: usize,
    dependencies: Vec<PackDependency>,
    /// Where it came from; `null` for a pack that was put there by hand.
    source: Option<PackOrigin>,
    /// Whether its scripts and its priorities count.
    trusted: bool,
    /// The valid signature of its archive; `null` without one.
    signature: Option<PackSignature>,
    /// Overrides of its rules.
    overrides: Vec<String>,
    /// Overrides that were made from an older version, whose rule in the pack is not known to be the same.
    outdated: Vec<OutdatedOverride>,
    /// Dependencies that are missing or do not fit.
    warnings: Vec<String>,
}

/// A pack that another one builds upon.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackDependency {
    name: String,
    /// Which of its versions do.
    #[schema(example = "^1.2")]
    requirement: String,
}

/// Where a pack came from.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackOrigin {
    /// `null` for what was sent, or installed from a file.
    url: Option<String>,
    /// SHA-256 of its archive.
    sha256: String,
    installed_at: Time,
}

/// A valid signature.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackSignature {
    /// The minisign public key that it was checked with.
    key: String,
}

/// An override that may be outdated.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutdatedOverride {
    rule_id: String,
    /// The pack's version that it was made from.
    base_version: String,
}

/// What became of one pack.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedPack {
    name: String,
    changed: bool,
    /// The version that was there before.
    from: Option<String>,
    /// The version that is there now.
    version: Option<String>,
    /// What is worth a word: dependencies that are missing, trust that was lost, files that were left out.
    warnings: Vec<String>,
    /// Overrides whose rule in the pack changed.
    outdated: Vec<String>,
    /// The pack as it is now, where it was installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<PackBody>,
}

/// How old what is known of the repository is.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndexFreshness {
    /// When the repository last gave the index, or said that it is the same.
    fetched_at: Option<Time>,
    /// Whether a copy serves, since the repository cannot be asked.
    stale: bool,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_reason: Option<String>,
}

impl PackBody {
    pub(crate) fn of(seen: SeenPack) -> Self {
        let version = seen.pack.version().map(ToString::to_string);
        let manifest = seen.pack.manifest;
        let source = seen.pack.source;
        let dependency = |dependency: &Dependency| PackDependency {
            name: dependency.name.clone(),
            requirement: dependency.requirement.to_string(),
        };
        let manifest = manifest.as_ref();
        Self {
            version,
            description: manifest.map(|manifest| manifest.description.clone()),
            author: manifest.map(|manifest| manifest.author.clone()),
            license: manifest.and_then(|manifest| manifest.license.clone()),
            homepage: manifest.and_then(|manifest| manifest.homepage.clone()),
            tags: manifest.map_or_else(Vec::new, |manifest| manifest.tags.clone()),
            rule_count: seen.rules,
            dependencies: manifest.map_or_else(Vec::new, |manifest| {
                manifest.dependencies.iter().map(dependency).collect()
            }),
            trusted: seen.trusted,
            signature: source.as_ref().and_then(|source| {
                let key = source.key.clone()?;
                Some(PackSignature { key })
            }),
            source: source.map(PackOrigin::of),
            overrides: texts(&seen.overrides),
            outdated: seen
                .outdated
                .into_iter()
                .map(|(id, base_version)| OutdatedOverride {
                    rule_id: id.to_string(),
                    base_version,
                })
                .collect(),
            warnings: seen.warnings,
            name: seen.name,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl PackOrigin {
    fn of(source: PackSource) -> Self {
        Self {
            url: source.url,
            sha256: source.sha256,
            installed_at: Time(source.installed_at),
        }
    }
}

impl ChangedPack {
    pub(crate) fn of(change: PackChange) -> Self {
        Self {
            name: change.name,
            changed: change.changed,
            from: change.from.map(|version| version.to_string()),
            version: change.to.map(|version| version.to_string()),
            warnings: change.warnings,
            outdated: texts(&change.outdated),
            pack: None,
        }
    }

    /// The same with the pack as it is now.
    pub(crate) fn with_pack(self, pack: Option<PackBody>) -> Self {
        Self { pack, ..self }
    }
}

impl IndexFreshness {
    /// Without a repository nothing is known, and nothing is stale.
    pub(crate) fn of(freshness: Option<Freshness>) -> Self {
        let (fetched_at, stale_reason) = match freshness {
            Some(freshness) => (Some(Time(freshness.fetched_at)), freshness.stale),
            None => (None, None),
        };
        Self {
            fetched_at,
            stale: stale_reason.is_some(),
            stale_reason,
        }
    }
}

/// Ids as text.
pub(crate) fn texts(ids: &[RuleId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

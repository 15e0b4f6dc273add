//! What a pack says of itself and where it came from, as the text of columns.

use rules::{Dependency, InstalledPack, Manifest, PackSource, Requirement, Timestamp};
use semver::Version;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct ManifestShape {
    name: String,
    version: String,
    description: String,
    author: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    homepage: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<DependencyShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requires: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct DependencyShape {
    name: String,
    version: String,
}

#[derive(Deserialize, Serialize)]
struct SourceShape {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    version: String,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    trusted: bool,
    /// Milliseconds since 1970.
    installed_at: i64,
}

/// The texts of a pack's columns: manifest and source.
pub(crate) fn encode(pack: &InstalledPack) -> (Option<String>, Option<String>) {
    let manifest = pack
        .manifest
        .as_ref()
        .map(|manifest| json(&of_manifest(manifest)));
    let source = pack.source.as_ref().map(|source| json(&of_source(source)));
    (manifest, source)
}

/// The pack of its columns' texts, and what is wrong with them, column by column; what is wrong is left out.
pub(crate) fn decode(
    manifest: Option<&str>,
    source: Option<&str>,
) -> (InstalledPack, Vec<(&'static str, String)>) {
    let mut wrong = Vec::new();
    let mut note = |column: &'static str, reason: String| wrong.push((column, reason));
    let manifest = manifest.and_then(|text| match to_manifest(text) {
        Ok(manifest) => Some(manifest),
        Err(reason) => {
            note("manifest", reason);
            None
        }
    });
    let source = source.and_then(|text| match to_source(text) {
        Ok(source) => Some(source),
        Err(reason) => {
            note("source", reason);
            None
        }
    });
    (InstalledPack { manifest, source }, wrong)
}

fn json(shape: &impl Serialize) -> String {
    serde_json::to_string(shape).expect("text can always be extended")
}

fn of_manifest(manifest: &Manifest) -> ManifestShape {
    let dependency = |dependency: &Dependency| DependencyShape {
        name: dependency.name.clone(),
        version: dependency.requirement.as_str().to_owned(),
    };
    let Manifest {
        name,
        version,
        description,
        author,
        license,
        homepage,
        tags,
        dependencies,
        requires,
    } = manifest;
    ManifestShape {
        name: name.as_ref().to_owned(),
        version: version.to_string(),
        description: description.clone(),
        author: author.clone(),
        license: license.clone(),
        homepage: homepage.clone(),
        tags: tags.clone(),
        dependencies: dependencies.iter().map(dependency).collect(),
        requires: requires.as_ref().map(|requires| requires.as_str().to_owned()),
    }
}

fn to_manifest(text: &str) -> Result<Manifest, String> {
    let shape: ManifestShape = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let dependency = |shape: DependencyShape| {
        let requirement = Requirement::parse(&shape.version)?;
        let name = shape.name;
        Ok(Dependency { name, requirement })
    };
    Ok(Manifest {
        name: shape.name.into(),
        version: version(&shape.version)?,
        description: shape.description,
        author: shape.author,
        license: shape.license,
        homepage: shape.homepage,
        tags: shape.tags,
        dependencies: shape
            .dependencies
            .into_iter()
            .map(dependency)
            .collect::<Result<_, String>>()?,
        requires: shape.requires.as_deref().map(Requirement::parse).transpose()?,
    })
}

fn version(text: &str) -> Result<Version, String> {
    text.parse()
        .map_err(|error| format!("`{text}` is not a version: {error}"))
}

fn of_source(source: &PackSource) -> SourceShape {
    let PackSource {
        url,
        version,
        sha256,
        key,
        trusted,
        installed_at,
    } = source;
    SourceShape {
        url: url.clone(),
        version: version.to_string(),
        sha256: sha256.clone(),
        key: key.clone(),
        trusted: *trusted,
        installed_at: installed_at.as_millis(),
    }
}

fn to_source(text: &str) -> Result<PackSource, String> {
    let shape: SourceShape = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(PackSource {
        url: shape.url,
        version: version(&shape.version)?,
        sha256: shape.sha256,
        key: shape.key,
        trusted: shape.trusted,
        installed_at: Timestamp::from_millis(shape.installed_at),
    })
}

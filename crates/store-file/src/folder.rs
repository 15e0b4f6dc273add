//! Which folders hold rules, and what the rules of each count as.

use crate::{Folders, bytes, problem::whole};
use rulefile::Diagnostic;
use rules::{IdSpace, InstalledPack, Layer, Manifest, Origin, RuleId, SINGLES};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Error, ErrorKind, Problem, SOURCE_FILE, pack_origin};

/// What a pack says of itself, in its folder.
pub(crate) const MANIFEST_FILE: &str = "manifest.yaml";

/// A folder below which rule files are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// The path as problems and origins show it.
    pub(crate) shown: String,
    /// The origin of its rules, but for the file.
    pub(crate) origin: Origin,
}

impl Folder {
    /// A folder of no tree: its path is shown as it was named.
    pub(crate) fn alone(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            shown: path.to_string_lossy().into_owned(),
            origin: origin(Layer::Local, None, true),
        }
    }

    /// The folder of the user's own rules.
    pub(crate) fn local(folders: &Folders) -> Self {
        Self {
            path: folders.local.clone(),
            shown: shown(&folders.local, folders),
            origin: origin(Layer::Local, None, true),
        }
    }

    /// The folder of the overrides of a pack's rules; `version` is that of the installed pack.
    pub(crate) fn overrides(pack: &str, version: Option<Arc<str>>, folders: &Folders) -> Self {
        let path = folders.overrides.join(pack);
        Self {
            shown: shown(&path, folders),
            path,
            origin: Origin {
                pack_version: version,
                ..origin(Layer::Override, Some(pack), true)
            },
        }
    }

    /// The folder of an installed pack's rules.
    pub(crate) fn community(name: &str, pack: &InstalledPack, folders: &Folders) -> Self {
        let path = folders.community.join(name);
        let path = if name == SINGLES { path } else { path.join("rules") };
        Self {
            shown: shown(&path, folders),
            path,
            origin: pack_origin(name, pack),
        }
    }

    /// In which space the ids of its files stand.
    pub(crate) fn id_space(&self) -> IdSpace {
        match &self.origin.pack_name {
            Some(pack) => IdSpace::Pack(pack.to_string()),
            None => IdSpace::Local,
        }
    }
}

/// All folders of a tree, and what could not be used.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) folders: Vec<Folder>,
    pub(crate) packs: BTreeMap<String, InstalledPack>,
    pub(crate) problems: Vec<Problem>,
}

/// Lists the folders that hold rules: local, then overrides, then community packs, each by name.
pub(crate) fn find(folders: &Folders) -> Result<Found, Error> {
    let mut found = Found::default();
    // Listed only to tell a folder that cannot be read from one that is not there.
    names(&folders.local)?;
    found.folders.push(Folder::local(folders));
    found.packs = packs(folders, &mut found.problems)?;
    let installed = found.packs.iter();
    let installed: Vec<Folder> = installed
        .map(|(name, pack)| Folder::community(name, pack, folders))
        .collect();
    for (pack, _) in pack_folders(&folders.overrides, folders, &mut found.problems)? {
        let version = version_of(&pack, &installed);
        found.folders.push(Folder::overrides(&pack, version, folders));
    }
    found.folders.extend(installed);
    Ok(found)
}

/// The version of an installed pack, from the folders of all.
pub(crate) fn version_of<'a>(pack: &str, folders: impl IntoIterator<Item = &'a Folder>) -> Option<Arc<str>> {
    let is_of_pack = |folder: &&Folder| {
        let origin = &folder.origin;
        origin.layer == Layer::Community && origin.pack_name.as_deref() == Some(pack)
    };
    let mut folders = folders.into_iter();
    folders.find(is_of_pack)?.origin.pack_version.clone()
}

/// The installed packs, each with what its folder says of it.
fn packs(folders: &Folders, problems: &mut Vec<Problem>) -> Result<BTreeMap<String, InstalledPack>, Error> {
    let named = pack_folders(&folders.community, folders, problems)?;
    let mut installed = |(name, path): (String, PathBuf)| {
        let source = path.join(SOURCE_FILE);
        let source = described(&source, rulefile::pack_source::parse, folders, problems);
        let manifest = path.join(MANIFEST_FILE);
        let manifest = match name == SINGLES {
            true => None,
            false => described(&manifest, rulefile::manifest::parse, folders, problems)
                .filter(|found| is_of(&name, found, &shown(&manifest, folders), problems)),
        };
        (name, InstalledPack { manifest, source })
    };
    Ok(named.into_iter().map(&mut installed).collect())
}

/// Whether a manifest is that of the pack in whose folder it lies; one of another pack says nothing of this one.
fn is_of(name: &str, manifest: &Manifest, file: &str, problems: &mut Vec<Problem>) -> bool {
    let is_it = &*manifest.name == name;
    if !is_it {
        let reason = format!("is `{}`, and the folder is that of `{name}`", manifest.name);
        problems.push(Problem {
            field: "name".to_owned(),
            skipped: false,
            ..whole(file, reason, Some("name the folder after its pack"))
        });
    }
    is_it
}

/// The sub-folders that are named after packs.
fn pack_folders(
    parent: &Path,
    folders: &Folders,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut packs = Vec::new();
    for name in names(parent)? {
        let path = parent.join(&name);
        let file = shown(&path, folders);
        if !path.is_dir() {
            if rulefile::rule_file(&name).is_some() {
                let hint = "put it into a folder that is named after its pack";
                problems.push(whole(&file, "is in no pack's folder", Some(hint)));
            }
        } else if let Err(reason) = RuleId::in_pack(&name, "x") {
            problems.push(whole(&file, format!("is not named after a pack: {reason}"), None));
        } else if crate::scan::leaves_tree(&path, folders) {
            problems.push(crate::scan::left_tree(&file));
        } else {
            packs.push((name, path));
        }
    }
    Ok(packs)
}

/// The names in a folder, sorted, without hidden ones; a missing folder has none.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let unavailable = |error: io::Error| {
        let message = format!("the rules folder `{}` cannot be read", folder.display());
        Error::new(ErrorKind::Unavailable, message).because(error)
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unavailable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry
            .map_err(unavailable)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn origin(layer: Layer, pack: Option<&str>, trusted: bool) -> Origin {
    Origin {
        layer,
        pack_name: pack.map(Into::into),
        pack_version: None,
        source_url: None,
        file: None,
        trusted,
    }
}

/// A small file that describes a pack, if it is there and can be understood.
fn described<T>(
    path: &Path,
    parse: impl Fn(&[u8]) -> Result<T, Vec<Diagnostic>>,
    folders: &Folders,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let file = shown(path, folders);
    let bytes = match bytes::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            problems.push(Problem {
                skipped: false,
                ..whole(&file, bytes::reason(&error), None)
            });
            return None;
        }
    };
    let parsed = parse(&bytes);
    let report = |d| Problem {
        skipped: false,
        ..crate::problem::of_diagnostic(&file, d)
    };
    parsed
        .map_err(|found| problems.extend(found.into_iter().map(report)))
        .ok()
}

/// A path as it is shown: relative to the rules folder, or beginning with the name of its own folder outside it.
pub(crate) fn shown(path: &Path, folders: &Folders) -> String {
    let below = |folder: &PathBuf| {
        let name = folder.file_name().map(PathBuf::from).unwrap_or_default();
        path.strip_prefix(folder).ok().map(|rest| name.join(rest))
    };
    let relative = path.strip_prefix(&folders.root).map(Path::to_path_buf).ok();
    let sources = [&folders.local, &folders.overrides, &folders.community];
    let relative = relative.or_else(|| sources.into_iter().find_map(below));
    relative
        .unwrap_or_else(|| path.to_path_buf())
        .to_string_lossy()
        .into_owned()
}

//! Finds the rule files that `check` and `fmt` are given, and what their place says of them.
//!
//! The place of a file decides in which space its ids stand and what a missing id becomes, exactly
//! as when the service reads it from its tree. A file outside of any tree counts as a local rule.

#[cfg(test)]
mod tests;

use crate::{failure::Failure, pack_folder};
use anyhow::Context as _;
use rules::IdSpace;
use std::{
    collections::{BTreeSet, HashSet},
    fs::{self, File},
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};
use store::Problem;
use store_file::Folders;

/// Names that a rule file ends with.
const ENDINGS: [(&str, rulefile::Format); 3] = [
    (".rule.yaml", rulefile::Format::Yaml),
    (".rule.yml", rulefile::Format::Yaml),
    (".rule.json", rulefile::Format::Json),
];

/// A rule file and what its place says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleFile {
    /// The path, as it was named.
    pub(crate) path: PathBuf,
    /// The language.
    pub(crate) format: rulefile::Format,
    /// In which space its ids stand.
    pub(crate) space: IdSpace,
    /// The layer that it belongs to.
    pub(crate) layer: rules::Layer,
    /// The id of a single rule that has none.
    pub(crate) default_id: String,
}

/// What was found below the paths that were named.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The rule files, by path; no real file stands there twice.
    pub(crate) files: Vec<RuleFile>,
    /// What was not followed or read, with paths as they were named.
    pub(crate) problems: Vec<Problem>,
}

/// The rule files of these paths.
///
/// Below a folder, links are followed as the service follows them: not out of it. A file that is named itself is
/// taken whatever it links to.
///
/// # Errors
///
/// When a path does not exist, cannot be read, or is a file of another kind.
pub(crate) fn find(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut named = BTreeSet::new();
    let mut problems = Vec::new();
    for path in paths {
        if path.is_dir() {
            let (files, skipped) = store_file::rule_files(path);
            problems.extend(skipped);
            named.extend(files.into_iter().map(|file| {
                let below = file.strip_prefix(path).unwrap_or(&file).to_path_buf();
                (file, below)
            }));
        } else {
            refuse(path)?;
            named.insert((path.clone(), PathBuf::from(path.file_name().unwrap_or_default())));
        }
    }
    let files = once(named)
        .into_iter()
        .map(|(path, below)| placed(path, &below))
        .collect::<Result<_, _>>()?;
    Ok(Found { files, problems })
}

/// Refuses a path that is named and no rule file. Only regular files are read: another kind may never end.
fn refuse(path: &Path) -> Result<(), Failure> {
    let (reason, help) = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ("does not exist".to_owned(), "name a rule file or a folder")
        }
        Err(error) => (format!("cannot be read: {error}"), "name a rule file or a folder"),
        Ok(_) if format_of(path).is_none() => (
            "is not a rule file".to_owned(),
            "names of rule files end in .rule.yaml, .rule.yml or .rule.json",
        ),
        Ok(metadata) if !metadata.is_file() => (
            "is not a regular file".to_owned(),
            "pipes and devices are not read; write its text to a file",
        ),
        Ok(_) => return Ok(()),
    };
    Err(Failure::usage(format!("`{}` {reason}", path.display()), help))
}

/// These files by path, without those that are another one behind a link.
fn once(named: BTreeSet<(PathBuf, PathBuf)>) -> Vec<(PathBuf, PathBuf)> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut named: Vec<_> = named
        .into_iter()
        .map(|file| (file.0.is_symlink(), real(&file.0), file))
        .collect();
    // Real names come first.
    named.sort_by(|a, b| (a.0, &a.2).cmp(&(b.0, &b.2)));
    let mut taken = HashSet::new();
    named.retain(|(_, real, _)| taken.insert(real.clone()));
    let mut files: Vec<_> = named.into_iter().map(|(_, _, file)| file).collect();
    files.sort_unstable();
    files
}

/// The bytes of a rule file, not many more than the parser takes: it refuses what is longer.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(rulefile::FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The number of rule files in a tree that lie outside of its folders and are never read.
pub(crate) fn stray(folders: &Folders) -> usize {
    let inside = [&folders.local, &folders.overrides, &folders.community];
    let is_stray = |path: &&PathBuf| !inside.iter().any(|folder| path.starts_with(folder));
    // What cannot be read is another finding.
    let (files, _) = store_file::rule_files(&folders.root);
    files.iter().filter(is_stray).count()
}

fn format_of(path: &Path) -> Option<rulefile::Format> {
    let name = path.file_name()?.to_str()?;
    ENDINGS
        .iter()
        .find(|(ending, _)| name.ends_with(ending))
        .map(|(_, format)| *format)
}

/// The id that a file's name gives to a single rule that has none; none if it is not the name of a rule file.
pub(crate) fn id_of(path: &Path) -> Option<String> {
    format_of(path)?;
    let name = path.file_name()?.to_string_lossy().into_owned();
    Some(default_id(&[name]))
}

fn placed(path: PathBuf, below: &Path) -> anyhow::Result<RuleFile> {
    let absolute = std::path::absolute(&path).with_context(|| format!("{}", path.display()))?;
    let names = |path: &Path| -> Vec<String> {
        let normal = path
            .components()
            .filter(|part| matches!(part, Component::Normal(_)));
        normal
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect()
    };
    let (all, below) = (names(&absolute), names(below));
    let (layer, space, inner) = in_pack(&absolute, &all).unwrap_or_else(|| place(&all, below.len()));
    let format = format_of(&path).context("a rule file has a known ending")?;
    Ok(RuleFile {
        path,
        format,
        space,
        layer,
        default_id: default_id(inner),
    })
}

/// The same for a file of a pack's own folder, which says so by its manifest, or of the single rules of a repository.
fn in_pack<'a>(path: &Path, all: &'a [String]) -> Option<(rules::Layer, IdSpace, &'a [String])> {
    let folders = path.ancestors().skip(1);
    let mut depth = 0;
    for folder in folders {
        depth += 1;
        let Some(above) = folder.parent().filter(|_| folder.ends_with("rules")) else {
            continue;
        };
        let pack = if above.ends_with("singles") && above.join("../packs").is_dir() {
            Some(rules::SINGLES.to_owned())
        } else {
            pack_folder::name(above)
        };
        if let Some(pack) = pack {
            let inner = &all[all.len().saturating_sub(depth)..];
            return Some((rules::Layer::Community, IdSpace::Pack(pack), inner));
        }
    }
    None
}

/// The layer, the space and the path inside its folder of a file.
///
/// A folder `local`, `overrides` or `community` counts where it stands in a folder `rules`, or at or
/// below the folder that was named: the home of a user called `local` is no part of a tree.
fn place(all: &[String], below: usize) -> (rules::Layer, IdSpace, &[String]) {
    let named = all.len().saturating_sub(below + 1);
    let is_source = |at: &usize| at >= &named || (*at > 0 && all[at - 1] == "rules");
    let parents = all.len().saturating_sub(1);
    for at in (0..parents).filter(is_source) {
        let rest = &all[at + 1..];
        match (all[at].as_str(), rest) {
            ("local", _) => return (rules::Layer::Local, IdSpace::Local, rest),
            ("overrides", [pack, inner @ ..]) if !inner.is_empty() => {
                return (rules::Layer::Override, IdSpace::Pack(pack.clone()), inner);
            }
            ("community", [singles, inner @ ..]) if singles == "singles" && !inner.is_empty() => {
                return (rules::Layer::Community, IdSpace::Pack(singles.clone()), inner);
            }
            ("community", [pack, folder, inner @ ..]) if folder == "rules" && !inner.is_empty() => {
                return (rules::Layer::Community, IdSpace::Pack(pack.clone()), inner);
            }
            _ => {}
        }
    }
    (rules::Layer::Local, IdSpace::Local, &all[all.len() - below..])
}

/// The path without its ending, `/` as `.`, and what an id cannot hold as `-`.
fn default_id(inner: &[String]) -> String {
    let joined = inner.join("/");
    let stem = ENDINGS.iter().find_map(|(ending, _)| joined.strip_suffix(ending));
    rulefile::default_id(stem.unwrap_or(&joined))
}

//! Finds the rule files that `check` and `fmt` are given, and what their place says of them.
//!
//! The place of a file decides in which space its ids stand and what a missing id becomes, exactly
//! as when the service reads it from its tree. A file outside of any tree counts as a local rule.

#[cfg(test)]
mod tests;

use crate::failure::Failure;
use anyhow::Context as _;
use rules::IdSpace;
use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};
use store_file::Folders;

/// Names that a rule file ends with.
const ENDINGS: [(&str, rulefile::Format); 3] = [
    (".rule.yaml", rulefile::Format::Yaml),
    (".rule.yml", rulefile::Format::Yaml),
    (".rule.json", rulefile::Format::Json),
];

/// How deep folders are searched; a loop of links ends here.
const DEPTH_MAX: usize = 32;

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

/// The rule files of these paths, each once, by path.
///
/// # Errors
///
/// When a path does not exist, cannot be read, or is a file of another kind.
pub(crate) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<RuleFile>> {
    let mut found = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            search(path, DEPTH_MAX, &mut found)?;
        } else if !path.exists() {
            return Err(Failure::usage(
                format!("`{}` does not exist", path.display()),
                "name a rule file or a folder",
            )
            .into());
        } else if format_of(path).is_none() {
            let message = format!("`{}` is not a rule file", path.display());
            return Err(Failure::usage(
                message,
                "names of rule files end in .rule.yaml, .rule.yml or .rule.json",
            )
            .into());
        } else {
            found.insert((path.clone(), PathBuf::from(path.file_name().unwrap_or_default())));
        }
    }
    found
        .into_iter()
        .map(|(path, below)| placed(path, &below))
        .collect()
}

/// The number of rule files in a tree that lie outside of its folders and are never read.
pub(crate) fn stray(folders: &Folders) -> usize {
    let inside = [&folders.local, &folders.overrides, &folders.community];
    let is_stray = |path: &Path| !inside.iter().any(|folder| path.starts_with(folder));
    let mut found = BTreeSet::new();
    match search(&folders.root, DEPTH_MAX, &mut found) {
        Ok(()) => found.iter().filter(|(path, _)| is_stray(path)).count(),
        // A tree that cannot be read is another finding.
        Err(_) => 0,
    }
}

/// Adds the rule files of a folder with their paths below the folder that was named.
fn search(root: &Path, depth: usize, found: &mut BTreeSet<(PathBuf, PathBuf)>) -> anyhow::Result<()> {
    let mut folders = vec![(root.to_path_buf(), depth)];
    while let Some((folder, depth)) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("{} cannot be read", folder.display()))?
                .path();
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'))
            {
                continue;
            }
            if path.is_dir() && depth > 0 {
                folders.push((path, depth - 1));
            } else if path.is_file() && format_of(&path).is_some() {
                let below = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                found.insert((path, below));
            }
        }
    }
    Ok(())
}

fn format_of(path: &Path) -> Option<rulefile::Format> {
    let name = path.file_name()?.to_str()?;
    ENDINGS
        .iter()
        .find(|(ending, _)| name.ends_with(ending))
        .map(|(_, format)| *format)
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
    let (layer, space, inner) = place(&all, below.len());
    let format = format_of(&path).context("a rule file has a known ending")?;
    Ok(RuleFile {
        path,
        format,
        space,
        layer,
        default_id: default_id(inner),
    })
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
    let joined = inner.join(".");
    let stem = ENDINGS
        .iter()
        .find_map(|(ending, _)| joined.strip_suffix(ending))
        .unwrap_or(&joined);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    stem.chars().map(plain).collect()
}

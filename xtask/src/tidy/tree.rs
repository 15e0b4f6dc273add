//! The files of the repository, in memory.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::shell;

/// A text file.
#[derive(Debug)]
pub(super) struct File {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// All files that git knows or would add.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// `None` for what is no text; it still exists for links.
    files: BTreeMap<String, Option<File>>,
}

impl Tree {
    /// Reads the tree under the working directory.
    pub(super) fn load() -> Result<Self> {
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = shell::output(&mut shell::command("git", args))?;
        let mut tree = Self::default();
        for path in listed
            .split_terminator('\0')
            .filter(|path| Path::new(path).is_file())
        {
            let text = String::from_utf8(std::fs::read(path)?).ok();
            let file = text.map(|text| File {
                path: path.to_owned(),
                text,
            });
            tree.files.insert(path.to_owned(), file);
        }
        Ok(tree)
    }

    /// Adds a file, or replaces it.
    #[cfg(test)]
    pub(super) fn put(&mut self, path: &str, text: &str) {
        let file = File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        self.files.insert(path.to_owned(), Some(file));
    }

    /// Takes a file away.
    #[cfg(test)]
    pub(super) fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)?.as_ref()
    }

    /// Whether there is such a file or folder.
    pub(super) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self
                .files
                .range(inside.clone()..)
                .next()
                .is_some_and(|(next, _)| next.starts_with(&inside))
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Every text file.
    pub(super) fn texts(&self) -> impl Iterator<Item = &File> {
        self.files.values().flatten()
    }

    /// The text files whose name ends so.
    pub(super) fn ending<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = &'a File> {
        self.texts().filter(move |file| file.path.ends_with(suffix))
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.ending(".rs")
    }

    /// Documents that people write; the reference is generated and has its own check.
    pub(super) fn documents(&self) -> impl Iterator<Item = &File> {
        self.ending(".md")
            .filter(|file| !file.path.starts_with("docs/reference/"))
    }

    /// The manifests of the workspace's crates, with each crate's name.
    pub(super) fn manifests(&self) -> impl Iterator<Item = (&str, &File)> {
        self.ending("Cargo.toml").filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let name = folder
                .strip_prefix("crates/")
                .or_else(|| folder.strip_prefix("xtask/"))
                .unwrap_or(folder);
            // The root of the fuzz targets' workspace is no crate.
            let is_crate = !name.contains('/') && !file.text.contains("[workspace]");
            is_crate.then_some((name, file))
        })
    }
}

impl File {
    /// The lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// The lines of a Rust file that are neither empty nor comments.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with("//")
        })
    }

    /// Whether it is one of tidy's own tests, which hold every fault as text.
    pub(super) fn plants_faults(&self) -> bool {
        self.path.starts_with("xtask/src/tidy/tests")
    }

    /// The name without its folders.
    pub(super) fn name(&self) -> &str {
        self.path
            .rsplit('/')
            .next()
            .expect("split yields at least one part")
    }
}

//! Where a new rule goes: a file of its own, inside of the tree, under a name that nothing has.

use super::{Draft, Plan, Stop};
use crate::{
    entry,
    folder::shown,
    known::Key,
    scan::{RuleFile, leaves_tree},
};
use rules::{Layer, Rule, RuleId};
use std::path::Path;
use store::{Error, ErrorKind};

/// Names that are tried for a new file.
const NAMES_MAX: usize = 1_000;

impl Plan<'_> {
    /// Makes a file for a new rule, under a name that nothing has.
    pub(super) fn create(&mut self, layer: Layer, pack: Option<&str>, rule: &Rule) -> Result<Key, Stop> {
        let folder = self.view.folder(pack, &self.shared.folders);
        let stem = stem(layer, rule.id());
        let names = (1..=NAMES_MAX).map(|n| match n {
            1 => stem.clone(),
            n => format!("{stem}-{n}"),
        });
        for name in names {
            let file = RuleFile::new(&folder, &name);
            let key = file.key();
            let bytes = Some(entry::new(rule, &file));
            if let Some(draft) = self.files.get_mut(&key) {
                draft.settle()?;
                if draft.bytes.is_some() {
                    continue;
                }
                // Removed by an edit before this one.
                draft.bytes = bytes;
                return Ok(key);
            }
            if self.is_free(&key, &file) {
                self.refuse_outside(&file)
                    .map_err(|error| error.about([rule.id()]))?;
                let draft = Draft {
                    file,
                    before: None,
                    hash: None,
                    bytes,
                    changes: Vec::new(),
                };
                self.files.insert(key.clone(), draft);
                return Ok(key);
            }
        }
        let message = format!("`{}` finds no name for its file that is not taken", rule.id());
        Err(Error::new(ErrorKind::Unwritable, message)
            .about([rule.id()])
            .into())
    }

    /// Whether no file has this name, in any case: the tree may be copied to where case makes no difference.
    fn is_free(&self, key: &Key, file: &RuleFile) -> bool {
        let drafted = self.files.range(key.first_alike()..).next();
        !drafted.is_some_and(|(found, _)| found.is_alike(key))
            && !self.view.files.holds_alike(key)
            && file.target().symlink_metadata().is_err()
    }

    /// A folder may be a link, and what lies behind one outside of the tree is not ours; nor may anything else than a
    /// folder be in the way.
    fn refuse_outside(&mut self, file: &RuleFile) -> Result<(), Error> {
        let folders = &self.shared.folders;
        let parent = file.target().parent().unwrap_or(Path::new(""));
        if self.inside.contains(parent) {
            return Ok(());
        }
        let parts = [&folders.root, &folders.local, &folders.overrides];
        // What stands above the tree says nothing of it.
        let mut in_tree = parent
            .ancestors()
            .take_while(|path| parts.iter().any(|part| path.starts_with(part)));
        let reason = match in_tree.find(|path| path.symlink_metadata().is_ok()) {
            Some(path) if !path.is_dir() => format!("`{}` is no folder", shown(path, folders)),
            Some(path) if leaves_tree(path, folders) => {
                format!(
                    "`{}` is a link that leaves the rules folder",
                    shown(path, folders)
                )
            }
            Some(_) | None => {
                self.inside.insert(parent.to_path_buf());
                return Ok(());
            }
        };
        let message = format!("`{}` cannot be written: {reason}", file.shown);
        Err(Error::new(ErrorKind::Unwritable, message))
    }
}

/// The name of a new rule's file below its folder, without its ending.
pub(crate) fn stem(layer: Layer, id: &RuleId) -> String {
    match (layer, id.as_str().split_once(':')) {
        (_, None) => id.as_str().to_owned(),
        (Layer::Local, Some((pack, name))) => Path::new(pack).join(name).to_string_lossy().into_owned(),
        (Layer::Override | Layer::Community, Some((_, name))) => name.to_owned(),
    }
}

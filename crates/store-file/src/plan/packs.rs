//! What a write makes of packs and singles: folders that are swapped as a whole, and single files.

use super::{Ready, Written};
use crate::{
    Folders,
    atomic::{self, Change, FolderChange, Whole},
    file_store::Shared,
    folder::{self, Folder, MANIFEST_FILE, shown},
    known::Key,
    outcome::Outcome,
    read::{hash, in_parallel},
    scan::{RuleFile, leaves_tree},
    view::View,
};
use rules::{InstalledPack, PackFile, PackSource, Rule, RuleId, SINGLES, Sourced};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    sync::Arc,
};
use store::{
    Error, ErrorKind, NewPack, SOURCE_FILE, Single, SinglesChange, check_packs, check_uninstall, pack_origin,
};

/// Where a pack's rules are, in its folder.
const RULES: &str = "rules/";

/// What becomes of packs, after the edits so far.
#[derive(Default)]
pub(super) struct Packs {
    /// By name; none, and the pack goes.
    packs: BTreeMap<String, Option<Arc<NewPack>>>,
    singles: Option<Singles>,
}

struct Singles {
    source: PackSource,
    /// By path; none, and the file goes.
    files: BTreeMap<String, Option<Single>>,
}

impl Packs {
    pub(super) fn install(&mut self, new: &Arc<NewPack>) -> Result<(), Error> {
        let name = new.check()?.name.to_string();
        self.packs.insert(name, Some(Arc::clone(new)));
        Ok(())
    }

    pub(super) fn uninstall(&mut self, name: &str) -> Result<(), Error> {
        check_uninstall(name)?;
        self.packs.insert(name.to_owned(), None);
        Ok(())
    }

    pub(super) fn change_singles(&mut self, change: &SinglesChange) -> Result<(), Error> {
        change.check()?;
        let singles = self.singles.get_or_insert_with(|| Singles {
            source: change.source.clone(),
            files: BTreeMap::new(),
        });
        singles.source = change.source.clone();
        let gone = change.remove.iter().map(|path| (path.clone(), None));
        let put = change.put.iter();
        let put = put.map(|single| (single.file.path.clone(), Some(single.clone())));
        singles.files.extend(gone.chain(put));
        Ok(())
    }

    /// Compares what is installed, after the edits so far, with what the writer has seen.
    pub(super) fn expect(
        &self,
        seen: &BTreeMap<String, InstalledPack>,
        folders: &Folders,
    ) -> Result<(), Error> {
        let mut found = folder::find(folders)?.packs;
        for (name, new) in &self.packs {
            match new {
                Some(new) => drop(found.insert(name.clone(), new.pack.clone())),
                None => drop(found.remove(name)),
            }
        }
        if let Some(singles) = &self.singles {
            found.insert(SINGLES.to_owned(), of_singles(&singles.source));
        }
        check_packs(seen, &found)
    }

    /// The rules that packs have under an id after the edits so far, from those that they had before.
    pub(super) fn rules_of(&self, id: &RuleId, before: Vec<Sourced>, folders: &Folders) -> Vec<Sourced> {
        let sourced = |pack: &InstalledPack, rules: &[Arc<Rule>]| {
            let origin = Arc::new(pack_origin(id.pack().unwrap_or_default(), pack));
            let of_id = rules.iter().filter(|rule| rule.id() == id);
            let sourced = of_id.map(|rule| Sourced {
                rule: Arc::clone(rule),
                origin: Arc::clone(&origin),
                line: None,
            });
            sourced.collect::<Vec<_>>()
        };
        if let Some(new) = id.pack().and_then(|pack| self.packs.get(pack)) {
            let new = new.as_ref().map(|new| sourced(&new.pack, &new.rules));
            return new.unwrap_or_default();
        }
        let singles = self.singles.as_ref().filter(|_| id.pack() == Some(SINGLES));
        let Some(singles) = singles else { return before };
        let file = |path: &String| shown(&folders.community.join(SINGLES).join(path), folders);
        let changed: BTreeSet<String> = singles.files.keys().map(file).collect();
        let is_kept = |sourced: &Sourced| {
            let file = sourced.origin.file.as_deref();
            !file.is_some_and(|file| changed.contains(file))
        };
        let come = singles.files.values().flatten();
        let come = come.flat_map(|single| sourced(&InstalledPack::default(), &single.rules));
        before.into_iter().filter(is_kept).chain(come).collect()
    }

    /// The changes of folders and files, after all edits.
    pub(super) fn ready(self, shared: &Shared, view: &View) -> Result<Ready, Error> {
        let mut making = Making {
            shared,
            view,
            names: None,
            ready: Ready {
                changes: Vec::new(),
                folders: Vec::new(),
                files: Vec::new(),
                state: None,
                changes_packs: false,
            },
        };
        for (name, new) in self.packs {
            making.pack(&name, new)?;
        }
        if let Some(singles) = self.singles {
            making.singles(singles)?;
        }
        Ok(making.ready)
    }
}

struct Making<'a> {
    shared: &'a Shared,
    view: &'a View,
    /// What stands among the packs, whatever it is.
    names: Option<Vec<String>>,
    ready: Ready,
}

impl Making<'_> {
    fn pack(&mut self, name: &str, new: Option<Arc<NewPack>>) -> Result<(), Error> {
        let stands = self.stands(name)?;
        if new.is_none() && !stands {
            return Ok(());
        }
        let installed = new.as_ref().map(|new| new.pack.clone()).unwrap_or_default();
        let folder = self.folder(name, &installed);
        let written = match &new {
            Some(new) => self.files_of(name, new, &folder)?,
            None => Vec::new(),
        };
        let kept: BTreeSet<Key> = written.iter().map(|written| written.file.key()).collect();
        let gone = self
            .view
            .files_below(&folder)
            .into_iter()
            .filter(|file| !kept.contains(&file.key()));
        self.ready.files.extend(gone.map(gone_file));
        self.ready.files.extend(written);
        let source = installed.source.as_ref().map(rulefile::pack_source::print);
        self.ready.folders.push(FolderChange {
            path: self.shared.folders.community.join(name),
            new: new.map(|pack| Whole { pack, source }),
            stands,
        });
        self.ready.changes_packs = true;
        Ok(())
    }

    /// Reads a pack's files as they will be read: they must give its rules and no others.
    fn files_of(&self, name: &str, new: &NewPack, folder: &Arc<Folder>) -> Result<Vec<Written>, Error> {
        let in_rules = new.files.iter().filter_map(|file| {
            let path = file.path.strip_prefix(RULES)?;
            Some((RuleFile::at(folder, path)?, &*file.bytes))
        });
        let in_rules: Vec<(RuleFile, &[u8])> = in_rules.collect();
        let parsed = in_parallel(&in_rules, |(file, bytes)| {
            (
                hash(bytes, &self.shared.hasher),
                Arc::new(Outcome::parse(bytes, file)),
            )
        });
        let outcomes = parsed.iter().map(|(_, outcome)| outcome);
        let what = || format!("the files of the pack `{name}`");
        refuse_others(outcomes, &new.rules, what)?;
        let manifest = new.files.iter().find(|file| file.path == MANIFEST_FILE);
        let manifest = manifest.and_then(|file| rulefile::manifest::parse(&file.bytes).ok());
        if manifest != new.pack.manifest {
            return Err(unwritable(format!("{} do not hold its manifest", what())));
        }
        let files = in_rules.into_iter().zip(parsed);
        let written = files.map(|((file, _), outcome)| Written {
            file,
            outcome: Some(outcome),
        });
        Ok(written.collect())
    }

    fn singles(&mut self, singles: Singles) -> Result<(), Error> {
        self.stands(SINGLES)?;
        let installed = of_singles(&singles.source);
        let folder = self.folder(SINGLES, &installed);
        let record = folder.path.join(SOURCE_FILE);
        let text = rulefile::pack_source::print(&singles.source).into_bytes();
        // Files are changed in this order, and whatever a process that is killed leaves must not be trusted in error.
        match singles.source.trusted {
            true => {
                self.single_files(&folder, singles.files)?;
                self.change(&record, Some(text))?;
            }
            false => {
                self.change(&record, Some(text))?;
                self.single_files(&folder, singles.files)?;
            }
        }
        self.ready.changes_packs = true;
        Ok(())
    }

    fn single_files(
        &mut self,
        folder: &Arc<Folder>,
        files: BTreeMap<String, Option<Single>>,
    ) -> Result<(), Error> {
        let mut files = files.into_iter();
        files.try_for_each(|(path, single)| self.single(folder, &path, single))
    }

    fn single(&mut self, folder: &Arc<Folder>, path: &str, single: Option<Single>) -> Result<(), Error> {
        let Some(file) = RuleFile::at(folder, path) else {
            return match single {
                None => Ok(()),
                Some(_) => Err(unwritable(format!("`{}/{path}` is no rule file", folder.shown))),
            };
        };
        let outcome = match &single {
            None => None,
            Some(Single {
                file: PackFile { bytes, .. },
                rules,
            }) => {
                let outcome = Arc::new(Outcome::parse(bytes, &file));
                refuse_others([&outcome], rules, || format!("`{}`", file.shown))?;
                Some((hash(bytes, &self.shared.hasher), outcome))
            }
        };
        self.change(file.target(), single.map(|single| single.file.bytes))?;
        self.ready.files.push(Written { file, outcome });
        Ok(())
    }

    /// Changes a file of the singles.
    fn change(&mut self, path: &Path, bytes: Option<Vec<u8>>) -> Result<(), Error> {
        let folders = &self.shared.folders;
        let before = match path.symlink_metadata() {
            // A link gives its name to the file; what it leads to stays as it is.
            Ok(found) if found.is_file() || found.is_symlink() => atomic::stamp(path),
            Ok(_) => {
                let message = format!(
                    "`{}` is neither a file nor a link, and is not replaced",
                    shown(path, folders)
                );
                return Err(unwritable(message));
            }
            Err(_) => None,
        };
        let parents = path.ancestors().skip(1);
        let mut parents = parents.take_while(|parent| parent.starts_with(&folders.community));
        if let Some(parent) = parents.find(|parent| leaves_tree(parent, folders)) {
            let message = format!(
                "`{}` is a link that leaves the rules folder",
                shown(parent, folders)
            );
            return Err(unwritable(message));
        }
        if before.is_some() || bytes.is_some() {
            self.ready.changes.push(Change {
                path: path.to_path_buf(),
                bytes,
                before,
            });
        }
        Ok(())
    }

    /// Whether there is a pack of that name that can be swapped.
    fn stands(&mut self, name: &str) -> Result<bool, Error> {
        let folders = &self.shared.folders;
        let names = match &mut self.names {
            Some(names) => names,
            none => none.insert(names_in(&folders.community)?),
        };
        let shown = |name: &str| shown(&folders.community.join(name), folders);
        let alike = |found: &&String| found.eq_ignore_ascii_case(name) && *found != name;
        if let Some(other) = names.iter().find(alike) {
            let message = format!("`{}` is in the way: it differs in case only", shown(other));
            return Err(unwritable(message));
        }
        match folders.community.join(name).symlink_metadata() {
            Err(_) => Ok(false),
            Ok(found) if found.is_dir() => Ok(true),
            Ok(found) if found.is_symlink() => {
                let message = format!(
                    "`{}` is a link, and what it leads to is not replaced",
                    shown(name)
                );
                Err(unwritable(message))
            }
            Ok(_) => Err(unwritable(format!("`{}` is no folder", shown(name)))),
        }
    }

    fn folder(&self, name: &str, pack: &InstalledPack) -> Arc<Folder> {
        Arc::new(Folder::community(name, pack, &self.shared.folders))
    }
}

/// What is recorded of the singles.
fn of_singles(source: &PackSource) -> InstalledPack {
    InstalledPack {
        manifest: None,
        source: Some(source.clone()),
    }
}

fn gone_file(file: &RuleFile) -> Written {
    Written {
        file: file.clone(),
        outcome: None,
    }
}

/// Refuses what would be read as other rules than those that were checked.
fn refuse_others<'a>(
    outcomes: impl IntoIterator<Item = &'a Arc<Outcome>>,
    wanted: &[Arc<Rule>],
    what: impl FnOnce() -> String,
) -> Result<(), Error> {
    let rules = outcomes
        .into_iter()
        .flat_map(|outcome| outcome.rules.iter().cloned());
    let all = Outcome {
        rules: rules.collect(),
        ..Outcome::default()
    };
    let reason = match all.first_missing(&wanted.iter().collect::<Vec<_>>()) {
        Some(missing) => format!("{} do not hold `{}` as it is", what(), missing.id()),
        None if all.rules.len() != wanted.len() => format!("{} hold more rules than were checked", what()),
        None => return Ok(()),
    };
    Err(unwritable(reason))
}

/// All names in a folder; a missing folder has none.
fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    let unavailable = |error: io::Error| {
        let message = format!("the rules folder `{}` cannot be read", folder.display());
        Error::new(ErrorKind::Unavailable, message).because(error)
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unavailable(error)),
    };
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(unavailable)
}

fn unwritable(message: String) -> Error {
    Error::new(ErrorKind::Unwritable, message)
}

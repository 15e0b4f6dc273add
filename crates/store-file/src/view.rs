//! The tree as it was seen last, its number, and which ids each change touched.

use crate::{
    Folders,
    folder::{self, Folder},
    known::{Files, Key, Known, Touched},
    read::{self, Found},
    scan::{self, RuleFile},
    state::State,
};
use rules::{InstalledPack, Layer, RuleId, Sourced};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    hash::BuildHasher,
    io, mem,
    path::Path,
    sync::Arc,
};
use store::{Changes, Contents, Error, ErrorKind, PROBLEMS_MAX, Problem, Revision};

/// Ids of changes that are remembered: who asks for a difference that reaches further back loads everything.
const TOUCHED_MAX: usize = 50_000;

/// The tree as it was seen last.
#[derive(Debug, Default)]
pub(crate) struct View {
    revision: Revision,
    folders: Vec<Arc<Folder>>,
    packs: BTreeMap<String, InstalledPack>,
    /// Problems of folders and links.
    problems: Vec<Problem>,
    pub(crate) state: State,
    pub(crate) files: Files,
    log: Log,
    /// Whether something may have changed that was not seen.
    is_stale: bool,
    /// Whether the state has a number already that was not looked at yet.
    has_begun: bool,
}

/// Which ids were touched by the changes up to the present state.
#[derive(Debug, Default)]
struct Log {
    changes: VecDeque<(Revision, Box<[RuleId]>)>,
    touched: usize,
    /// The first state from which on it is complete.
    begins: Revision,
}

impl View {
    /// The number of the state; 0 before the tree was seen at all.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.revision > Revision(0) && !self.is_stale
    }

    /// From now on something may be other than it was seen.
    pub(crate) fn distrust(&mut self) {
        self.is_stale = true;
    }

    /// Refuses a tree of which a part is gone that held something: a volume that is not mounted any more looks like
    /// that, and nobody has deleted its rules. A part that held nothing may come and go.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`], with the folder.
    pub(crate) fn refuse_vanished(&self, tree: &Folders) -> Result<(), Error> {
        let parts = [
            (&tree.root, self.state != State::default()),
            (&tree.local, self.files.has_any_in(Layer::Local)),
            (&tree.overrides, self.files.has_any_in(Layer::Override)),
            (&tree.community, self.files.has_any_in(Layer::Community)),
        ];
        let is_gone = |path: &Path| {
            let found = fs::metadata(path);
            found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        match parts.into_iter().find(|(path, held)| *held && is_gone(path)) {
            None => Ok(()),
            Some((path, _)) => {
                let message = format!(
                    "the rules folder `{}` is gone with all that it held; if that is meant, make it anew",
                    path.display()
                );
                Err(Error::new(ErrorKind::Unavailable, message))
            }
        }
    }

    /// Looks at everything.
    ///
    /// # Errors
    ///
    /// When a folder is gone or cannot be listed: nothing can be said about its rules.
    pub(crate) fn refresh(
        &mut self,
        tree: &Folders,
        hasher: &(impl BuildHasher + Sync),
    ) -> Result<(), Error> {
        self.refuse_vanished(tree)?;
        let found = folder::find(tree)?;
        let folders = found.folders.into_iter().map(|folder| self.shared(folder));
        let folders: Vec<Arc<Folder>> = folders.collect();
        let scan = scan::scan(tree, &folders);
        let mut touched = Touched::default();
        self.read(scan.files, hasher, &mut touched);
        self.set_state(State::load(&tree.root), &mut touched);
        let problems: Vec<Problem> = found.problems.into_iter().chain(scan.problems).collect();
        touched.is_changed |= problems != self.problems;
        let is_comparable = found.packs == self.packs && self.revision > Revision(0) && !self.has_begun;
        (self.folders, self.problems, self.packs) = (folders, problems, found.packs);
        self.is_stale = false;
        match is_comparable {
            true => self.close(touched),
            false => self.begin(),
        }
        Ok(())
    }

    /// A folder that is as it was is the same object.
    fn shared(&self, folder: Folder) -> Arc<Folder> {
        let known = self.folders.iter().find(|known| ***known == folder);
        known.map_or_else(|| Arc::new(folder), Arc::clone)
    }

    /// Reads what is not as it was, and forgets what is gone.
    fn read(&mut self, files: Vec<RuleFile>, hasher: &(impl BuildHasher + Sync), touched: &mut Touched) {
        let keys: BTreeSet<Key> = files.iter().map(RuleFile::key).collect();
        let gone: Vec<Key> = self
            .files
            .keys()
            .filter(|key| !keys.contains(key))
            .cloned()
            .collect();
        gone.iter().for_each(|key| self.files.set(key, None, touched));
        let looks: Vec<_> = files
            .iter()
            .map(|file| (file, self.files.get(&file.key())))
            .collect();
        let found = read::look(&looks, hasher);
        for (file, found) in files.into_iter().zip(found) {
            self.found(file, found, touched);
        }
    }

    /// Takes over what a look at a file found.
    pub(crate) fn found(&mut self, file: RuleFile, found: Found, touched: &mut Touched) {
        let key = file.key();
        let earlier = self.files.get(&key);
        let known = match (found, earlier) {
            (Found::Gone, _) | (Found::Same, None) => None,
            (Found::Read(read), earlier) => Some(Known::new(file, read, earlier)),
            (Found::Same, Some(earlier)) if earlier.file.is_same_place(&file) => return,
            (Found::Same, Some(earlier)) => Some(Known::new(file, earlier.read.clone(), Some(earlier))),
        };
        self.files.set(&key, known, touched);
    }

    /// Takes over what the state file says.
    pub(crate) fn set_state(&mut self, state: State, touched: &mut Touched) {
        touched.is_changed |= state != self.state;
        touched.ids.extend(self.state.differences(&state).cloned());
        self.state = state;
    }

    /// The folder of a pack's overrides, or that of local rules; made up where it does not exist yet.
    pub(crate) fn folder(&self, pack: Option<&str>, tree: &Folders) -> Arc<Folder> {
        let all = self.folders.iter().map(|folder| &**folder);
        self.shared(match pack {
            None => Folder::local(tree),
            Some(pack) => Folder::overrides(pack, folder::version_of(pack, all), tree),
        })
    }

    /// The files below a folder, by their names.
    pub(crate) fn files_below(&self, folder: &Folder) -> Vec<&RuleFile> {
        let below = self
            .files
            .below(folder.origin.layer, &format!("{}/", folder.shown));
        below.into_iter().map(|known| &known.file).collect()
    }

    /// A folder that did not exist.
    pub(crate) fn add_folder(&mut self, folder: &Arc<Folder>) {
        if !self.folders.contains(folder) {
            self.folders.push(Arc::clone(folder));
        }
    }

    /// Ends a change: the next number, if anything is other than before.
    pub(crate) fn close(&mut self, touched: Touched) {
        if touched.is_changed {
            self.revision.0 += 1;
            self.log.push(self.revision, touched.ids);
        }
    }

    /// Packs were changed: the state has a number, and whoever asks for it looks at it first.
    pub(crate) fn begin_unseen(&mut self) {
        self.begin();
        (self.is_stale, self.has_begun) = (true, true);
    }

    /// A state from which no difference leads back.
    fn begin(&mut self) {
        if !mem::take(&mut self.has_begun) {
            self.revision.0 += 1;
        }
        self.log = Log {
            begins: self.revision,
            ..Log::default()
        };
    }

    /// Everything.
    pub(crate) fn contents(&self) -> Contents {
        let (problems, problems_more) = self.all_problems();
        Contents {
            revision: self.revision,
            rules: self.files.rules().collect(),
            packs: self.packs.clone(),
            disabled: self.state.disabled.clone(),
            pins: self.state.pins.clone(),
            problems,
            problems_more,
        }
    }

    /// What is other than in an earlier state.
    pub(crate) fn changes(&mut self, since: Revision) -> Option<Changes> {
        if since > self.revision {
            return None;
        }
        let ids = self.log.since(since)?;
        let rules_of = |id: RuleId| {
            let of_id = self.files.rules_of(&id).into_iter();
            (id, of_id.map(|(_, sourced)| sourced).collect::<Vec<Sourced>>())
        };
        let rules = ids.into_iter().map(rules_of).collect();
        let (problems, problems_more) = self.all_problems();
        Some(Changes {
            revision: self.revision,
            rules,
            disabled: self.state.disabled.clone(),
            pins: self.state.pins.clone(),
            problems,
            problems_more,
        })
    }

    /// All problems by place, as many as are kept, and the number of the others.
    fn all_problems(&self) -> (Vec<Problem>, usize) {
        let mut problems: Vec<Problem> = self
            .problems
            .iter()
            .chain(&self.state.problems)
            .cloned()
            .collect();
        let more = self.files.problems(&mut problems);
        let place = |p: &Problem| (p.file.clone(), p.line, p.column, p.field.clone());
        problems.sort_by_cached_key(place);
        let beyond = problems.len().saturating_sub(PROBLEMS_MAX);
        problems.truncate(PROBLEMS_MAX);
        (problems, more + beyond)
    }
}

impl Log {
    fn push(&mut self, revision: Revision, ids: BTreeSet<RuleId>) {
        self.touched += ids.len();
        self.changes.push_back((revision, ids.into_iter().collect()));
        // An entry counts even where it touched nothing.
        while self.touched + self.changes.len() > TOUCHED_MAX {
            let Some((revision, ids)) = self.changes.pop_front() else {
                return;
            };
            self.touched -= ids.len();
            self.begins = revision;
        }
    }

    fn since(&self, revision: Revision) -> Option<BTreeSet<RuleId>> {
        if revision < self.begins {
            return None;
        }
        let later = self.changes.iter().rev().take_while(|(of, _)| *of > revision);
        Some(later.flat_map(|(_, ids)| ids.iter().cloned()).collect())
    }
}

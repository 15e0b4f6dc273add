//! Which files a write changes, and what stands in them afterwards. Nothing is written here.

mod draft;
mod new_file;
mod packs;
mod refusal;

pub(crate) use new_file::stem;

use crate::{
    atomic::{Change, FolderChange},
    bytes, entry,
    file_store::Shared,
    known::Key,
    outcome::Outcome,
    read::{hash, in_parallel},
    scan::RuleFile,
    stamp::Stamp,
    state::{STATE_FILE, StateDraft},
    view::View,
};
use draft::Draft;
use packs::Packs;
use rules::{Layer, Rule, RuleId, Sourced, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use store::{Edit, Error, ErrorKind, Expected, check_state, override_pack};

/// What a write comes to.
pub(crate) enum Planned {
    Ready(Ready),
    /// A file is not what it was when it was looked at.
    Outdated,
}

/// The changes of a write, and what is known once they are made.
pub(crate) struct Ready {
    pub(crate) changes: Vec<Change>,
    pub(crate) folders: Vec<FolderChange>,
    pub(crate) files: Vec<Written>,
    /// The text of the state file, where that is changed.
    pub(crate) state: Option<String>,
    /// Whether anything of a pack is other than before.
    pub(crate) changes_packs: bool,
}

/// A file as it will be.
pub(crate) struct Written {
    pub(crate) file: RuleFile,
    /// The hash of its bytes, and what they give; `None` where it is removed.
    pub(crate) outcome: Option<(u64, Arc<Outcome>)>,
}

/// Why a plan cannot be made.
enum Stop {
    Outdated,
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A write in the making.
pub(crate) struct Plan<'a> {
    shared: &'a Shared,
    view: &'a mut View,
    now: Timestamp,
    files: BTreeMap<Key, Draft>,
    /// The rules of each id that was edited, as they stand after the edits so far.
    rules: BTreeMap<(Layer, RuleId), Vec<(Key, Sourced)>>,
    state: Option<(StateDraft, Option<Stamp>)>,
    packs: Packs,
    /// Folders that lie in the tree.
    inside: BTreeSet<PathBuf>,
}

impl<'a> Plan<'a> {
    /// Goes through the edits.
    ///
    /// # Errors
    ///
    /// When one of them cannot be made.
    pub(crate) fn make(
        shared: &'a Shared,
        view: &'a mut View,
        edits: &[Edit],
        now: Timestamp,
    ) -> Result<Planned, Error> {
        let mut plan = Self {
            shared,
            view,
            now,
            files: BTreeMap::new(),
            rules: BTreeMap::new(),
            state: None,
            packs: Packs::default(),
            inside: BTreeSet::new(),
        };
        let planned = edits.iter().try_for_each(|edit| plan.edit(edit));
        match planned {
            Ok(()) => plan.finish().map(Planned::Ready),
            Err(Stop::Outdated) => Ok(Planned::Outdated),
            // An edit before it may be one that cannot be made either, and says so first.
            Err(Stop::Error(error)) => plan
                .files
                .values_mut()
                .try_for_each(Draft::settle)
                .and(Err(error)),
        }
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), Stop> {
        match edit {
            Edit::Put {
                layer,
                rule,
                replaces,
            } => self.put(*layer, rule, replaces),
            Edit::Remove { layer, id, replaces } => self.remove(*layer, id, replaces),
            Edit::Expect { layer, id, seen } => self.expect(*layer, id, seen).map(drop),
            Edit::ExpectPacks(seen) => Ok(self.packs.expect(seen, &self.shared.folders)?),
            Edit::ExpectState(seen) => Ok(check_state(*seen, self.view.revision())?),
            Edit::Disable(id) => self.state().map(|state| state.disable(id)),
            Edit::Enable(id) => self.state().map(|state| state.enable(id)),
            Edit::Pin(id, layer) => self.state().map(|state| state.pin(id, *layer)),
            Edit::Unpin(id) => self.state().map(|state| state.unpin(id)),
            Edit::Install(new) => Ok(self.packs.install(new)?),
            Edit::Uninstall(name) => Ok(self.packs.uninstall(name)?),
            Edit::Singles(change) => Ok(self.packs.change_singles(change)?),
        }
    }

    /// Puts a rule into the entry of the one that is in force, or into a file of its own.
    fn put(&mut self, layer: Layer, rule: &Arc<Rule>, replaces: &Expected) -> Result<(), Stop> {
        let pack = override_pack(layer, rule.id())?;
        let in_force = self.expect(layer, rule.id(), replaces)?;
        let key = match in_force {
            Some(n) => {
                let (key, _) = self.standing(layer, rule.id()).swap_remove(n);
                self.draft(&key)?
                    .changes
                    .push(entry::Change::Put(Arc::clone(rule)));
                key
            }
            None => self.create(layer, pack, rule)?,
        };
        let sourced = Sourced {
            rule: Arc::clone(rule),
            origin: Arc::new(self.files[&key].file.origin()),
            line: None,
        };
        self.standing(layer, rule.id()).push((key, sourced));
        Ok(())
    }

    /// Takes all rules of that id out of their files.
    fn remove(&mut self, layer: Layer, id: &RuleId, replaces: &Expected) -> Result<(), Stop> {
        override_pack(layer, id)?;
        self.expect(layer, id, replaces)?;
        let standing = std::mem::take(self.standing(layer, id));
        let keys: BTreeSet<Key> = standing.into_iter().map(|(key, _)| key).collect();
        for key in &keys {
            self.draft(key)?.changes.push(entry::Change::Remove(id.clone()));
        }
        Ok(())
    }

    /// Compares what stands there with what the writer has seen; returns the position of the rule in force.
    fn expect(&mut self, layer: Layer, id: &RuleId, replaces: &Expected) -> Result<Option<usize>, Stop> {
        let standing = match self.rules.get(&(layer, id.clone())) {
            Some(edited) => edited.clone(),
            None => in_layer(self.view, layer, id),
        };
        let mut doubles: Vec<Sourced> = standing.into_iter().map(|(_, sourced)| sourced).collect();
        if layer == Layer::Community {
            doubles = self.packs.rules_of(id, doubles, &self.shared.folders);
        }
        let in_force = rules::in_force(&doubles, self.now);
        if replaces.is_met_by(in_force.map(|n| &*doubles[n].rule)) {
            return Ok(in_force);
        }
        let message = format!("`{id}` is not what it was");
        Err(Error::new(ErrorKind::Changed, message).into())
    }

    /// The rules of an id that is edited.
    fn standing(&mut self, layer: Layer, id: &RuleId) -> &mut Vec<(Key, Sourced)> {
        let place = (layer, id.clone());
        let standing = || in_layer(self.view, layer, id);
        self.rules.entry(place).or_insert_with(standing)
    }

    /// A file that exists, with what the edits so far do to it.
    fn draft(&mut self, key: &Key) -> Result<&mut Draft, Stop> {
        if !self.files.contains_key(key) {
            let known = self.view.files.get(key).ok_or(Stop::Outdated)?;
            let file = known.file.clone();
            let (bytes, before) = bytes::read_stamped(file.target()).map_err(|_| Stop::Outdated)?;
            let hash = hash(&bytes, &self.shared.hasher);
            if hash != known.read.hash {
                return Err(Stop::Outdated);
            }
            let draft = Draft {
                file,
                before: Some(before),
                hash: Some(hash),
                bytes: Some(bytes),
                changes: Vec::new(),
            };
            self.files.insert(key.clone(), draft);
        }
        Ok(self
            .files
            .get_mut(key)
            .expect("it was put there if it was missing"))
    }

    fn state(&mut self) -> Result<&mut StateDraft, Stop> {
        if self.state.is_none() {
            let path = self.shared.folders.root.join(STATE_FILE);
            if path.is_symlink() {
                let message = format!("`{STATE_FILE}` is a link, which to write would replace");
                return Err(Error::new(ErrorKind::Unwritable, message).into());
            }
            self.state = Some(match bytes::read_stamped(&path) {
                Ok((bytes, stamp)) => (StateDraft::of(Some(&bytes))?, Some(stamp)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => (StateDraft::of(None)?, None),
                Err(error) => return Err(refusal::unreadable(&path, error).into()),
            });
        }
        let (state, _) = self.state.as_mut().expect("it was read if it was missing");
        Ok(state)
    }

    /// Changes the files, parses what will be written as it will be read, and refuses what would not come back.
    fn finish(self) -> Result<Ready, Error> {
        let edited: BTreeSet<RuleId> = self.rules.keys().map(|(_, id)| id.clone()).collect();
        let mut puts: BTreeMap<&Key, Vec<&Arc<Rule>>> = BTreeMap::new();
        for (key, sourced) in self.rules.values().flatten() {
            puts.entry(key).or_default().push(&sourced.rule);
        }
        let (view, hasher) = (&*self.view, &self.shared.hasher);
        // Each is taken once, by the thread that settles it.
        let drafts = self.files.into_iter();
        let drafts: Vec<_> = drafts
            .map(|(key, draft)| (key, Mutex::new(Some(draft))))
            .collect();
        let settled = in_parallel(&drafts, |(key, draft)| {
            let draft = draft.lock().expect("no holder of the lock panics").take();
            let mut draft = draft.expect("it is settled once");
            draft.settle()?;
            let hash = draft.bytes.as_ref().map(|bytes| hash(bytes, hasher));
            if hash == draft.hash {
                return Ok(None);
            }
            let earlier = view.files.get(key).map(|known| &*known.read.outcome);
            let wanted = puts.get(key).map_or(&[][..], Vec::as_slice);
            let outcome = draft.outcome(wanted, earlier, &edited)?;
            Ok(Some((draft, hash.zip(outcome))))
        });
        let mut ready = self.packs.ready(self.shared, view)?;
        for (draft, outcome) in all_settled(settled)? {
            ready.changes.push(Change {
                path: draft.file.target().to_path_buf(),
                bytes: draft.bytes,
                before: draft.before,
            });
            ready.files.push(Written {
                file: draft.file,
                outcome,
            });
        }
        if let Some((state, before)) = self.state
            && let Some(text) = state.changed()
        {
            ready.changes.push(Change {
                path: self.shared.folders.root.join(STATE_FILE),
                bytes: Some(text.clone().into_bytes()),
                before,
            });
            ready.state = Some(text);
        }
        Ok(ready)
    }
}

/// The rules of an id in a layer, as they were seen last.
fn in_layer(view: &mut View, layer: Layer, id: &RuleId) -> Vec<(Key, Sourced)> {
    let mut rules = view.files.rules_of(id);
    rules.retain(|(key, _)| key.layer == layer);
    rules
}

/// Those that change anything; where some cannot be written, why not, of all of them.
fn all_settled<T>(settled: Vec<Result<Option<T>, Error>>) -> Result<Vec<T>, Error> {
    let mut done = Vec::with_capacity(settled.len());
    let mut refused: Option<Error> = None;
    for settled in settled {
        match settled {
            Ok(changed) => done.extend(changed),
            Err(error) if error.kind == ErrorKind::Unwritable => {
                refused = Some(match refused {
                    Some(earlier) => earlier.and(error),
                    None => error,
                });
            }
            Err(error) => return Err(error),
        }
    }
    refused.map_or(Ok(done), Err)
}

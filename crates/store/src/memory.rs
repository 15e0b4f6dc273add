//! The reference implementation: rules in memory, for tests and for tools.

mod packs;

use crate::{
    Changes, Contents, Digest, Edit, Error, ErrorKind, Expected, Look, Revision, RuleStore, check_packs,
    check_state, override_pack,
};
use async_trait::async_trait;
use rules::{Layer, Origin, PackFile, Rule, RuleId, SINGLES, Sourced};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// A store that holds its contents in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    contents: Contents,
    /// Which ids each write touched, for those who ask for differences.
    touched: BTreeMap<Revision, Vec<RuleId>>,
    /// The bytes of the files of packs and of single rules, by pack and path.
    files: BTreeMap<String, BTreeMap<String, Arc<[u8]>>>,
    /// The first state from which on `touched` is complete.
    begins: Revision,
}

impl MemoryStore {
    /// A store with these contents.
    pub fn new(contents: Contents) -> Self {
        let store = Self::default();
        store.replace(contents);
        store
    }

    /// Replaces everything, as if somebody else had done it; the packs in it have no files.
    pub fn replace(&self, contents: Contents) {
        let begins = contents.revision;
        *self.lock() = State {
            contents,
            touched: BTreeMap::new(),
            files: BTreeMap::new(),
            begins,
        };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock panics")
    }
}

impl State {
    fn apply(&mut self, edit: &Edit) -> Result<(), Error> {
        let contents = &mut self.contents;
        match edit {
            Edit::Put {
                layer,
                rule,
                replaces,
            } => {
                let origin = self.origin_of(*layer, rule)?;
                self.expect(*layer, rule.id(), replaces)?;
                self.take_out(*layer, rule.id());
                self.contents.rules.push(Sourced {
                    rule: Arc::clone(rule),
                    origin: Arc::new(origin),
                    line: None,
                });
            }
            Edit::Remove { layer, id, replaces } => {
                override_pack(*layer, id)?;
                self.expect(*layer, id, replaces)?;
                self.take_out(*layer, id);
            }
            Edit::Expect { layer, id, seen } => self.expect(*layer, id, seen)?,
            Edit::ExpectPacks(seen) => check_packs(seen, &contents.packs)?,
            Edit::ExpectState(seen) => check_state(*seen, contents.revision)?,
            Edit::Disable(id) => drop(contents.disabled.insert(id.clone())),
            Edit::Enable(id) => drop(contents.disabled.remove(id)),
            Edit::Pin(id, layer) => drop(contents.pins.insert(id.clone(), *layer)),
            Edit::Unpin(id) => drop(contents.pins.remove(id)),
            Edit::Install(new) => self.install(new)?,
            Edit::Uninstall(name) => self.uninstall(name)?,
            Edit::Singles(change) => self.change_singles(change)?,
        }
        Ok(())
    }

    fn origin_of(&self, layer: Layer, rule: &Rule) -> Result<Origin, Error> {
        let Some(pack) = override_pack(layer, rule.id())? else {
            return Ok(Origin::local(None));
        };
        Ok(self.override_origin(pack))
    }

    fn expect(&self, layer: Layer, id: &RuleId, expected: &Expected) -> Result<(), Error> {
        let stands = |sourced: &&Sourced| sourced.origin.layer == layer && sourced.rule.id() == id;
        let found = self.contents.rules.iter().find(stands);
        if expected.is_met_by(found.map(|sourced| &*sourced.rule)) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Changed,
            format!("`{id}` is not what it was"),
        ))
    }

    fn files_of(&self, pack: &str) -> BTreeMap<String, Arc<[u8]>> {
        self.files.get(pack).cloned().unwrap_or_default()
    }

    fn take_out(&mut self, layer: Layer, id: &RuleId) {
        self.contents
            .rules
            .retain(|sourced| sourced.origin.layer != layer || sourced.rule.id() != id);
    }
}

#[async_trait]
impl RuleStore for MemoryStore {
    async fn load(&self) -> Result<Contents, Error> {
        Ok(self.lock().contents.clone())
    }

    async fn changes(&self, since: Revision, _: Look) -> Result<Option<Changes>, Error> {
        let state = self.lock();
        let contents = &state.contents;
        if since < state.begins || since > contents.revision {
            return Ok(None);
        }
        let later = state.touched.iter().filter(|(revision, _)| **revision > since);
        let mut rules: BTreeMap<RuleId, Vec<Sourced>> = later
            .flat_map(|(_, ids)| ids)
            .map(|id| (id.clone(), Vec::new()))
            .collect();
        for sourced in &contents.rules {
            if let Some(of_id) = rules.get_mut(sourced.rule.id()) {
                of_id.push(sourced.clone());
            }
        }
        Ok(Some(Changes {
            revision: contents.revision,
            rules,
            disabled: contents.disabled.clone(),
            pins: contents.pins.clone(),
            problems: contents.problems.clone(),
            problems_more: contents.problems_more,
        }))
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        let files = self.lock().files_of(SINGLES);
        let digested = files.into_iter().map(|(path, bytes)| (path, digest(&bytes)));
        Ok(digested.collect())
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        let files = self.lock().files_of(name).into_iter();
        let file = |(path, bytes): (String, Arc<[u8]>)| PackFile {
            path,
            bytes: bytes.to_vec(),
        };
        Ok(files.map(file).collect())
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let mut state = self.lock();
        let mut next = state.clone();
        for edit in edits {
            next.apply(edit)?;
        }
        let revision = Revision(next.contents.revision.0 + 1);
        next.contents.revision = revision;
        let of_state = |edit: &&Edit| matches!(edit, Edit::ExpectState(_));
        let edits = edits.iter().filter(|edit| !of_state(edit));
        match edits.map(|edit| edit.id().cloned()).collect() {
            Some(ids) => drop(next.touched.insert(revision, ids)),
            // What is other than before a change of packs takes all rules to tell.
            None => (next.touched, next.begins) = (BTreeMap::new(), revision),
        }
        *state = next;
        Ok(revision)
    }

    fn kind(&self) -> &'static str {
        "memory"
    }
}

#[cfg(test)]
mod tests;

//! Writes: looks again at what is concerned, plans, changes the files, and takes over what they hold now.

use crate::{
    atomic::{self, Failure},
    disk::Fault,
    file_store::Shared,
    folder::shown,
    known::{Key, Touched},
    plan::{self, Plan, Planned, Ready},
    read::{Found, Read, look_at},
    scan::RuleFile,
    stamp,
    state::State,
    view::View,
};
use rules::{Layer, RuleId, Timestamp};
use std::{collections::BTreeSet, path::PathBuf, time::SystemTime};
use store::{Edit, Error, ErrorKind};

/// How often a write begins anew because somebody else has changed its files meanwhile.
const ATTEMPTS_MAX: usize = 5;

/// Makes all edits or none; they are durable when it returns.
pub(crate) fn write(shared: &Shared, view: &mut View, edits: &[Edit], now: Timestamp) -> Result<(), Error> {
    for _ in 0..ATTEMPTS_MAX {
        look_again(shared, view, edits);
        let ready = match Plan::make(shared, view, edits, now)? {
            Planned::Ready(ready) => ready,
            Planned::Outdated => continue,
        };
        let below = || {
            ready
                .folders
                .iter()
                .flat_map(|folder| atomic::all_below(&folder.path))
        };
        let before: Vec<PathBuf> = below().collect();
        let mut writing = shared.watch.writing();
        match atomic::commit(&shared.disk, &ready.changes, &ready.folders) {
            Ok(made) => {
                let files = ready.changes.iter().map(|change| change.path.clone());
                files
                    .chain(made)
                    .chain(before)
                    .chain(below())
                    .for_each(|path| writing.wrote(&path));
                drop(writing);
                take_over(shared, view, ready);
                return Ok(());
            }
            Err(Failure::Changed) => {}
            Err(failure) => return Err(failed(shared, view, failure)),
        }
    }
    let message = "the files change faster than they can be written";
    Err(Error::new(ErrorKind::Unavailable, message))
}

/// Reads again what the edits are about, where it is not as it was.
fn look_again(shared: &Shared, view: &mut View, edits: &[Edit]) {
    let mut look = LookAgain {
        shared,
        view,
        seen: BTreeSet::new(),
        touched: Touched::default(),
        now: stamp::now(),
    };
    for edit in edits {
        match edit {
            Edit::Put { layer, rule, .. } => look.at_place(*layer, rule.id()),
            Edit::Expect { layer, id, .. } => look.at_place(*layer, id),
            Edit::Remove { layer, id, .. } => drop(look.at_rules(*layer, id)),
            Edit::ExpectPacks(_)
            | Edit::ExpectState(_)
            | Edit::Disable(_)
            | Edit::Enable(_)
            | Edit::Pin(..)
            | Edit::Unpin(_)
            | Edit::Install(_)
            | Edit::Uninstall(_)
            | Edit::Singles(_) => {}
        }
    }
    let LookAgain { mut touched, .. } = look;
    view.set_state(State::load(&shared.folders.root), &mut touched);
    view.close(touched);
}

struct LookAgain<'a> {
    shared: &'a Shared,
    view: &'a mut View,
    /// What was looked at already.
    seen: BTreeSet<Key>,
    touched: Touched,
    now: SystemTime,
}

impl LookAgain<'_> {
    /// Looks at the files with rules of that id, or at the file that such a rule would be written to.
    fn at_place(&mut self, layer: Layer, id: &RuleId) {
        if !self.at_rules(layer, id) {
            self.at_own_file(layer, id);
        }
    }

    /// Looks at the files with rules of that id; says whether there still are any.
    fn at_rules(&mut self, layer: Layer, id: &RuleId) -> bool {
        let rules = self.view.files.rules_of(id);
        let mut keys: Vec<Key> = rules.into_iter().map(|(key, _)| key).collect();
        keys.retain(|key| key.layer == layer);
        keys.dedup();
        for key in &keys {
            if let Some(file) = self.view.files.get(key).map(|known| known.file.clone()) {
                self.at(file);
            }
        }
        let rules = self.view.files.rules_of(id);
        rules.iter().any(|(key, _)| key.layer == layer)
    }

    /// Looks at the file that a new rule of that id would be written to: somebody may have made it.
    fn at_own_file(&mut self, layer: Layer, id: &RuleId) {
        let Ok(pack) = store::override_pack(layer, id) else {
            return;
        };
        let folder = self.view.folder(pack, &self.shared.folders);
        let file = RuleFile::new(&folder, &plan::stem(layer, id));
        let known = self.view.files.get(&file.key()).map(|known| known.file.clone());
        let is_file = |file: &RuleFile| file.target().symlink_metadata().is_ok_and(|m| m.is_file());
        match known {
            Some(known) => self.at(known),
            None if is_file(&file) && !crate::scan::leaves_tree(file.target(), &self.shared.folders) => {
                self.at(file);
            }
            None => {}
        }
    }

    fn at(&mut self, file: RuleFile) {
        let key = file.key();
        if self.seen.insert(key.clone()) {
            let found = look_at(&file, self.view.files.get(&key), &self.shared.hasher, self.now);
            if !matches!(found, Found::Same) {
                self.view.found(file, found, &mut self.touched);
            }
        }
    }
}

/// Takes over what was written, as if it had been read.
fn take_over(shared: &Shared, view: &mut View, ready: Ready) {
    let mut touched = Touched::default();
    for written in ready.files {
        let found = match written.outcome {
            None => Found::Gone,
            Some((hash, outcome)) => Found::Read(Read {
                stamp: atomic::stamp(written.file.target()),
                // Somebody may have written right after us, within one tick of the file system's clock.
                is_settled: false,
                hash,
                outcome,
            }),
        };
        view.add_folder(&written.file.folder);
        view.found(written.file, found, &mut touched);
    }
    if let Some(state) = ready.state {
        view.set_state(State::parse(state.as_bytes()), &mut touched);
    }
    debug_assert!(view.is_seen() && shared.owner.read_only().is_none());
    match ready.changes_packs {
        true => view.begin_unseen(),
        false => view.close(touched),
    }
}

fn failed(shared: &Shared, view: &mut View, failure: Failure) -> Error {
    let said = |fault: &Fault| format!("`{}`: {}", shown(&fault.path, &shared.folders), fault.error);
    let (kind, message, fault) = match failure {
        Failure::Changed => (ErrorKind::Unavailable, "the files have changed".to_owned(), None),
        Failure::Fault(fault) => (ErrorKind::Unavailable, said(&fault), Some(fault)),
        Failure::Torn(fault, second) => {
            // What is there now only another look can tell.
            view.distrust();
            let message = format!(
                "not everything was written: {}; and not everything could be put back: {}",
                said(&fault),
                said(&second)
            );
            (ErrorKind::Torn, message, Some(fault))
        }
    };
    let error = Error::new(kind, message);
    match fault {
        Some(fault) => error.because(fault.error),
        None => error,
    }
}

//! A store under test, with the model that it must agree with.

use super::{Harness, Model};
use crate::{Changes, Contents, Edit, ErrorKind, Look, Revision, RuleStore};
use rules::PackFile;
use std::{collections::BTreeMap, sync::Arc};

/// A store over a place of its own.
pub(super) struct Subject<'h, H: Harness> {
    pub(super) harness: &'h H,
    pub(super) place: H::Place,
    store: Option<Arc<dyn RuleStore>>,
    pub(super) model: Model,
}

impl<'h, H: Harness> Subject<'h, H> {
    pub(super) fn new(harness: &'h H) -> Self {
        let place = harness.place();
        let store = Some(harness.open(&place));
        Self {
            harness,
            place,
            store,
            model: Model::default(),
        }
    }

    pub(super) fn store(&self) -> &dyn RuleStore {
        &**self.store.as_ref().expect("a store is open between two steps")
    }

    pub(super) fn load(&self) -> Contents {
        let loaded = self.harness.block_on(self.store().load());
        loaded.expect("a store in order can be loaded")
    }

    pub(super) fn changes(&self, since: Revision, look: Look) -> Option<Changes> {
        let changes = self.harness.block_on(self.store().changes(since, look));
        changes.expect("a store in order can be asked for differences")
    }

    /// The files of singles, as text.
    pub(super) fn singles(&self) -> BTreeMap<String, String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let singles = self.harness.block_on(self.store().singles(text));
        singles.expect("a store in order can be asked for files")
    }

    /// The files of a pack or of singles.
    pub(super) fn pack_files(&self, name: &str) -> Vec<PackFile> {
        let files = self.harness.block_on(self.store().pack_files(name));
        files.expect("a store in order can be asked for files")
    }

    /// Writes to the store and the model, which must agree on whether that is possible.
    #[track_caller]
    pub(super) fn write(&mut self, edits: &[Edit]) -> Result<Revision, ErrorKind> {
        let written = self.harness.block_on(self.store().write(edits));
        let expected = self.model.write(edits);
        match (&written, &expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(kind)) if error.kind == *kind => {
                assert!(!error.message.is_empty(), "an error says what is wrong");
            }
            _ => panic!("the store answers {written:?}, the model {expected:?}, to {edits:?}"),
        }
        written.map_err(|error| error.kind)
    }

    /// Writes what can be written, and compares.
    #[track_caller]
    pub(super) fn done(&mut self, edits: &[Edit]) -> Revision {
        let revision = self.write(edits).expect("these edits can be made");
        let contents = self.agree();
        assert!(contents.revision >= revision, "a load shows what was written");
        revision
    }

    /// Writes what cannot be written, and compares.
    #[track_caller]
    pub(super) fn refused(&mut self, edits: &[Edit]) -> ErrorKind {
        let before = self.load().revision;
        let refused = self.write(edits).expect_err("these edits cannot be made");
        assert_eq!(self.agree().revision, before, "nothing was changed");
        refused
    }

    /// Loads, and compares with the model.
    #[track_caller]
    pub(super) fn agree(&self) -> Contents {
        let contents = self.load();
        self.model.assert_agrees(&contents);
        contents
    }

    /// Closes the store and opens another over the same place.
    pub(super) fn reopen(&mut self) {
        self.store = None;
        self.harness.forget(&self.place, &mut self.model);
        self.store = Some(self.harness.open(&self.place));
    }
}

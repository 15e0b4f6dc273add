//! Edits, in few words.

use crate::tree::{load, run};
use rules::{Layer, Rule, RuleId};
use std::sync::Arc;
use store::{Edit, Expected, RuleStore as _};
use store_file::FileStore;

pub(crate) fn put_in(layer: Layer, rule: &Arc<Rule>) -> Edit {
    Edit::Put {
        layer,
        rule: Arc::clone(rule),
        replaces: Expected::Anything,
    }
}

pub(crate) fn put(rule: &Arc<Rule>) -> Edit {
    put_in(Layer::Local, rule)
}

pub(crate) fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

pub(crate) fn remove(text: &str) -> Edit {
    Edit::Remove {
        layer: Layer::Local,
        id: id(text),
        replaces: Expected::Anything,
    }
}

/// Writes, and compares with what somebody says who reads the tree for the first time.
#[track_caller]
pub(crate) fn write(store: &FileStore, edits: &[Edit]) {
    run(store.write(edits)).unwrap();
    let fresh = FileStore::new(store.folders().clone());
    let shown = |contents: &store::Contents| {
        let rules = contents.rules.iter().map(|sourced| format!("{sourced:?}"));
        (
            rules.collect::<Vec<_>>(),
            contents.problems.clone(),
            contents.disabled.clone(),
        )
    };
    assert_eq!(
        shown(&load(store)),
        shown(&load(&fresh)),
        "it is as it is read anew"
    );
}

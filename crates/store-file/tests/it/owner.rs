//! One process owns a tree for writing; who cannot write says why, and reads.

use crate::tree::{RULE, Tree, ids, load, run};
use store::{Edit, ErrorKind, RuleStore as _};
use store_file::Access;

#[test]
fn a_second_writer_is_told_who_is_the_first() {
    let tree = Tree::new();
    let first = tree.writer();
    let refused = tree.open(Access::ReadWrite).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InUse);
    let number = format!("number {}", std::process::id());
    assert!(refused.message.contains(&number), "{}", refused.message);
    assert!(
        tree.open(Access::ReadOnly {
            reason: "asked".into()
        })
        .is_ok()
    );
    drop(first);
    assert!(tree.open(Access::ReadWrite).is_ok());
}

#[test]
fn a_store_for_reading_reads_and_refuses_writes_with_its_reason() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE)]);
    let reason = "it was asked for".to_owned();
    let store = tree
        .open(Access::ReadOnly {
            reason: reason.clone(),
        })
        .unwrap();
    assert_eq!(store.read_only(), Some(reason.clone()));
    assert_eq!(ids(&load(&store)), ["a"]);
    let error = run(store.write(&[])).unwrap_err();
    assert_eq!((error.kind, error.message), (ErrorKind::ReadOnly, reason));
    assert_eq!(tree.files(), ["local/a.rule.yaml"]);
    assert!(!tree.path(".lock").exists());
}

#[test]
fn missing_folders_are_made_for_writing_only() {
    let tree = Tree::new();
    assert!(ids(&load(&tree.store())).is_empty());
    assert!(!tree.path("").exists());
    let store = tree.writer();
    for folder in ["local", "overrides", "community"] {
        assert!(tree.path(folder).is_dir(), "{folder}");
    }
    assert_eq!(store.read_only(), None);
}

#[test]
fn a_tree_that_cannot_be_written_is_read_and_says_why() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE), ("overrides", "no folder")]);
    let store = tree.writer();
    let reason = store.read_only().unwrap();
    assert!(
        reason.contains("/rules/overrides` cannot be written: "),
        "{reason}"
    );
    let error = run(store.write(&[Edit::Disable(rules::RuleId::parse("a").unwrap())])).unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReadOnly);
}

#[test]
fn what_a_crash_left_is_removed_by_the_next_owner() {
    let left = ["", "local/", "local/deep/er/", "overrides/cookies/"]
        .map(|folder| format!("{folder}.asset-injector-7-0.tmp"));
    let others = [
        "local/.a.rule.yaml.swp",
        "local/.asset-injector-notes",
        "community/p/.asset-injector-7-0.tmp",
        "other/.asset-injector-7-0.tmp",
    ];
    let tree = Tree::new();
    left.iter().for_each(|path| tree.put(path, "half"));
    others.iter().for_each(|path| tree.put(path, "whole"));
    load(&tree.store());
    assert_eq!(tree.files().len(), left.len() + others.len());
    load(&tree.writer());
    let mut expected = others.to_vec();
    expected.sort_unstable();
    assert_eq!(tree.files(), expected);
}

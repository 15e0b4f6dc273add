//! Loads: bad files beside good ones, revisions, order, size.

use crate::{
    edits::put,
    tree::{RULE, Tree, ids, load, problems, run},
};
use std::{fs, sync::Arc};
use store::{ErrorKind, PROBLEMS_MAX, RuleStore as _, contract::rule};

#[test]
fn a_bad_file_is_reported_and_the_good_ones_are_served() {
    let tree = Tree::with(&[
        ("local/good.rule.yaml", RULE),
        (
            "local/bad.rule.yaml",
            "type: wildcard\npattern: *.example.com/*\ncss: 'a{}'\n",
        ),
    ]);
    let contents = tree.load();
    assert_eq!(ids(&contents), ["good"]);
    let problem = &contents.problems[0];
    assert_eq!(
        (problem.file.as_str(), problem.line, problem.column),
        ("local/bad.rule.yaml", Some(2), Some(10))
    );
    assert_eq!(
        (problem.field.as_str(), problem.rule_id.as_deref()),
        ("pattern", Some("bad"))
    );
    assert_eq!(problem.hint.as_deref(), Some("put the pattern in single quotes"));
    assert!(problem.skipped);
}

/// Found by a reader: a volume that was unmounted emptied the service, and a write said that a folder was a link.
#[test]
fn what_vanishes_as_a_whole_is_no_deletion() {
    let parts = [
        ("", "local/a.rule.yaml"),
        ("", ".state.json"),
        ("local", "local/a.rule.yaml"),
        ("overrides", "overrides/p/a.rule.yaml"),
        ("community", "community/p/rules/a.rule.yaml"),
    ];
    for (part, file) in parts {
        let text = if file == ".state.json" {
            r#"{"disabled": ["a"]}"#
        } else {
            RULE
        };
        let tree = Tree::with(&[(file, text)]);
        let store = tree.writer();
        let before = load(&store);
        let (here, away) = (tree.path(part), tree.path("").with_file_name("away"));
        fs::rename(&here, &away).unwrap();
        let put = put(&rule("new", "a{}"));
        let refused = [
            run(store.load()).map(drop),
            run(store.write(std::slice::from_ref(&put))).map(drop),
        ];
        for error in refused.map(Result::unwrap_err) {
            assert_eq!(error.kind, ErrorKind::Unavailable, "{part} {file}");
            assert!(error.message.contains("is gone"), "{error}");
        }
        fs::rename(&away, &here).unwrap();
        assert_eq!(load(&store).revision, before.revision, "{part} {file}");
        run(store.write(&[put])).unwrap();
    }
}

#[test]
fn a_folder_that_held_nothing_comes_and_goes() {
    let tree = Tree::new();
    let store = tree.writer();
    load(&store);
    fs::remove_dir_all(tree.path("")).unwrap();
    assert_eq!(ids(&load(&store)), [""; 0]);
    run(store.write(&[put(&rule("new", "a{}"))])).unwrap();
    assert_eq!(ids(&tree.load()), ["new"]);
}

#[test]
fn the_revision_grows_when_something_changed_and_only_then() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE)]);
    let store = tree.store();
    let revision = || load(&store).revision;
    let mut last = revision();
    let mut check = |is_changed: bool, what: &str| {
        let now = revision();
        assert_eq!(now > last, is_changed, "{what}");
        assert!(now >= last, "{what}");
        last = now;
    };
    check(false, "nothing");
    tree.put("local/a.rule.yaml", RULE);
    check(false, "the same bytes written again");
    tree.put("local/a.rule.yaml", RULE.replace("nav", "nov"));
    check(true, "other bytes of the same length");
    tree.put("local/b.rule.yaml", RULE);
    check(true, "a new file");
    std::fs::rename(tree.path("local/b.rule.yaml"), tree.path("local/c.rule.yaml")).unwrap();
    check(true, "another name");
    std::fs::remove_file(tree.path("local/c.rule.yaml")).unwrap();
    check(true, "a file less");
    tree.put(".state.json", r#"{"disabled":["a"]}"#);
    check(true, "a disabled id");
    tree.put("community/p/.source.json", r#"{"version":"1.0.0"}"#);
    check(true, "a pack");
    tree.put("local/notes.txt", "");
    check(false, "a file that is no rule file");
}

#[test]
fn rules_of_unchanged_files_are_the_same_objects() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE), ("local/b.rule.yaml", RULE)]);
    let store = tree.store();
    let first = load(&store);
    tree.put("local/b.rule.yaml", RULE.replace("nav", "nov"));
    let second = load(&store);
    let is_same = |n: usize| Arc::ptr_eq(&first.rules[n].rule, &second.rules[n].rule);
    assert_eq!((is_same(0), is_same(1)), (true, false));
}

#[test]
fn the_order_of_rules_and_problems_is_that_of_their_files() {
    let tree = Tree::new();
    for n in 0..200 {
        let path = format!("local/{}/r{n:03}.rule.yaml", n % 7);
        if n % 10 == 3 {
            tree.put(&path, "css: 7")
        } else {
            tree.put(&path, RULE)
        }
    }
    let first = tree.load();
    let files: Vec<_> = first
        .rules
        .iter()
        .map(|sourced| sourced.origin.file.clone().unwrap())
        .collect();
    assert!(files.is_sorted() && files.len() == 180, "{files:?}");
    let again = tree.load();
    assert_eq!(ids(&first), ids(&again));
    assert_eq!(problems(&first), problems(&again));
    assert!(first.problems.iter().map(|problem| &problem.file).is_sorted());
}

#[test]
fn problems_beyond_the_bound_are_counted() {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    for n in 0..20 {
        tree.put(&format!("local/bad{n:02}.rule.yaml"), "- 1\n".repeat(700));
    }
    let store = tree.store();
    for _ in 0..2 {
        let contents = load(&store);
        assert_eq!(
            (contents.problems.len(), contents.problems_more),
            (PROBLEMS_MAX, 20 * 700 - PROBLEMS_MAX)
        );
        assert_eq!(ids(&contents), ["good"]);
    }
}

#[test]
fn a_file_of_ten_mebibytes_is_refused_by_its_size() {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    tree.put("local/large.rule.yaml", vec![b'#'; 10 << 20]);
    let contents = tree.load();
    assert_eq!(ids(&contents), ["good"]);
    assert_eq!(
        problems(&contents),
        [(
            "local/large.rule.yaml",
            "the file has 10485760 bytes; the most is 8388608"
        )]
    );
}

//! What the place of a file says of it.

use super::{default_id, find, place};
use rules::{IdSpace, Layer};
use std::{fs, path::Path};

fn names(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn check(named: &str, below: &str, expected: (Layer, Option<&str>, &str)) {
    let (below, all) = (names(below), names(&format!("{named}/{below}")));
    let (layer, space, inner) = place(&all, below.len());
    let pack = match &space {
        IdSpace::Local => None,
        IdSpace::Pack(pack) => Some(pack.as_str()),
    };
    assert_eq!((layer, pack, &*default_id(inner)), expected, "{named} {below:?}");
}

#[test]
fn a_tree_decides_the_layer_and_the_id() {
    check("/w/rules", "local/a.rule.yaml", (Layer::Local, None, "a"));
    check(
        "/w/rules",
        "local/sub/a b.rule.yml",
        (Layer::Local, None, "sub.a-b"),
    );
    check(
        "/w/rules",
        "overrides/news/a.rule.json",
        (Layer::Override, Some("news"), "a"),
    );
    check(
        "/w/rules",
        "community/news/rules/x/a.rule.yaml",
        (Layer::Community, Some("news"), "x.a"),
    );
    check(
        "/w/rules",
        "community/singles/a.rule.yaml",
        (Layer::Community, Some("singles"), "a"),
    );
}

#[test]
fn a_part_of_a_tree_decides_it_too() {
    check("/w/rules/local", "sub/a.rule.yaml", (Layer::Local, None, "sub.a"));
    check("/w/rules/local/sub", "a.rule.yaml", (Layer::Local, None, "sub.a"));
    check(
        "/w/rules/overrides/news",
        "a.rule.yaml",
        (Layer::Override, Some("news"), "a"),
    );
    check("/w/any/local", "a.rule.yaml", (Layer::Local, None, "a"));
}

#[test]
fn outside_of_a_tree_a_file_is_a_local_rule() {
    check(
        "/home/local/examples",
        "x/a.rule.yaml",
        (Layer::Local, None, "x.a"),
    );
    check(
        "/srv/community/notes/rules/mine",
        "a.rule.yaml",
        (Layer::Local, None, "a"),
    );
    check("/w", "a.rule.yaml", (Layer::Local, None, "a"));
}

#[test]
fn folders_are_searched_and_other_files_are_not_rule_files() {
    let scratch = tempfile::tempdir().unwrap();
    let write = |path: &str| {
        let path = scratch.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap();
    };
    for path in [
        "b.rule.yaml",
        "sub/a.rule.json",
        ".hidden.rule.yaml",
        ".git/x.rule.yaml",
        "notes.yaml",
    ] {
        write(path);
    }
    let found = find(&[scratch.path().to_path_buf()]).unwrap();
    let below: Vec<_> = found
        .files
        .iter()
        .map(|file| file.path.strip_prefix(scratch.path()).unwrap())
        .collect();
    assert_eq!(below, [Path::new("b.rule.yaml"), Path::new("sub/a.rule.json")]);
    assert!(find(&[scratch.path().join("notes.yaml")]).is_err());
    assert!(find(&[scratch.path().join("missing")]).is_err());
}

//! Links: followed inside the tree, once for each real file.

use crate::tree::{RULE, Tree, ids, problems};

#[test]
fn a_configmap_mount_is_read_once() {
    let tree = Tree::with(&[("local/..2026_11_23/x.rule.yaml", RULE)]);
    tree.link("..2026_11_23", "local/..data");
    tree.link("..data/x.rule.yaml", "local/x.rule.yaml");
    let contents = tree.load();
    assert_eq!((ids(&contents), problems(&contents)), (vec!["x"], vec![]));
    assert_eq!(
        contents.rules[0].origin.file.as_deref(),
        Some("local/x.rule.yaml")
    );
}

#[test]
fn the_same_real_file_is_read_once_under_its_own_name() {
    let tree = Tree::with(&[("local/real.rule.yaml", RULE), ("local/dir/in.rule.yaml", RULE)]);
    tree.link("real.rule.yaml", "local/a-link.rule.yaml");
    tree.link("dir", "local/another");
    tree.link("..", "local/dir/up");
    let contents = tree.load();
    assert_eq!(
        (ids(&contents), problems(&contents)),
        (vec!["dir.in", "real"], vec![])
    );
}

#[test]
fn links_that_leave_the_tree_are_reported_and_not_followed() {
    let outside = Tree::with(&[
        ("x.rule.yaml", RULE),
        ("dir/y.rule.yaml", RULE),
        ("notes.txt", ""),
    ]);
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    tree.link(
        outside.path("x.rule.yaml").to_str().unwrap(),
        "local/out.rule.yaml",
    );
    tree.link(outside.path("dir").to_str().unwrap(), "local/out-dir");
    tree.link(outside.path("notes.txt").to_str().unwrap(), "local/notes.txt");
    tree.link(outside.path("dir").to_str().unwrap(), "community/pack");
    let contents = tree.load();
    assert_eq!(ids(&contents), ["good"]);
    let reason = "is a link that leaves the rules folder, and was not followed";
    assert_eq!(
        problems(&contents),
        [
            ("community/pack", reason),
            ("local/out-dir", reason),
            ("local/out.rule.yaml", reason)
        ]
    );
}

#[test]
fn links_without_a_target_and_in_circles_are_reported() {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    tree.link("nowhere.rule.yaml", "local/dangling.rule.yaml");
    tree.link("circle.rule.yaml", "local/circle.rule.yaml");
    let contents = tree.load();
    assert_eq!(ids(&contents), ["good"]);
    let files: Vec<_> = contents
        .problems
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    assert_eq!(files, ["local/circle.rule.yaml", "local/dangling.rule.yaml"]);
}

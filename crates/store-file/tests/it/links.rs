//! Links: followed inside the tree, once for each real file.

use crate::tree::{RULE, Tree, ids, problems, run};
use store::RuleStore as _;

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

#[test]
fn the_files_of_a_pack_are_read_through_the_same_links() {
    let outside = Tree::with(&[("x.rule.yaml", RULE)]);
    let tree = Tree::with(&[
        ("community/pack/..v1/manifest.yaml", "name: pack\n"),
        ("community/pack/..v1/rules/a.rule.yaml", RULE),
        ("community/pack/.hidden", ""),
        ("community/singles/b.rule.yaml", RULE),
        ("community/singles/notes.txt", ""),
    ]);
    tree.link("..v1", "community/pack/..data");
    tree.link("..data/manifest.yaml", "community/pack/manifest.yaml");
    tree.link("..data/rules", "community/pack/rules");
    tree.link(".", "community/pack/round");
    tree.link(
        outside.path("x.rule.yaml").to_str().unwrap(),
        "community/pack/out.rule.yaml",
    );
    tree.link(outside.path("").to_str().unwrap(), "community/elsewhere");
    let paths = |name: &str| {
        let files = run(tree.store().pack_files(name)).unwrap();
        files.into_iter().map(|file| file.path).collect::<Vec<_>>()
    };
    assert_eq!(paths("pack"), ["manifest.yaml", "rules/a.rule.yaml"]);
    assert_eq!(paths("singles"), ["b.rule.yaml"]);
    assert_eq!(paths("elsewhere"), [""; 0]);
}

//! Which files are read, and what their place says of their rules.

use crate::tree::{RULE, Tree, ids, load, problems, run};
use store::RuleStore as _;
use store_file::{FileStore, Folders};

#[test]
fn a_missing_or_empty_tree_holds_nothing_and_is_no_problem() {
    let tree = Tree::new();
    let contents = tree.load();
    assert!(contents.rules.is_empty() && contents.problems.is_empty());
    std::fs::create_dir_all(tree.path("local")).unwrap();
    assert!(tree.load().problems.is_empty());
}

#[test]
fn every_folder_gives_its_rules_their_origin() {
    let signed = r#"{"version":"2.0.0","source_url":"https://example.com/s.zip","trusted":true}"#;
    let json = r#"{"type":"exact","pattern":"https://example.com/","css":"a{}"}"#;
    let tree = Tree::with(&[
        ("local/mine.rule.yaml", RULE),
        ("overrides/cookies/banner.rule.yaml", RULE),
        ("community/cookies/rules/eu/banner.rule.yml", RULE),
        (
            "community/cookies/manifest.yaml",
            "name: cookies\nversion: 1.2.3\ndescription: For print\nauthor: Ann\n",
        ),
        ("community/signed/rules/a.rule.json", json),
        ("community/signed/.source.json", signed),
        ("community/singles/one.rule.yaml", RULE),
    ]);
    let contents = tree.load();
    assert_eq!(problems(&contents), []);
    let described = |sourced: &rules::Sourced| {
        let origin = &sourced.origin;
        let version = origin.pack_version.as_deref().unwrap_or("-");
        let file = origin.file.as_deref().unwrap();
        format!(
            "{} {} {version} {} {file}",
            sourced.rule.id(),
            origin.layer.as_str(),
            origin.trusted
        )
    };
    let expected = [
        "mine local - true local/mine.rule.yaml",
        "cookies:banner override 1.2.3 true overrides/cookies/banner.rule.yaml",
        "cookies:eu.banner community 1.2.3 false community/cookies/rules/eu/banner.rule.yml",
        "signed:a community 2.0.0 true community/signed/rules/a.rule.json",
        "singles:one community - false community/singles/one.rule.yaml",
    ];
    assert_eq!(contents.rules.iter().map(described).collect::<Vec<_>>(), expected);
    assert_eq!(
        contents.rules[3].origin.source_url.as_deref(),
        Some("https://example.com/s.zip")
    );
    assert_eq!(
        contents.packs.keys().collect::<Vec<_>>(),
        ["cookies", "signed", "singles"]
    );
}

#[test]
fn only_rule_files_are_read_and_hidden_names_are_not() {
    let tree = Tree::with(&[
        ("local/a.rule.yaml", RULE),
        ("local/b.yaml", "broken: ["),
        ("local/c.rule.yaml.bak", "broken: ["),
        ("local/d.RULE.YAML", "broken: ["),
        ("local/.e.rule.yaml", "broken: ["),
        ("local/.hidden/f.rule.yaml", "broken: ["),
        ("local/.rule.yaml", "broken: ["),
        ("local/README.md", "# Rules"),
        ("community/pack/other/g.rule.yaml", "broken: ["),
        ("h.rule.yaml", "broken: ["),
    ]);
    let contents = tree.load();
    assert_eq!((ids(&contents), problems(&contents)), (vec!["a"], vec![]));
}

#[test]
fn a_missing_id_is_the_path_below_the_source_folder() {
    let tree = Tree::with(&[
        ("local/sites/shop/a b+ü.rule.yaml", RULE),
        (
            "local/x.y_z-1.rule.json",
            r#"{"type":"exact","pattern":"https://example.com/","css":"a{}"}"#,
        ),
        (
            "local/list.rule.yaml",
            &format!("- {}", RULE.trim_end().replace('\n', "\n  ")),
        ),
        ("local/_odd.rule.yaml", RULE),
    ]);
    let contents = tree.load();
    assert_eq!(ids(&contents), ["list", "sites.shop.a-b--", "x.y_z-1"]);
    let problem = &contents.problems[0];
    assert_eq!(
        (problem.file.as_str(), problem.field.as_str()),
        ("local/_odd.rule.yaml", "id")
    );
    assert!(
        problem.reason.contains("`_odd` cannot stand in"),
        "{}",
        problem.reason
    );
}

#[test]
fn folders_outside_the_rules_folder_are_shown_under_their_own_name() {
    let tree = Tree::with(&[("mine/sub/a.rule.yaml", RULE), ("mine/b.rule.yaml", "css: 1")]);
    let folders = Folders {
        local: tree.path("mine"),
        ..Folders::below(tree.path("elsewhere"))
    };
    let contents = load(&FileStore::new(folders));
    assert_eq!(
        contents.rules[0].origin.file.as_deref(),
        Some("mine/sub/a.rule.yaml")
    );
    assert!(
        contents
            .problems
            .iter()
            .all(|problem| problem.file == "mine/b.rule.yaml")
    );
}

#[test]
fn what_stands_in_no_packs_folder_is_reported() {
    let tree = Tree::with(&[
        ("overrides/a.rule.yaml", RULE),
        ("overrides/Not A Pack/a.rule.yaml", RULE),
        ("community/update/rules/a.rule.yaml", RULE),
        ("community/packs.lock", ""),
    ]);
    let contents = tree.load();
    assert_eq!(ids(&contents), [""; 0]);
    let files: Vec<_> = contents
        .problems
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    assert_eq!(
        files,
        [
            "community/update",
            "overrides/Not A Pack",
            "overrides/a.rule.yaml"
        ]
    );
}

#[test]
fn a_folder_that_cannot_be_listed_fails_the_load_and_names_it() {
    let tree = Tree::with(&[("local", "a file where a folder should be")]);
    let error = run(tree.store().load()).unwrap_err();
    assert_eq!(error.kind, store::ErrorKind::Unavailable);
    assert!(error.message.contains("/rules/local"), "{}", error.message);
}

#[test]
fn folders_are_followed_to_a_bounded_depth() {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    tree.put(&format!("local/{}deep.rule.yaml", "d/".repeat(32)), RULE);
    tree.put(&format!("local/{}too-deep.rule.yaml", "d/".repeat(33)), RULE);
    let contents = tree.load();
    let deep = format!("{}deep", "d.".repeat(32));
    assert_eq!(ids(&contents), [deep.as_str(), "good"]);
    let problem = &contents.problems[0];
    assert_eq!(
        (problem.file.as_str(), contents.problems.len()),
        (format!("local/{}d", "d/".repeat(32)).as_str(), 1)
    );
    assert!(
        problem.reason.contains("deeper than 32 folders"),
        "{}",
        problem.reason
    );
}

//! Which files are read, and what their place says of their rules.

use crate::tree::{RULE, Tree, ids, load, problems, run};
use rules::Layer;
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
    let tree = Tree::with(&[
        ("local/mine.rule.yaml", RULE),
        ("overrides/cookies/banner.rule.yaml", RULE),
        ("community/cookies/rules/eu/banner.rule.yml", RULE),
        (
            "community/cookies/manifest.yaml",
            "name: cookies\nversion: 1.2.3\n",
        ),
        (
            "community/signed/rules/a.rule.json",
            r#"{"type":"exact","pattern":"https://example.com/","css":"a{}"}"#,
        ),
        (
            "community/signed/.source.json",
            r#"{"version":"2.0.0","source_url":"https://example.com/s.zip","trusted":true}"#,
        ),
        ("community/singles/one.rule.yaml", RULE),
    ]);
    let contents = tree.load();
    assert_eq!(problems(&contents), []);
    let origins: Vec<_> = contents
        .rules
        .iter()
        .map(|sourced| {
            let origin = &sourced.origin;
            (
                sourced.rule.id().as_str(),
                origin.layer,
                origin.pack_version.as_deref(),
                origin.source_url.as_deref(),
                origin.trusted,
                origin.file.as_deref().unwrap(),
            )
        })
        .collect();
    let signed_url = Some("https://example.com/s.zip");
    assert_eq!(
        origins,
        [
            ("mine", Layer::Local, None, None, true, "local/mine.rule.yaml"),
            (
                "cookies:banner",
                Layer::Override,
                Some("1.2.3"),
                None,
                true,
                "overrides/cookies/banner.rule.yaml"
            ),
            (
                "cookies:eu.banner",
                Layer::Community,
                Some("1.2.3"),
                None,
                false,
                "community/cookies/rules/eu/banner.rule.yml"
            ),
            (
                "signed:a",
                Layer::Community,
                Some("2.0.0"),
                signed_url,
                true,
                "community/signed/rules/a.rule.json"
            ),
            (
                "singles:one",
                Layer::Community,
                None,
                None,
                false,
                "community/singles/one.rule.yaml"
            ),
        ]
    );
    assert_eq!(
        contents.packs.iter().collect::<Vec<_>>(),
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

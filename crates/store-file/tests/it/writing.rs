//! Where what is written goes, and what it leaves alone.

use crate::{
    edits::{id, put, put_in, remove, write},
    tree::{RULE, Tree, ids, load, problems, run},
};
use rules::{Layer, RuleId};
use std::os::unix::fs::PermissionsExt as _;
use store::{
    Edit, ErrorKind, Expected, Look, RuleStore as _,
    contract::{rule, rule_of},
};
use store_file::FileStore;

#[test]
fn a_new_rule_gets_a_file_that_is_named_after_it() {
    let tree = Tree::new();
    let store = tree.writer();
    write(
        &store,
        &[
            put(&rule("one-trust", "a{}")),
            put(&rule("cookies:banner", "a{}")),
            put_in(Layer::Override, &rule("cookies:banner", "b{}")),
            put_in(Layer::Override, &rule("cookies:1.0", "b{}")),
            Edit::Disable(id("one-trust")),
        ],
    );
    assert_eq!(
        tree.files(),
        [
            ".state.json",
            "local/cookies/banner.rule.yaml",
            "local/one-trust.rule.yaml",
            "overrides/cookies/1.0.rule.yaml",
            "overrides/cookies/banner.rule.yaml",
        ]
    );
    let first = |path: &str| tree.read(path).lines().next().unwrap().to_owned();
    assert_eq!(first("local/cookies/banner.rule.yaml"), "id: cookies:banner");
    assert_eq!(first("overrides/cookies/banner.rule.yaml"), "id: banner");
    assert_eq!(first("overrides/cookies/1.0.rule.yaml"), "id: '1.0'");
    assert_eq!(
        tree.read(".state.json"),
        "{\n  \"disabled\": [\n    \"one-trust\"\n  ],\n  \"pins\": {}\n}\n"
    );
}

#[test]
fn a_new_rule_takes_no_name_that_is_taken() {
    let other = format!("id: other\n{RULE}");
    let tree = Tree::with(&[
        ("local/a.rule.yaml", &other),
        ("local/a-2.rule.yaml", "broken: ["),
        ("local/B.rule.yaml", "# nothing but a comment\n"),
        ("local/d.rule.yaml/x.txt", ""),
    ]);
    tree.link("nowhere", "local/c.rule.yaml");
    let before = tree.read("local/a-2.rule.yaml");
    let store = tree.writer();
    write(&store, &["a", "b", "c", "d"].map(|id| put(&rule(id, "new{}"))));
    assert_eq!(tree.read("local/a.rule.yaml"), other);
    assert_eq!(tree.read("local/a-2.rule.yaml"), before);
    for path in ["a-3", "b-2", "c-2", "d-2"] {
        let text = tree.read(&format!("local/{path}.rule.yaml"));
        assert!(text.contains("new{}"), "{path}");
    }
    assert_eq!(tree.read("local/B.rule.yaml"), "# nothing but a comment\n");
}

#[test]
fn a_rule_is_changed_where_it_lives_and_keeps_the_permissions_of_its_file() {
    let tree = Tree::with(&[("local/sites/shop.rule.yml", RULE)]);
    let path = tree.path("local/sites/shop.rule.yml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let store = tree.writer();
    write(&store, &[put(&rule("sites.shop", "new{}"))]);
    assert_eq!(tree.files(), ["local/sites/shop.rule.yml"]);
    assert!(tree.read("local/sites/shop.rule.yml").contains("new{}"));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    write(&store, &[remove("sites.shop")]);
    assert_eq!(tree.files(), [""; 0]);
}

#[test]
fn a_rule_behind_a_link_is_changed_behind_it() {
    let tree = Tree::with(&[("local/..data/x.rule.yaml", RULE)]);
    tree.link("..data/x.rule.yaml", "local/x.rule.yaml");
    let store = tree.writer();
    write(&store, &[put(&rule("x", "new{}"))]);
    assert!(tree.path("local/x.rule.yaml").is_symlink());
    assert!(tree.read("local/..data/x.rule.yaml").contains("new{}"));
}

#[test]
fn nothing_is_written_behind_a_link_that_leaves_the_tree() {
    let outside = Tree::with(&[("kept", "")]);
    let tree = Tree::with(&[("local/a.rule.yaml", RULE), ("overrides/kept", "")]);
    let target = outside.path("").to_str().unwrap().to_owned();
    tree.link(&target, "local/cookies");
    tree.link(&target, "overrides/cookies");
    let store = tree.writer();
    for layer in [Layer::Local, Layer::Override] {
        let error = run(store.write(&[put_in(layer, &rule("cookies:a", "a{}"))])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unwritable);
        assert!(
            error.message.contains("leaves the rules folder"),
            "{}",
            error.message
        );
    }
    assert_eq!(outside.files(), ["kept"]);
}

#[test]
fn of_doubles_the_one_in_force_is_changed_and_all_are_removed() {
    let dated = |day: u8| format!("id: a\n{RULE}updated_at: 2026-11-{day:02}T00:00:00Z\n");
    let tree = Tree::with(&[
        ("local/old.rule.yaml", &dated(1)),
        ("local/new.rule.yaml", &dated(2)),
        // The clock of the tests says that this one is not to be believed.
        ("local/future.rule.yaml", &dated(30)),
    ]);
    let store = tree.writer();
    let text = |text: &str| rules::Value::Text(text.to_owned());
    let fields = vec![
        ("css", text("new{}")),
        ("updated_at", text("2026-11-23T00:00:00Z")),
    ];
    write(&store, &[put(&rule_of("a", fields))]);
    assert!(tree.read("local/new.rule.yaml").contains("new{}"));
    assert!(!tree.read("local/old.rule.yaml").contains("new{}"));
    assert!(!tree.read("local/future.rule.yaml").contains("new{}"));
    write(&store, &[remove("a")]);
    assert_eq!(tree.files(), [""; 0]);
}

#[test]
fn what_was_changed_by_hand_meanwhile_is_read_before_it_is_judged() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE)]);
    let store = tree.writer();
    let seen = load(&store).rules[0].rule.clone();
    let replace = |replaces| Edit::Put {
        layer: Layer::Local,
        rule: rule("a", "new{}"),
        replaces,
    };
    tree.put("local/a.rule.yaml", RULE.replace("nav", "nov"));
    let error = run(store.write(&[replace(Expected::Rule(seen))])).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed);
    let seen = load(&store).rules[0].rule.clone();
    write(&store, &[replace(Expected::Rule(seen))]);
    std::fs::remove_file(tree.path("local/a.rule.yaml")).unwrap();
    write(&store, &[replace(Expected::Nothing)]);
    tree.put("local/b.rule.yaml", RULE);
    let new = Edit::Put {
        layer: Layer::Local,
        rule: rule("b", "new{}"),
        replaces: Expected::Nothing,
    };
    assert_eq!(run(store.write(&[new])).unwrap_err().kind, ErrorKind::Changed);
    assert_eq!(tree.read("local/b.rule.yaml"), RULE);
}

#[test]
fn edits_that_change_nothing_touch_nothing() {
    let tree = Tree::new();
    let store = tree.writer();
    write(&store, &[put(&rule("a", "a{}")), Edit::Disable(id("b"))]);
    let revision = load(&store).revision;
    let stamps = || {
        let changed = |path: &str| tree.path(path).metadata().unwrap().modified().unwrap();
        ["local/a.rule.yaml", ".state.json"].map(changed)
    };
    let before = stamps();
    write(
        &store,
        &[
            put(&rule("a", "a{}")),
            Edit::Disable(id("B")),
            remove("c"),
            Edit::Unpin(id("d")),
        ],
    );
    assert_eq!((load(&store).revision, stamps()), (revision, before));
}

#[test]
fn a_difference_after_an_own_write_reads_no_other_file() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE), ("local/b.rule.yaml", RULE)]);
    let store = tree.writer();
    let before = load(&store).revision;
    tree.put("local/b.rule.yaml", "broken: [");
    write_only(&store, &[put(&rule("a", "new{}"))]);
    let changes = run(store.changes(before, Look::OwnWrites)).unwrap().unwrap();
    assert_eq!(
        changes.rules.keys().map(RuleId::as_str).collect::<Vec<_>>(),
        ["a"]
    );
    assert_eq!(changes.problems, []);
    let changes = run(store.changes(before, Look::Everywhere)).unwrap().unwrap();
    assert_eq!(changes.problems.len(), 1);
}

fn write_only(store: &FileStore, edits: &[Edit]) {
    run(store.write(edits)).unwrap();
}

#[test]
fn a_pack_that_comes_or_goes_makes_everything_be_loaded() {
    let tree = Tree::with(&[("local/a.rule.yaml", RULE)]);
    let store = tree.writer();
    let before = load(&store).revision;
    tree.put("community/p/rules/x.rule.yaml", RULE);
    assert!(run(store.changes(before, Look::Everywhere)).unwrap().is_none());
    let before = load(&store).revision;
    tree.put(
        "community/p/.source.json",
        r#"{"trusted":true,"version":"2.0.0"}"#,
    );
    assert!(run(store.changes(before, Look::Everywhere)).unwrap().is_none());
    let contents = load(&store);
    let of_pack = contents
        .rules
        .iter()
        .find(|sourced| sourced.rule.id() == &id("p:x"));
    assert_eq!(of_pack.unwrap().origin.pack_version.as_deref(), Some("2.0.0"));
    assert!(contents.packs["p"].is_trusted());
}

#[test]
fn a_file_that_breaks_keeps_its_last_valid_rules_until_a_restart() {
    let two = |second: &str| {
        let entry =
            |id: &str, more: &str| format!("- id: {id}\n  {}\n{more}", RULE.trim_end().replace('\n', "\n  "));
        entry("x", "") + &entry("y", second)
    };
    let tree = Tree::with(&[("local/a.rule.yaml", RULE), ("local/two.rule.yaml", &two(""))]);
    let store = tree.writer();
    assert_eq!(ids(&load(&store)), ["a", "x", "y"]);
    tree.put("local/a.rule.yaml", "css: [");
    tree.put("local/two.rule.yaml", two("  priorty: 1\n"));
    for _ in 0..2 {
        let contents = load(&store);
        assert_eq!(ids(&contents), ["a", "x", "y"]);
        assert_eq!(
            problems(&contents),
            problems(&tree.load()),
            "it is reported all the same"
        );
        assert_eq!(contents.problems.len(), 2);
    }
    assert_eq!(ids(&tree.load()), ["x"], "a restart knows nothing of it");
    tree.put("local/two.rule.yaml", "[]\n");
    assert_eq!(ids(&load(&store)), ["a"], "an entry that is gone is gone");
    std::fs::remove_file(tree.path("local/a.rule.yaml")).unwrap();
    assert_eq!(ids(&load(&store)), [""; 0]);
}

#[test]
fn an_entry_of_a_hand_written_file_is_changed_alone() {
    let entry = |id: &str, css: &str| {
        format!("- id: {id} # {id}\n  type: exact\n  pattern: https://example.com/\n  css: '{css}'\n")
    };
    let before = format!(
        "# mine\n{}\n# other\n{}",
        entry("x", "old{}"),
        entry("y", "kept{}")
    );
    let tree = Tree::with(&[("local/two.rule.yaml", &before)]);
    let store = tree.writer();
    write(&store, &[put(&rule("x", "new{}"))]);
    assert_eq!(tree.read("local/two.rule.yaml"), before.replace("old", "new"));
    write(&store, &[remove("x")]);
    assert!(tree.read("local/two.rule.yaml").ends_with(&entry("y", "kept{}")));
    write(&store, &[remove("y")]);
    assert_eq!(tree.files(), [""; 0]);
}

#[test]
fn an_entry_that_cannot_be_changed_alone_is_refused_with_its_place() {
    let text = "- &x {id: x, type: exact, pattern: https://example.com/, css: 'a{}'}\n- {id: y, x-of: *x, type: exact, pattern: https://example.com/, css: 'a{}'}\n";
    let broken = "id: z\ntype: [\n";
    let tree = Tree::with(&[
        ("local/two.rule.yaml", text),
        ("local/z.rule.yaml", &format!("id: z\n{RULE}")),
    ]);
    let store = tree.writer();
    assert_eq!(ids(&load(&store)), ["x", "y", "z"]);
    tree.put("local/z.rule.yaml", broken);
    for (edit, place) in [
        (put(&rule("x", "new{}")), "`local/two.rule.yaml`: line 1: "),
        (remove("y"), "`local/two.rule.yaml`: line "),
        (put(&rule("z", "new{}")), "`local/z.rule.yaml`: line "),
        (remove("z"), "`local/z.rule.yaml`: line "),
    ] {
        let error = run(store.write(&[put(&rule("new", "a{}")), edit])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unwritable);
        assert!(error.message.starts_with(place), "{}", error.message);
    }
    assert_eq!(
        (tree.read("local/two.rule.yaml").as_str(), tree.files().len()),
        (text, 2)
    );
    assert_eq!(ids(&load(&store)), ["x", "y", "z"]);
}

/// Found by a reader: a replacing import into one large file held all other writes up for hours.
#[test]
fn all_entries_of_a_large_file_are_changed_in_one_write() {
    let count = 2_000;
    let entry = |n: usize, css: &str| {
        format!("# of {n}\n- {{id: r{n}, type: exact, pattern: 'https://example.com/', css: {css}}} # end\n")
    };
    let text = |css: &str| (0..count).map(|n| entry(n, css)).collect::<String>();
    let tree = Tree::with(&[("local/many.rule.yaml", &text("a"))]);
    let store = tree.writer();
    let ids: Vec<String> = (0..count).map(|n| format!("r{n}")).collect();
    let puts: Vec<Edit> = ids.iter().map(|id| put(&rule(id, "b"))).collect();
    write(&store, &puts);
    assert_eq!(tree.read("local/many.rule.yaml"), text("b"));
    let removes: Vec<Edit> = ids[1..].iter().map(|id| remove(id)).collect();
    write(&store, &removes);
    let comments = (1..count).map(|n| format!("# of {n}\n")).collect::<String>();
    assert_eq!(tree.read("local/many.rule.yaml"), entry(0, "b") + &comments);
    // One after the other as well: the last entry goes with its file, and the rule comes again in one of its own.
    write(
        &store,
        &[remove("r0"), put(&rule("r0", "c")), put(&rule("r0", "d"))],
    );
    assert_eq!(tree.files(), ["local/r0.rule.yaml"]);
}

#[test]
fn a_file_where_a_folder_must_be_made_is_named() {
    let tree = Tree::with(&[("local/shop", "no folder")]);
    tree.link("nowhere", "overrides/shop");
    let store = tree.writer();
    for (layer, path) in [(Layer::Local, "local/shop"), (Layer::Override, "overrides/shop")] {
        let error = run(store.write(&[put_in(layer, &rule("shop:a", "a{}"))])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unwritable);
        assert_eq!(
            error.message,
            format!("`{path}/a.rule.yaml` cannot be written: `{path}` is no folder")
        );
    }
}

//! What cannot be saved or restored is named.

use crate::fixtures::{HEAD, archive, bytes, folder, read, take, tree};
use std::{fs, path::Path};

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own file needs no atomic writer"
)]
fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const RULE: &str = "type: exact\npattern: https://example.com/\ncss: a{}\n";

fn said(saved: &backup::Saved) -> Vec<(&str, &str, bool)> {
    let left_out = saved.left_out.iter();
    left_out
        .map(|out| (&*out.what, &*out.reason, out.was_in_force))
        .collect()
}

#[test]
fn a_tree_says_what_of_it_cannot_be_saved() {
    let folder = folder();
    let with_id = |time: &str| format!("id: twice\nupdated_at: {time}\n{RULE}");
    put(folder.path(), "local/good.rule.yaml", RULE);
    put(
        folder.path(),
        "local/old.rule.yaml",
        &with_id("2026-01-01T00:00:00Z"),
    );
    put(
        folder.path(),
        "local/new.rule.yaml",
        &with_id("2026-02-01T00:00:00Z"),
    );
    put(folder.path(), "local/bad.rule.yaml", "id: bad\ntype: exact\n");
    put(folder.path(), "community/nameless/rules/a.rule.yaml", RULE);
    put(folder.path(), "community/singles/a.rule.yaml", RULE);
    let saved = take(&tree(folder.path()));
    let ids: Vec<_> = saved
        .contents
        .rules
        .iter()
        .map(|sourced| sourced.rule.id().as_str())
        .collect();
    assert_eq!(ids, ["good", "twice"]);
    let twice = &saved.contents.rules[1].origin.file;
    assert_eq!(twice.as_deref(), Some("local/new.rule.yaml"));
    let missing = "pattern is missing";
    assert!(said(&saved).contains(&("the rule `bad` in `local/bad.rule.yaml:1`", missing, false)));
    for expected in [
        (
            "the rule `twice` in `local/old.rule.yaml`",
            "another rule with this id counts",
            false,
        ),
        ("the pack `nameless`", "its manifest cannot be read", true),
        (
            "the single community rules",
            "nobody has recorded where they come from",
            true,
        ),
    ] {
        assert!(said(&saved).contains(&expected), "{:?}", said(&saved));
    }
    // What was left out once is not in the archive, and so is not named again.
    let again = read(&bytes(&saved)).unwrap();
    assert_eq!((again.contents.rules.len(), said(&again)), (2, vec![]));
}

/// A version that came later may find a rule invalid that an earlier one has saved.
#[test]
fn a_rule_that_is_no_longer_valid_is_named() {
    let bad = r#"{"rule":{"layer":"override","text":"id: cookies:a\ntype: regex\npattern: (\ncss: a{}\n"}}"#;
    let saved = read(&archive(&[HEAD, bad, r#"{"disabled":"import"}"#])).unwrap();
    let [(rule, reason, true), (disabled, _, true)] = said(&saved)[..] else {
        panic!("{:?}", saved.left_out);
    };
    assert_eq!(rule, "the rule `cookies:a` of the source override");
    assert!(reason.starts_with("pattern "), "{reason}");
    assert_eq!(disabled, "that `import` is disabled");
    assert_eq!(saved.contents.rules.len(), 0);
}

#[test]
fn a_rule_of_a_pack_that_is_no_longer_valid_is_named_with_its_file() {
    let pack = r#"{"pack":{"name":"cookies","rules":1}}"#;
    let manifest = r#"{"file":{"pack":"cookies","path":"manifest.yaml","text":"name: cookies\nversion: 1.0.0\ndescription: d\nauthor: a\n"}}"#;
    let file =
        r#"{"file":{"pack":"cookies","path":"rules/a.rule.yaml","text":"id: a\ntype: exact\ncss: a{}\n"}}"#;
    // As it was when it was saved, it is no loss.
    let without = r#"{"pack":{"name":"cookies","rules":0}}"#;
    let saved = read(&archive(&[HEAD, without, manifest, file])).unwrap();
    assert_eq!((said(&saved), saved.files["cookies"].len()), (vec![], 2));
    let saved = read(&archive(&[HEAD, pack, manifest, file])).unwrap();
    let [(rule, reason, true)] = said(&saved)[..] else {
        panic!("{:?}", saved.left_out);
    };
    assert_eq!(
        (rule, reason),
        (
            "the rule `cookies:a` in `community/cookies/rules/a.rule.yaml`",
            "pattern is missing"
        )
    );
    assert_eq!(saved.contents.packs.len(), 1);
}

//! What an index offers, what it is refused for, and what comes back from a print.

use super::*;
use crate::{archive, content, digest::sha256};
use rules::PackFile;

const INDEX: &str = r#"{
  "version": 1, "updated_at": "2026-01-31T00:00:00Z", "categories": ["print", {"name": "banners"}], "later": true,
  "packs": [
    {"name": "b", "version": "2.0.0", "description": "d", "author": "e", "rule_count": 3, "sha256": "HASH",
     "versions": [
       {"version": "3.0.0-rc.1", "sha256": "HASH", "size": 7},
       {"version": "2.0.0", "sha256": "HASH", "size": 7, "requires": ">=9"},
       {"version": "1.10.0", "size": 7}, {"version": "1.9.0"}
     ]},
    {"name": "a", "version": "1.0.0"}
  ]
}"#;

fn index(text: &str) -> Index {
    Index::parse(text.replace("HASH", &"ab".repeat(32)).as_bytes()).unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[test]
fn the_newest_that_is_no_pre_release_is_chosen() {
    let index = index(INDEX);
    assert_eq!((index.version.as_str(), index.categories.len()), ("1", 2));
    let pack = index.find("b").unwrap();
    let versions: Vec<_> = pack
        .releases
        .iter()
        .map(|release| release.version.to_string())
        .collect();
    assert_eq!(versions, ["3.0.0-rc.1", "2.0.0", "1.10.0", "1.9.0"]);
    assert_eq!(pack.newest().unwrap().version, version("2.0.0"));
    assert_eq!(
        pack.newest_for(&version("1.0.0")).unwrap().version,
        version("1.10.0")
    );
    assert_eq!(pack.release(&version("3.0.0-rc.1")).unwrap().size, Some(7));
    assert_eq!(pack.release(&version("3.0.0")), None);
    assert_eq!(index.find("a").unwrap().newest().unwrap().sha256, None);
    assert_eq!(index.find("c"), None);
}

#[test]
fn entries_that_cannot_be_used_hide_no_others() {
    let text = INDEX.replace(
        r#"{"name": "a", "version": "1.0.0"}"#,
        r#"{"name": "a", "version": "1.0.0"}, {"name": "a", "version": "2.0.0"}, {"name": "../x", "version": "1.0.0"},
           {"name": "c", "version": "1"}, {"name": "d", "version": "1.0.0", "sha256": "12"}, 7,
           {"name": "e", "version": "1.0.0", "sha256": "HASH", "versions": [{"version": "1.0.0", "sha256": "OTHER"}]}"#,
    );
    let index = index(&text.replace("OTHER", &"cd".repeat(32)));
    let names: Vec<_> = index.packs.iter().map(|pack| pack.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(index.problems.len(), 6, "{:?}", index.problems);
}

#[test]
fn what_is_no_index_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"updated_at": "yesterday"}"#,
        r#"{"updated_at": "2026-01-31T00:00:00Z", "packs": {}}"#,
    ] {
        assert!(
            matches!(Index::parse(text.as_bytes()), Err(Error::Malformed(_))),
            "{text}"
        );
    }
    assert!(matches!(SinglesIndex::parse(b"{}"), Err(Error::Malformed(_))));
    let deep = format!(
        r#"{{"updated_at": "2026-01-31T00:00:00Z", "x": {}"#,
        "[".repeat(100_000)
    );
    assert!(Index::parse(deep.as_bytes()).is_err());
}

fn singles(count: u64, entries: &[&str]) -> SinglesIndex {
    let rules = entries.join(",");
    let text = format!(
        r#"{{"version": "1", "updated_at": "2026-01-31T00:00:00Z", "count": {count}, "rules": [{rules}]}}"#
    );
    SinglesIndex::parse(text.as_bytes()).unwrap()
}

fn here(files: &[&str]) -> BTreeSet<String> {
    files.iter().map(|file| (*file).to_owned()).collect()
}

#[test]
fn singles_are_not_followed_where_they_are_cut_off_or_shrink() {
    let index = singles(
        2,
        &[
            r#"{"id": "a", "file": "a"}"#,
            r#"{"id": "b", "file": "x/b.rule.yaml"}"#,
        ],
    );
    assert_eq!(index.rules[1].file, "x/b");
    assert_eq!(index.check(&here(&[]), false), Ok(()));
    assert_eq!(index.check(&here(&["a", "c"]), false), Ok(()), "half may go");
    let shrinks = Err(Error::Shrinks {
        removed: 2,
        installed: 3,
    });
    assert_eq!(index.check(&here(&["a", "c", "d"]), false), shrinks);
    assert_eq!(index.check(&here(&["a", "c", "d"]), true), Ok(()));
    let cut = singles(3, &[r#"{"id": "a", "file": "a"}"#]);
    assert_eq!(
        cut.check(&here(&[]), false),
        Err(Error::Count { count: 3, entries: 1 })
    );
    assert_eq!(cut.check(&here(&[]), true), Ok(()));
}

#[test]
fn singles_with_bad_entries_are_read_without_them() {
    let bad = [
        r#"{"id": "a", "file": "a"}"#,
        r#"{"id": "A", "file": "b"}"#,
        r#"{"id": "c", "file": "A"}"#,
        r#"{"id": "d", "file": "../d"}"#,
        r#"{"id": "e/f", "file": "e"}"#,
        r#"{"id": "g", "file": "g", "hash": "no"}"#,
        r#"{"id": "h", "file": "x/.h"}"#,
        r#"{"id": "i", "file": ""}"#,
    ];
    let index = singles(8, &bad);
    assert_eq!(
        (index.rules.len(), index.entries, index.problems.len()),
        (1, 8, 7),
        "{:?}",
        index.problems
    );
    assert_eq!(index.check(&here(&[]), false), Ok(()));
}

#[test]
fn a_single_that_no_store_has_a_place_for_hides_no_others() {
    let deep = |parts: usize| format!("{}x", "a/".repeat(parts - 1));
    let entries = [
        deep(30),
        deep(31),
        "in.rule.yaml/x".to_owned(),
        "in.RULE.json/in.rule.yml/x".to_owned(),
        "in.rule.yaml.d/x".to_owned(),
    ];
    let entries = entries.iter().enumerate();
    let entries: Vec<_> = entries
        .map(|(n, file)| format!(r#"{{"id": "r{n}", "file": "{file}"}}"#))
        .collect();
    let entries: Vec<_> = entries.iter().map(String::as_str).collect();
    let index = singles(5, &entries);
    let files: Vec<_> = index.rules.iter().map(|rule| rule.file.as_str()).collect();
    assert_eq!(files, [deep(30).as_str(), "in.rule.yaml.d/x"]);
    assert_eq!(index.problems.len(), 3);
    let rule = b"{type: exact, pattern: 'https://a.example/', css: a}";
    for path in [deep(31), "in.rule.yaml/x".to_owned()] {
        let file = PackFile {
            path: format!("{path}.rule.yaml"),
            bytes: rule.to_vec(),
        };
        assert!(SinglesIndex::build(&[file], index.updated_at).is_err(), "{path}");
    }
}

#[test]
fn a_single_under_another_hash_is_not_used() {
    let hash = sha256(b"rule");
    let entry = format!(r#"{{"id": "a", "file": "a", "hash": "{}"}}"#, hash.to_uppercase());
    let index = singles(2, &[&entry, r#"{"id": "b", "file": "b"}"#]);
    assert!(index.rules[0].accepts(b"rule", true));
    assert!(!index.rules[0].accepts(b"swapped", false));
    assert!(index.rules[1].accepts(b"anything", false));
    assert!(
        !index.rules[1].accepts(b"anything", true),
        "with keys a hash is required"
    );
    assert!(!index.has_all_hashes());
}

#[test]
fn an_older_index_is_not_accepted() {
    let at = Timestamp::from_millis;
    assert_eq!(check_age(at(1), None), Ok(()));
    assert_eq!(check_age(at(1), Some(at(1))), Ok(()));
    assert_eq!(
        check_age(at(1), Some(at(2))),
        Err(Error::Older {
            offered: at(1),
            known: at(2)
        })
    );
}

fn archive_of(version: &str) -> (content::Content, u64) {
    let manifest = format!("name: p\nversion: {version}\ndescription: d {version}\nauthor: a\n");
    let rule = "id: r\ntype: exact\npattern: https://example.com/\ncss: 'a{}'\n";
    let file = |path: &str, text: &str| PackFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let bytes = archive::build(&[file("manifest.yaml", &manifest), file("rules/r.rule.yaml", rule)]).unwrap();
    (
        content::of_archive(&bytes, &Version::new(1, 0, 0)).unwrap(),
        bytes.len() as u64,
    )
}

#[test]
fn a_built_index_lists_the_archives_and_is_read_back() {
    let archives = ["1.0.0", "2.0.0-rc.1", "1.2.0"].map(archive_of);
    let build = |order: [usize; 3]| {
        let archives = order.map(|n| (&archives[n].0, archives[n].1));
        Index::build(archives, vec!["print".to_owned()], Timestamp::from_millis(0))
    };
    let index = build([0, 1, 2]);
    assert_eq!(index.to_json(), build([2, 1, 0]).to_json());
    assert_eq!(Index::parse(index.to_json().as_bytes()), Ok(index.clone()));
    let pack = index.find("p").unwrap();
    assert_eq!(
        (pack.description.as_str(), pack.rule_count, pack.releases.len()),
        ("d 1.2.0", 1, 3)
    );
    assert_eq!(
        pack.newest().unwrap().sha256.as_ref(),
        Some(&archives[2].0.sha256)
    );
}

#[test]
fn a_built_index_of_singles_is_read_back_and_bad_files_are_named() {
    let rule = |css: &str| format!("type: exact\npattern: https://example.com/\ncss: '{css}'\ntags: [t]\n");
    let file = |path: &str, text: String| PackFile {
        path: path.to_owned(),
        bytes: text.into_bytes(),
    };
    let files = [
        file("b.rule.yaml", rule("b{}")),
        file("x/a.rule.yaml", rule("a{}")),
    ];
    let index = SinglesIndex::build(&files, Timestamp::from_millis(0)).unwrap();
    assert_eq!(SinglesIndex::parse(index.to_json().as_bytes()), Ok(index.clone()));
    assert_eq!(index.rules[1].id, "x.a");
    assert!(index.rules[1].accepts(&files[1].bytes, true));
    let bad = [
        file("a.rule.yaml", "type: exact\n".to_owned()),
        file("b.txt", String::new()),
        file("c.rule.yaml", "[]".to_owned()),
        file("d.rule.yaml", format!("id: e\n{}", rule("d{}"))),
        file("e.rule.yaml", rule("e{}")),
    ];
    let problems = SinglesIndex::build(&bad, Timestamp::from_millis(0)).unwrap_err();
    let mut files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
    files.dedup();
    assert_eq!(files, ["a.rule.yaml", "b.txt", "c.rule.yaml", "e.rule.yaml"]);
}

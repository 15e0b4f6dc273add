//! What an id may be, and that case makes no difference.

use crate::RuleId;
use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher as _, RandomState},
};

#[test]
fn ids_have_1_to_128_of_the_allowed_characters() {
    for id in [
        "a",
        "0",
        "one-trust",
        "A.b_C-9",
        &"x".repeat(128),
        "cookies:onetrust",
        "singles:a",
        "0-a:b",
    ] {
        assert!(RuleId::parse(id).is_ok(), "{id}");
    }
    for id in [
        "",
        ".a",
        "-a",
        "_a",
        "a b",
        "a/b",
        "ä",
        "a:b:c",
        ":a",
        "a:",
        &"x".repeat(129),
        "../a",
    ] {
        assert!(RuleId::parse(id).is_err(), "{id}");
    }
}

#[test]
fn reserved_ids_are_refused_in_any_case() {
    for id in ["import", "export", "check", "Import", "CHECK", "pack:check"] {
        assert_eq!(
            RuleId::parse(id).unwrap_err(),
            format!("`{}` is reserved", id.trim_start_matches("pack:"))
        );
    }
}

#[test]
fn the_pack_part_is_a_packs_name() {
    for pack in [
        "Cookies",
        "a_b",
        "a.b",
        "local",
        "available",
        "updates",
        "install",
        "update",
        "sync",
        &"p".repeat(65),
    ] {
        assert!(RuleId::in_pack(pack, "rule").is_err(), "{pack}");
        assert!(RuleId::parse(&format!("{pack}:rule")).is_err(), "{pack}");
    }
    let id = RuleId::in_pack("cookies", "OneTrust").unwrap();
    assert_eq!((id.as_str(), id.pack()), ("cookies:OneTrust", Some("cookies")));
    assert!(RuleId::in_pack("cookies", "a:b").is_err());
}

#[test]
fn ids_that_differ_only_in_ascii_case_are_the_same() {
    let (upper, lower) = (
        RuleId::parse("OneTrust").unwrap(),
        RuleId::parse("onetrust").unwrap(),
    );
    let hasher = RandomState::new();
    assert_eq!(upper, lower);
    assert!(upper.cmp(&lower).is_eq());
    assert_eq!(hasher.hash_one(&upper), hasher.hash_one(&lower));
    assert_eq!(HashSet::from([upper.clone(), lower.clone()]).len(), 1);
    assert_eq!(BTreeSet::from([upper.clone(), lower]).len(), 1);
    assert_eq!(upper.as_str(), "OneTrust", "the text keeps its case");
}

#[test]
fn ids_sort_by_their_folded_bytes() {
    let mut ids =
        ["b", "A", "a-1", "B:x", "a.1", "Z"].map(|id| RuleId::parse(&id.replace('B', "b")).unwrap());
    ids.sort();
    assert_eq!(
        ids.map(|id| id.as_str().to_owned()),
        ["A", "a-1", "a.1", "b", "b:x", "Z"]
    );
}

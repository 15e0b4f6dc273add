//! What runs the program sets only what it takes: the manifests, the compose files, the image.

use super::{Config, Fallback, ROWS, environment};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// What a pod needs that is no default.
const CONTAINER: [(&str, &str); 5] = [
    ("DATA_DIR", "/data"),
    ("HOST", "0.0.0.0"),
    ("RESOLVE_MODE", "all"),
    ("RULES_DIR", "/rules"),
    ("SHUTDOWN_DRAIN", "5s"),
];
/// What the Secrets hold, in the form that they are documented in.
const SECRETS: [(&str, &str); 2] = [
    (
        "AUTH_TOKENS",
        "ann:editor:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        "DATABASE_URL",
        "postgresql://rules:PASSWORD@db.internal/rules?sslmode=verify-full",
    ),
];

fn read(path: &str) -> String {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    fs::read_to_string(root.join(path)).unwrap()
}

/// The settings of a file, each in a line of its own with this between name and value.
fn settings(path: &str, between: &str) -> BTreeMap<String, String> {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let text = read(path);
    let pairs = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("- ");
        line.split_once(between).filter(|(name, _)| is_name(name))
    });
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

fn base() -> BTreeMap<String, String> {
    settings("deploy/base/configmap.yaml", "=")
}

fn check(what: &str, settings: &BTreeMap<String, String>) {
    let pairs: Vec<_> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for (name, _) in &pairs {
        assert!(
            ROWS.iter().any(|row| row.name == *name),
            "{what}: no setting {name}"
        );
    }
    if let Err(invalid) = Config::from_sources(&environment(&pairs)) {
        panic!("{what}: {invalid}");
    }
}

#[test]
fn the_base_has_every_setting_that_is_no_secret() {
    let mut expected = BTreeMap::new();
    for row in ROWS.iter().filter(|row| !row.is_secret()) {
        let default = match row.default {
            Fallback::Is(text) => text,
            Fallback::Follows(_) => "",
        };
        let other = CONTAINER.iter().find(|(name, _)| *name == row.name);
        let value = other.map_or(default, |(_, value)| value);
        expected.insert(row.name.to_owned(), value.to_owned());
    }
    assert_eq!(base(), expected);
    check("base", &expected);
}

#[test]
fn the_overlays_and_components_change_it_to_what_is_allowed() {
    for path in [
        "overlays/single",
        "overlays/staging",
        "overlays/production",
        "components/community",
    ] {
        let changed = settings(&format!("deploy/{path}/kustomization.yaml"), "=");
        assert!(!changed.is_empty(), "{path} changes nothing");
        let mut all = base();
        all.extend(changed);
        all.extend(SECRETS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        check(path, &all);
    }
}

#[test]
fn the_compose_files_and_the_image_set_what_is_allowed() {
    for path in ["deploy/docker-compose.yml", "deploy/docker-compose.override.yml"] {
        let mut set = settings(path, ":");
        // Those of the build and of the database, and what the user's environment fills in.
        set.retain(|name, value| ROWS.iter().any(|row| row.name == name) && !value.contains("${"));
        assert!(set.contains_key("ENVIRONMENT"), "{path}: {set:?}");
        check(path, &set);
    }
    let dockerfile = read("Dockerfile");
    let set = dockerfile.lines().find_map(|line| line.strip_prefix("ENV HOST="));
    let words = format!("HOST={}", set.unwrap());
    let pairs = words.split(' ').map(|pair| pair.split_once('=').unwrap());
    let set: BTreeMap<_, _> = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    check("Dockerfile", &set);
    let base = base();
    for (name, value) in &set {
        assert_eq!(
            base.get(name),
            Some(value),
            "the image and the base differ in {name}"
        );
    }
}

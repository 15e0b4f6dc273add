//! Rules to write.

use crate::{Edit, Expected, NewPack, Single, SinglesChange};
use rules::{
    IdSpace, InstalledPack, Layer, Manifest, PackFile, PackSource, Rule, RuleId, SINGLES, Timestamp, Value,
    check,
};
use std::sync::Arc;

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A small rule with that id and that CSS.
pub fn rule(id: &str, css: &str) -> Arc<Rule> {
    rule_of(id, vec![("css", text(css))])
}

/// A rule with that id and these fields; the pattern is one that matches `https://example.com/`, unless given.
///
/// # Panics
///
/// When it is not valid.
pub fn rule_of(id: &str, fields: Vec<(&str, Value)>) -> Arc<Rule> {
    let mut all = vec![
        ("id", text(id)),
        ("type", text("exact")),
        ("pattern", text("https://example.com/")),
    ];
    all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
    all.extend(fields);
    let named = all.into_iter().map(|(name, value)| (name.to_owned(), value));
    match check(&Value::Map(named.collect()), &IdSpace::Local, None) {
        Ok(checked) => Arc::new(checked.rule),
        Err(violations) => panic!("`{id}` is no rule: {violations:?}"),
    }
}

/// Few enough that histories meet the same id again and again.
pub(super) const IDS: &[&str] = &[
    "a",
    "A",
    "b",
    "shop.page",
    "cookies:a",
    "cookies:A",
    "cookies:b",
    "other:a",
];

/// One of the ids that random histories are about.
pub fn any_id(dice: u64) -> RuleId {
    id(IDS[usize::try_from(dice % IDS.len() as u64).expect("there are few ids")])
}

pub(super) fn id(text: &str) -> RuleId {
    RuleId::parse(text).expect("the suite names valid ids")
}

pub(super) fn put(rule: &Arc<Rule>) -> Edit {
    put_if(Layer::Local, rule, Expected::Anything)
}

pub(super) fn put_if(layer: Layer, rule: &Arc<Rule>, replaces: Expected) -> Edit {
    let rule = Arc::clone(rule);
    Edit::Put {
        layer,
        rule,
        replaces,
    }
}

pub(super) fn remove(text: &str) -> Edit {
    remove_if(Layer::Local, text, Expected::Anything)
}

pub(super) fn remove_if(layer: Layer, text: &str, replaces: Expected) -> Edit {
    let id = id(text);
    Edit::Remove { layer, id, replaces }
}

pub(super) fn expect_if(layer: Layer, text: &str, seen: Expected) -> Edit {
    let id = id(text);
    Edit::Expect { layer, id, seen }
}

/// A pack whose rules, by their ids in the pack, have that CSS.
///
/// # Panics
///
/// When the version or a rule is not valid.
pub fn pack(name: &str, version: &str, rules: &[(&str, &str)]) -> Arc<NewPack> {
    let version = version.parse().expect("the suite names valid versions");
    let manifest = Manifest {
        name: name.into(),
        version,
        description: "for a test".to_owned(),
        author: "Ann".to_owned(),
        license: None,
        homepage: None,
        tags: Vec::new(),
        dependencies: Vec::new(),
        requires: None,
    };
    let said = format!(
        "name: {name}\nversion: \"{}\"\ndescription: for a test\nauthor: Ann\n",
        manifest.version
    );
    let file = |(id, css): &(&str, &str)| single_file(&format!("rules/{id}.rule.json"), id, css);
    let manifest_file = PackFile {
        path: "manifest.yaml".to_owned(),
        bytes: said.into_bytes(),
    };
    Arc::new(NewPack {
        pack: InstalledPack {
            source: Some(source(&manifest.version.to_string(), true)),
            manifest: Some(manifest),
        },
        files: std::iter::once(manifest_file)
            .chain(rules.iter().map(file))
            .collect(),
        rules: rules.iter().map(|(id, css)| pack_rule(name, id, css)).collect(),
    })
}

pub(super) fn install(pack: &Arc<NewPack>) -> Edit {
    Edit::Install(Arc::clone(pack))
}

/// A change of the singles: a file for each rule that comes, and the names of those that go.
pub fn singles(version: &str, put: &[(&str, &str)], remove: &[&str]) -> Edit {
    let path = |name: &str| format!("{name}.rule.json");
    let single = |(id, css): &(&str, &str)| Single {
        file: single_file(&path(id), id, css),
        rules: vec![pack_rule(SINGLES, id, css)],
    };
    Edit::Singles(Arc::new(SinglesChange {
        source: source(version, false),
        put: put.iter().map(single).collect(),
        remove: remove.iter().map(|name| path(name)).collect(),
    }))
}

fn source(version: &str, trusted: bool) -> PackSource {
    PackSource {
        url: Some(format!("https://packs.example/{version}.zip")),
        version: version.parse().expect("the suite names valid versions"),
        sha256: "0123456789abcdef".repeat(4),
        key: None,
        trusted,
        installed_at: Timestamp::from_millis(1_764_000_000_000),
    }
}

fn fields(id: &str, css: &str) -> [(&'static str, String); 4] {
    [
        ("id", id.to_owned()),
        ("type", "exact".to_owned()),
        ("pattern", "https://example.com/".to_owned()),
        ("css", css.to_owned()),
    ]
}

/// The rule of a pack.
fn pack_rule(pack: &str, id: &str, css: &str) -> Arc<Rule> {
    let named = fields(id, css).map(|(name, value)| (name.to_owned(), Value::Text(value)));
    let space = IdSpace::Pack(pack.to_owned());
    match check(&Value::Map(named.into_iter().collect()), &space, None) {
        Ok(checked) => Arc::new(checked.rule),
        Err(violations) => panic!("`{id}` is no rule: {violations:?}"),
    }
}

/// A file that holds the same rule.
fn single_file(path: &str, id: &str, css: &str) -> PackFile {
    // Debug output of printable ASCII is JSON.
    let members = fields(id, css).map(|(name, value)| format!("{name:?}: {value:?}"));
    PackFile {
        path: path.to_owned(),
        bytes: format!("{{{}}}", members.join(", ")).into_bytes(),
    }
}

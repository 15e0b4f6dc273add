//! What the seed chooses: who asks for what, what others change, and what becomes of a call.

use super::{
    ops::Intent,
    world::{Kind, Verdict},
};
use crate::{
    fixtures::{START, contents, rule},
    writing::{of_pack, rule_of_pack},
};
use catalog::Snapshot;
use fastrand::Rng;
use rules::{InstalledPack, Layer, Rule, RuleId, Sourced, Timestamp, Value};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    Contents, Edit, ErrorKind, Expected, NewPack, Problem, Revision,
    contract::{pack, singles},
};

const IDS: [&str; 6] = ["a", "b", "c", "d", "shop:x", "shop:y"];
const PATTERNS: [&str; 4] = [
    "*",
    "https://shop.example/*",
    "*.example/1",
    "https://a.example/*",
];
pub(super) const PAGES: [&str; 3] = [
    "https://a.example/1",
    "https://shop.example/1",
    "https://b.example/",
];

/// One of these.
pub(super) fn one<T: Copy>(random: &mut Rng, of: &[T]) -> T {
    of[random.usize(..of.len())]
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// An id, now and then in another case.
fn id(random: &mut Rng) -> RuleId {
    let id = one(random, &IDS);
    let is_loud = random.u8(..8) == 0;
    let name = |id: &str| id.replace(['a', 'x'], if id.starts_with('a') { "A" } else { "X" });
    RuleId::parse(&if is_loud { name(id) } else { id.to_owned() }).unwrap()
}

/// A time not far from the beginning.
fn time(random: &mut Rng) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + random.i64(-5..40) * 1000)
}

fn css(random: &mut Rng) -> String {
    format!(".c{}{{}}", random.u16(..1000))
}

/// A field and its new value.
fn change(random: &mut Rng) -> (String, Value) {
    let (name, value) = match random.u8(..6) {
        0 | 1 => ("css", text(css(random))),
        2 => ("pattern", text(one(random, &PATTERNS))),
        3 => ("author", text(format!("Ann {}", random.u8(..9)))),
        4 => ("expires_at", text(time(random).to_string())),
        _ => (one(random, &["author", "description", "expires_at"]), Value::Null),
    };
    (name.to_owned(), value)
}

/// A rule as somebody would write it into a file.
fn stored(random: &mut Rng, id: &str, by: Option<usize>) -> Sourced {
    let (css, time) = (css(random), time(random).to_string());
    let by = by.map_or("a person".to_owned(), |n| format!("op{n}"));
    let more = [("updated_at", time.as_str()), ("modified_by", by.as_str())];
    let mut stored = rule(id, one(random, &PATTERNS), &css, &more);
    stored.line = None;
    stored
}

/// What somebody wants of a replica that shows this.
pub(super) fn intent(random: &mut Rng, n: usize, shown: Option<&Snapshot>) -> Intent {
    let id = id(random);
    match random.u8(..20) {
        0..4 => {
            let draft = [
                ("css", text(css(random))),
                ("id", text(id.as_str())),
                ("pattern", text(one(random, &PATTERNS))),
                ("type", text("wildcard")),
            ];
            Intent::Create(id, draft.map(|(name, value)| (name.to_owned(), value)).into())
        }
        4..10 => Intent::Update(id, change(random)),
        10 | 11 => Intent::Delete(id),
        12 => Intent::Disable(id),
        13 => Intent::Enable(id),
        14 => Intent::Pin(id, layer(random)),
        15 => Intent::Unpin(id),
        16 | 17 => Intent::Write(edits(random, n, shown)),
        _ => Intent::Refresh,
    }
}

fn layer(random: &mut Rng) -> Layer {
    one(random, &[Layer::Local, Layer::Override, Layer::Community])
}

/// Several edits; the first one tells who makes them.
fn edits(random: &mut Rng, n: usize, shown: Option<&Snapshot>) -> Vec<Edit> {
    let name = one(random, &IDS);
    let seen = shown.and_then(|snapshot| seen_in(snapshot, name, Layer::Local));
    let replaces = match (seen, random.u8(..3)) {
        (_, 0) => Expected::Anything,
        (Some(seen), _) => Expected::Rule(seen),
        (None, _) => Expected::Nothing,
    };
    let mut edits = vec![Edit::Put {
        layer: Layer::Local,
        rule: stored(random, name, Some(n)).rule,
        replaces,
    }];
    for _ in 0..random.u8(..4) {
        let id = id(random);
        edits.push(match random.u8(..8) {
            5..8 => change_of_packs(random),
            0 => Edit::Disable(id),
            1 => Edit::Enable(id),
            2 => Edit::Pin(id, layer(random)),
            3 => Edit::Unpin(id),
            _ => Edit::Remove {
                layer: Layer::Local,
                id,
                replaces: Expected::Anything,
            },
        });
    }
    edits
}

/// A pack comes in some version or goes, or single rules do; its rules come and go with the version.
fn change_of_packs(random: &mut Rng) -> Edit {
    let version = format!("1.{}.0", random.u8(..4));
    let css = css(random);
    let mut some = |names: [&'static str; 2]| -> Vec<_> {
        let chosen = names.into_iter().filter(|_| random.bool());
        chosen.map(|name| (name, &*css)).collect()
    };
    let (come, go) = (some(["x", "y"]), some(["x", "y"]));
    match random.u8(..4) {
        0 => Edit::Uninstall("shop".to_owned()),
        1 => {
            let remove: Vec<_> = go.into_iter().map(|(name, _)| name).collect();
            singles(&version, &come, &remove)
        }
        _ => {
            let rules = come.iter().map(|(name, css)| rule_of_pack("shop", name, css));
            Edit::Install(Arc::new(NewPack {
                rules: rules.collect(),
                ..NewPack::clone(&pack("shop", &version, &come))
            }))
        }
    }
}

fn seen_in(snapshot: &Snapshot, id: &str, layer: Layer) -> Option<Arc<Rule>> {
    let mut entries = snapshot.set().all_of(id).iter();
    let entry = entries.find(|entry| entry.sourced.origin.layer == layer)?;
    Some(Arc::clone(&entry.sourced.rule))
}

/// The rule in force that somebody saw, for a condition.
pub(super) fn condition(
    random: &mut Rng,
    intent: &Intent,
    shown: &[Option<Arc<Snapshot>>],
) -> Option<Arc<Rule>> {
    let (Intent::Update(id, _)
    | Intent::Delete(id)
    | Intent::Disable(id)
    | Intent::Enable(id)
    | Intent::Pin(id, _)
    | Intent::Unpin(id)) = intent
    else {
        return None;
    };
    // Somebody may have seen it on another replica.
    let place = random.usize(..shown.len() * 2);
    let entry = shown.get(place)?.as_ref()?.set().find(id.as_str())?;
    Some(Arc::clone(&entry.sourced.rule))
}

/// A pack, installed by hand.
fn shop() -> BTreeMap<String, InstalledPack> {
    [("shop".to_owned(), InstalledPack::default())].into()
}

/// The beginning.
pub(super) fn first(random: &mut Rng) -> Contents {
    Contents {
        packs: shop(),
        ..contents(
            1,
            vec![
                stored(random, "a", None),
                of_pack("x", "x{}"),
                of_pack("y", "y{}"),
            ],
        )
    }
}

/// What somebody makes of what is stored with another program.
pub(super) fn meddle(random: &mut Rng, mut contents: Contents) -> Contents {
    contents.revision = Revision(contents.revision.0 + random.u64(1..4));
    match random.u8(..8) {
        0 | 1 => {
            let name = one(random, &IDS[..4]);
            contents
                .rules
                .retain(|sourced| !sourced.rule.id().as_str().eq_ignore_ascii_case(name));
            contents.rules.push(stored(random, name, None));
        }
        2 if !contents.rules.is_empty() => {
            contents.rules.swap_remove(random.usize(..contents.rules.len()));
        }
        3 => {
            let name = one(random, &["x", "y"]);
            let is_it = |sourced: &Sourced| {
                sourced.origin.layer == Layer::Community && sourced.rule.id().as_str().ends_with(name)
            };
            contents.rules.retain(|sourced| !is_it(sourced));
            contents.rules.push(of_pack(name, &css(random)));
        }
        4 if contents.packs.is_empty() => contents.packs = shop(),
        4 => contents.packs.clear(),
        5 => contents.problems.push(Problem {
            file: format!("local/bad{}.rule.yaml", contents.problems.len()),
            line: None,
            column: None,
            field: String::new(),
            rule_id: None,
            reason: "it is no rule".to_owned(),
            hint: None,
            skipped: true,
        }),
        6 => contents.problems.clear(),
        _ => {
            let id = id(random);
            if !contents.disabled.remove(&id) {
                contents.disabled.insert(id);
            }
        }
    }
    contents
}

/// What becomes of a call; so many of a hundred end otherwise than the store says.
pub(super) fn verdict(random: &mut Rng, kind: Kind, faults: u8) -> Verdict {
    if random.u8(..100) >= faults {
        return Verdict::Answer;
    }
    let refusals = [ErrorKind::Unavailable, ErrorKind::Changed, ErrorKind::Unwritable];
    match (kind, random.u8(..4)) {
        (_, 0) => Verdict::PanicEarly,
        (_, 1) => Verdict::PanicLate,
        (Kind::Load, 2) => Verdict::Lag(random.usize(1..5)),
        (Kind::Changes, 2) => Verdict::Forget,
        (Kind::Write, _) => Verdict::Fail(one(random, &refusals)),
        (Kind::Load | Kind::Changes, _) => Verdict::Fail(ErrorKind::Unavailable),
    }
}

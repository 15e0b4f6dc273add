//! Revisions, and what changed between two of them.

use super::{
    Harness,
    samples::{id, put, put_if, remove, rule},
    subject::Subject,
};
use crate::{Changes, Contents, Edit, Expected, Look, Problem, Revision};
use rules::{InstalledPack, Layer, RuleId, Sourced};
use std::collections::{BTreeMap, BTreeSet};

/// The number grows when something changed, and only then.
pub fn revisions_only_grow<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let first = store.load().revision;
    assert_eq!(store.load().revision, first);
    let mut last = first;
    for css in ["a{}", "b{}"] {
        let now = store.done(&[put(&rule("a", css))]);
        assert!(now > last);
        assert_eq!(store.load().revision, now);
        last = now;
    }
    for edit in [
        Edit::Disable(id("a")),
        Edit::Pin(id("a"), Layer::Local),
        remove("a"),
    ] {
        let now = store.done(&[edit]);
        assert!(now > last);
        last = now;
    }
}

/// Between any two states that were given out, by either look.
pub fn differences_lead_from_any_state_to_any_later_one<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let mut history = History::default();
    history.check(&store);
    let over = |css| put_if(Layer::Override, &rule("cookies:a", css), Expected::Anything);
    let writes = [
        vec![put(&rule("a", "1{}")), put(&rule("b", "1{}"))],
        vec![put(&rule("a", "2{}"))],
        vec![put(&rule("cookies:a", "1{}")), over("1{}")],
        vec![Edit::Disable(id("unknown"))],
        vec![Edit::Pin(id("cookies:a"), Layer::Override), over("2{}")],
        vec![put(&rule("A", "3{}"))],
        vec![],
        vec![remove("a"), remove("cookies:a"), Edit::Enable(id("unknown"))],
        vec![remove("b")],
    ];
    for edits in writes {
        store.done(&edits);
        history.check(&store);
    }
}

/// Also those that only the disabled ids or the pins know.
pub fn differences_name_every_id_that_was_touched<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let before = store.done(&[put(&rule("kept", "a{}")), put(&rule("gone", "a{}"))]);
    store.done(&[Edit::Disable(id("kept")), Edit::Pin(id("unknown"), Layer::Local)]);
    store.done(&[remove("gone"), put(&rule("new", "a{}"))]);
    let Some(changes) = store.changes(before, Look::OwnWrites) else {
        return;
    };
    let ids: Vec<_> = changes.rules.keys().map(RuleId::as_str).collect();
    assert_eq!(ids, ["gone", "kept", "new", "unknown"]);
    let counts: Vec<_> = changes.rules.values().map(Vec::len).collect();
    assert_eq!(counts, [0, 1, 1, 0]);
}

/// A store cannot tell a difference to what it never said.
pub fn what_was_never_given_out_has_no_difference<H: Harness>(harness: &H) {
    let store = Subject::new(harness);
    let later = Revision(store.load().revision.0 + 1_000);
    for look in [Look::OwnWrites, Look::Everywhere] {
        assert!(store.changes(later, look).is_none());
    }
}

/// Every state that a store object gave out.
#[derive(Default)]
pub(super) struct History {
    states: BTreeMap<Revision, State>,
}

impl History {
    /// Loads the state as it is now, and compares it with what the differences make of every earlier one.
    #[track_caller]
    pub(super) fn check<H: Harness>(&mut self, store: &Subject<'_, H>) {
        let now = State::of(store.agree());
        for (revision, earlier) in &self.states {
            assert!(*revision <= now.revision, "revisions only grow");
            for look in [Look::OwnWrites, Look::Everywhere] {
                if let Some(changes) = store.changes(*revision, look) {
                    assert_eq!(earlier.clone().after(changes), now, "{look:?} since {revision:?}");
                }
            }
        }
        let known = self.states.insert(now.revision, now.clone());
        if let Some(known) = known {
            assert_eq!(known, now, "one number, one state");
        }
    }
}

/// Everything that a reader is told.
#[derive(Clone, Debug, PartialEq)]
struct State {
    revision: Revision,
    rules: BTreeMap<RuleId, Vec<String>>,
    packs: BTreeMap<String, InstalledPack>,
    disabled: BTreeSet<RuleId>,
    pins: BTreeMap<RuleId, Layer>,
    problems: Vec<Problem>,
    problems_more: usize,
}

impl State {
    fn of(contents: Contents) -> Self {
        let mut rules: BTreeMap<RuleId, Vec<String>> = BTreeMap::new();
        for sourced in &contents.rules {
            let of_id = rules.entry(sourced.rule.id().clone()).or_default();
            of_id.push(shown(sourced));
        }
        Self {
            revision: contents.revision,
            rules,
            packs: contents.packs,
            disabled: contents.disabled,
            pins: contents.pins,
            problems: contents.problems,
            problems_more: contents.problems_more,
        }
    }

    fn after(mut self, changes: Changes) -> Self {
        for (id, rules) in changes.rules {
            self.rules.remove(&id);
            if !rules.is_empty() {
                self.rules.insert(id, rules.iter().map(shown).collect());
            }
        }
        Self {
            revision: changes.revision,
            disabled: changes.disabled,
            pins: changes.pins,
            problems: changes.problems,
            problems_more: changes.problems_more,
            ..self
        }
    }
}

fn shown(sourced: &Sourced) -> String {
    let Sourced { rule, origin, line } = sourced;
    format!("{:?} {origin:?} {line:?}", rule.to_value())
}

//! What a file gives: rules and problems.
//!
//! A file that was valid before in this process and is not any more keeps its last valid rules in force.

use crate::{
    problem::{of_diagnostic, whole},
    scan::RuleFile,
};
use rules::{Rule, RuleId};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};
use store::Problem;

/// A rule with the line of its entry, where it is known.
pub(crate) type Entry = (Arc<Rule>, Option<u32>);

/// What a file gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Its rules, in its order; after them those that are kept from when their entries were valid.
    pub(crate) rules: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) problems_more: usize,
    /// Whether problems that are counted in `problems_more` could have been listed.
    pub(crate) is_cut: bool,
}

impl Outcome {
    /// A file that gives nothing but a problem.
    pub(crate) fn of_problem(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }

    /// Parses a file. A panic of a parser on one file must not take the others with it.
    pub(crate) fn parse(bytes: &[u8], file: &RuleFile) -> Self {
        let source = file.source();
        let parsed = panic::catch_unwind(AssertUnwindSafe(|| rulefile::parse(bytes, &source)));
        let Ok(parsed) = parsed else {
            let hint = "this is a defect of the service: please report it with the file";
            let reason = "made the parser panic, and was skipped";
            return Self::of_problem(whole(&file.shown, reason, Some(hint)));
        };
        let entry = |parsed: rulefile::Parsed| (Arc::new(parsed.rule), u32::try_from(parsed.line).ok());
        let problem = |diagnostic| of_diagnostic(&file.shown, diagnostic);
        Self {
            rules: parsed.rules.into_iter().map(entry).collect(),
            problems: parsed.diagnostics.into_iter().map(problem).collect(),
            problems_more: parsed.diagnostics_more,
            is_cut: false,
        }
    }

    /// The same with its problems counted instead of listed.
    pub(crate) fn counted(&self) -> Self {
        Self {
            rules: self.rules.clone(),
            problems: Vec::new(),
            problems_more: self.problems_more + self.problems.len(),
            is_cut: true,
        }
    }

    pub(crate) fn has_problems(&self) -> bool {
        self.problems_more > 0 || !self.problems.is_empty()
    }

    /// The first of some rules that it does not have with all of its fields.
    pub(crate) fn first_missing<'r>(&self, wanted: &[&'r Arc<Rule>]) -> Option<&'r Rule> {
        let mut by_id: BTreeMap<&RuleId, Vec<&Rule>> = BTreeMap::new();
        for (rule, _) in &self.rules {
            by_id.entry(rule.id()).or_default().push(rule);
        }
        let shown = |rule: &Rule| format!("{} {:?}", rule.id(), rule.to_value());
        // What is no number equals nothing, and is the same all the same.
        let is_it = |found: &Rule, rule: &Rule| is_same(found, rule) || shown(found) == shown(rule);
        let is_missing = |rule: &Rule| {
            let found = by_id.get(rule.id());
            !found.is_some_and(|found| found.iter().any(|found| is_it(found, rule)))
        };
        wanted.iter().map(|rule| &***rule).find(|rule| is_missing(rule))
    }

    /// What follows upon an earlier outcome of the same file: rules that did not change are the same objects, and
    /// those whose entries have become invalid stay, but for `dropped`.
    pub(crate) fn following(mut self, earlier: &Self, dropped: &BTreeSet<RuleId>) -> Self {
        self.share(earlier);
        let invalid = Invalid::of(&self);
        let present: BTreeSet<&RuleId> = self.rules.iter().map(|(rule, _)| rule.id()).collect();
        let is_kept = |rule: &Rule| {
            let id = rule.id();
            invalid.may_be(id) && !present.contains(id) && !dropped.contains(id)
        };
        let kept = earlier.rules.iter().filter(|(rule, _)| is_kept(rule));
        // Its entry is no longer where it was.
        let kept: Vec<Entry> = kept.map(|(rule, _)| (Arc::clone(rule), None)).collect();
        self.rules.extend(kept);
        self
    }

    /// Takes over the rules of an earlier outcome that are the same in all fields.
    fn share(&mut self, earlier: &Self) {
        let mut known: BTreeMap<&RuleId, Vec<&Arc<Rule>>> = BTreeMap::new();
        for (rule, _) in &earlier.rules {
            known.entry(rule.id()).or_default().push(rule);
        }
        for (rule, _) in &mut self.rules {
            let known = known.get(rule.id());
            let same = known.and_then(|known| known.iter().find(|known| is_same(known, rule)));
            if let Some(same) = same {
                *rule = Arc::clone(same);
            }
        }
    }
}

fn is_same(one: &Rule, other: &Rule) -> bool {
    one.same_rule(other) && one.updated_at() == other.updated_at()
}

/// The ids whose entries cannot be used.
enum Invalid<'a> {
    /// Something is broken that has no id: it may be anyone's entry.
    Any,
    These(BTreeSet<&'a str>),
}

impl<'a> Invalid<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let mut ids = BTreeSet::new();
        for problem in outcome.problems.iter().filter(|problem| problem.skipped) {
            match &problem.rule_id {
                Some(id) => drop(ids.insert(id.as_str())),
                None => return Self::Any,
            }
        }
        if outcome.problems_more > 0 {
            Self::Any
        } else {
            Self::These(ids)
        }
    }

    fn may_be(&self, id: &RuleId) -> bool {
        match self {
            Self::Any => true,
            Self::These(ids) => ids
                .iter()
                .any(|invalid| invalid.eq_ignore_ascii_case(id.as_str())),
        }
    }
}

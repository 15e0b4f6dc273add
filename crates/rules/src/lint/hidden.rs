//! Rules that can never win in mode `best`, since one rule that ranks higher matches wherever they do.
//!
//! Whether one pattern covers another is decided by witnesses: URLs made from the covered pattern, its wildcards
//! filled with texts that stand in no pattern. What matches such a text matches it by a wildcard, and so matches
//! any other text in its place; fillings of several lengths rule out `?`. Regular expressions have no witnesses
//! and are left alone, and so is what exclusions or an expiry could uncover.

use super::Finding;
use crate::{
    Entry, Layer, MergeInput, PackJs, RuleSet, Sourced, State, Timestamp, limits, merge,
    rule_set::{Found, Walk},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use urlmatch::{Candidate, Pattern, PatternKind};

/// What stands in for a run of `*`.
const FILLINGS: [&str; 5] = ["qzxjvkq", "qzxjvkqwqzx", "7391", "31973", ""];

/// The lengths of fillings whose witnesses must match the pattern itself for them to decide.
const LENGTHS_MIN: usize = 2;

/// Rules of higher rank that are tried for each rule.
const HIDING_TRIED_MAX: usize = 16;

pub(super) fn lint(rules: &[Sourced]) -> Vec<(usize, Finding)> {
    let indices: HashMap<_, _> = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| (Arc::as_ptr(&rule.rule), n))
        .collect();
    let set = compile(rules);
    let active = set.entries().iter().filter(|entry| entry.state == State::Active);
    let findings = active.filter_map(|entry| {
        let index = *indices.get(&Arc::as_ptr(&entry.sourced.rule))?;
        Some((index, finding(&*hiding(&set, entry)?)))
    });
    findings.collect()
}

fn compile(rules: &[Sourced]) -> RuleSet {
    let pack = |sourced: &Sourced| sourced.rule.id().pack().map(str::to_owned);
    let packs = rules
        .iter()
        .filter(|sourced| sourced.origin.layer == Layer::Override)
        .filter_map(pack)
        .collect();
    let input = MergeInput {
        rules: rules.to_vec(),
        packs,
        pack_js: PackJs::All,
        ..MergeInput::default()
    };
    // No time of change lies in the future of the end of time.
    RuleSet::compile(merge(input, Timestamp::from_millis(i64::MAX)))
}

fn finding(hiding: &Entry) -> Finding {
    let pattern = hiding.sourced.rule.pattern().as_str();
    let above = hiding.score.value + 1;
    Finding {
        code: "hidden-in-best",
        field: "priority".to_owned(),
        reason: format!(
            "in mode `best` this rule is never used: `{}` ({pattern}) ranks higher and matches wherever it does",
            hiding.sourced.rule.id()
        ),
        suggestion: (above <= u32::from(limits::PRIORITY_MAX)).then(|| above.to_string()),
    }
}

/// The highest rule that matches wherever this one does.
fn hiding(set: &RuleSet, entry: &Arc<Entry>) -> Option<Arc<Entry>> {
    let witnesses = witnesses(entry)?;
    let mut above = Vec::new();
    set.walk_active(witnesses.first()?, |other, found| {
        if Arc::ptr_eq(other, entry) || above.len() == HIDING_TRIED_MAX {
            return Walk::Stop;
        }
        let rule = &other.sourced.rule;
        if matches!(found, Found::Match) && rule.exclude().is_empty() && rule.expires_at().is_none() {
            above.push(Arc::clone(other));
        }
        Walk::On
    });
    let covers = |other: &Arc<Entry>| {
        witnesses
            .iter()
            .all(|url| other.sourced.rule.pattern().is_match(url))
    };
    above.into_iter().find(covers)
}

/// URLs that stand for all that the rule applies to; absent where none can.
fn witnesses(entry: &Entry) -> Option<Vec<Candidate>> {
    let rule = &entry.sourced.rule;
    let pattern = rule.pattern();
    let parsed = |url: &str| {
        Candidate::parse(url)
            .ok()
            .filter(|candidate| pattern.is_match(candidate))
    };
    let mut witnesses: Vec<_> = match pattern.kind() {
        PatternKind::Exact => parsed(pattern.as_str()).into_iter().collect(),
        PatternKind::Wildcard => {
            let filled = wildcard_witnesses(pattern);
            let filled = filled
                .iter()
                .filter_map(|(filling, url)| Some((*filling, parsed(url)?)));
            let (fillings, witnesses): (BTreeSet<_>, Vec<_>) = filled.unzip();
            let lengths: BTreeSet<_> = fillings
                .iter()
                .map(|filling| filling.len())
                .filter(|len| *len > 0)
                .collect();
            if lengths.len() < LENGTHS_MIN {
                return None;
            }
            witnesses
        }
        PatternKind::Regex => return None,
    };
    let tests = rule.tests().iter().filter(|test| test.matches);
    witnesses.extend(tests.filter_map(|test| Candidate::parse(&test.url).ok()));
    Some(witnesses)
}

/// URLs made from the pattern, each with the text that fills its wildcards.
fn wildcard_witnesses(pattern: &Pattern) -> Vec<(&'static str, String)> {
    let (schemes, rest) = split_scheme(pattern.as_str());
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // `*` as the whole host part is any host with any port; `*.` at its beginning also matches nothing, and a
    // last `*` after a letter stands for every page.
    let bare = host.strip_prefix("*.").unwrap_or(host);
    let hosts = if host == "*" {
        ["*", "*.qzx:*", "*"]
    } else {
        [host, bare, host.trim_end_matches('*')]
    };
    let paths = if path.is_empty() {
        vec!["/", "/*"]
    } else {
        vec![path]
    };
    let mut urls = Vec::new();
    for scheme in schemes {
        for host in hosts {
            for path in &paths {
                let filled = |filling| format!("{scheme}://{}", fill(&format!("{host}{path}"), filling));
                urls.extend(FILLINGS.map(|filling| (filling, filled(filling))));
            }
        }
    }
    urls.sort();
    urls.dedup();
    urls
}

/// The schemes that a pattern stands for, and what follows them.
fn split_scheme(text: &str) -> (Vec<&str>, &str) {
    let both = vec!["http", "https"];
    match text.split_once("://").filter(|(scheme, _)| !scheme.contains('/')) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (vec!["http"], rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (vec!["https"], rest),
        Some((_, rest)) => (both, rest),
        None => (both, text),
    }
}

/// The text with its wildcards filled and its escapes resolved.
fn fill(text: &str, filling: &str) -> String {
    let mut filled = String::with_capacity(text.len() + filling.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => filled.push_str(filling),
            '?' => filled.push(if filling.len().is_multiple_of(2) { 'q' } else { 'z' }),
            '\\' => filled.extend(chars.next()),
            literal => filled.push(literal),
        }
    }
    filled
}

//! The engines side by side: each is built of the same rules and asked whether any of them matches.

use crate::{
    measure::{Sample, resident_bytes},
    scale::pages::Pages,
    synthetic::Made,
};
use adblock::{Engine, request::Request};
use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};
use urlmatch::{Candidate, Pattern, PatternKind, PatternSet, PatternSetBuilder, Scratch};

/// What building took.
#[derive(Clone, Copy)]
pub(crate) struct Built {
    pub(crate) rules: usize,
    pub(crate) time: Duration,
    pub(crate) bytes: Option<usize>,
}

/// An engine's answers on one kind of pages.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) sample: Sample,
    /// The share of pages that a rule matches.
    pub(crate) matches: f64,
    /// The mean for each page, where they were counted.
    pub(crate) instructions: Option<f64>,
}

impl Answers {
    fn of<I>(items: &[I], mut is_match: impl FnMut(&I) -> bool) -> Self {
        let matched = items.iter().filter(|item| is_match(item)).count();
        Self {
            sample: Sample::of(items, is_match),
            matches: matched as f64 / items.len().max(1) as f64,
            instructions: None,
        }
    }
}

/// Builds something and says what that took.
fn build<T>(rules: usize, make: impl FnOnce() -> T) -> (T, Built) {
    let before = resident_bytes();
    let start = Instant::now();
    let made = make();
    let time = start.elapsed();
    let bytes = before
        .zip(resident_bytes())
        .map(|(before, after)| after.saturating_sub(before));
    (made, Built { rules, time, bytes })
}

/// Parses the rules in the order in which they would be ranked.
pub(crate) fn patterns(rules: &[Made]) -> Vec<Pattern> {
    let score = |kind: PatternKind| match kind {
        PatternKind::Exact => 1000,
        PatternKind::Regex => 500,
        PatternKind::Wildcard => 100,
    };
    let mut patterns: Vec<_> = rules
        .iter()
        .filter_map(|rule| Pattern::parse(rule.kind, &rule.pattern).ok())
        .collect();
    patterns.sort_by_cached_key(|pattern| Reverse(score(pattern.kind()) + pattern.as_str().len().min(499)));
    patterns
}

/// This engine.
pub(crate) struct Index {
    set: PatternSet,
    scratch: Scratch,
    pub(crate) built: Built,
}

impl Index {
    pub(crate) fn new(rules: &[Made]) -> Self {
        let patterns = patterns(rules);
        let mut builder = PatternSetBuilder::new();
        for pattern in patterns {
            builder.add(pattern);
        }
        let (set, built) = build(rules.len(), || builder.build());
        let bytes = Some(set.index_bytes());
        Self {
            set,
            scratch: Scratch::default(),
            built: Built { bytes, ..built },
        }
    }

    pub(crate) fn first_match(&mut self, page: &Candidate) -> Option<u32> {
        let mut found = self.set.candidates(page, &mut self.scratch);
        let first = found.find(|hit| self.set.is_match(hit, page));
        first.map(|hit| hit.index())
    }

    pub(crate) fn ask(&mut self, pages: &Pages) -> Answers {
        Answers::of(&pages.candidates, |page| self.first_match(page).is_some())
    }
}

/// Every pattern in turn, on as many pages as there is time for.
pub(crate) fn naive(rules: &[Made], pages: &Pages) -> (Built, Answers) {
    const CHECKS_MAX: usize = 4_000_000;
    let (patterns, built) = build(rules.len(), || patterns(rules));
    let count = (CHECKS_MAX / patterns.len().max(1)).clamp(20, pages.candidates.len());
    let answers = Answers::of(&pages.candidates[..count], |page| {
        patterns.iter().any(|pattern| pattern.is_match(page))
    });
    (built, answers)
}

/// The `adblock` crate, asked as a page of another site asks; requests are prepared before, as our URLs are.
pub(crate) struct Adblock {
    engine: Engine,
    pub(crate) built: Built,
}

impl Adblock {
    pub(crate) fn new(rules: &[Made]) -> Self {
        let filters: Vec<&str> = rules.iter().filter_map(|rule| rule.filter.as_deref()).collect();
        let list = filters.join("\n");
        let (engine, built) = build(filters.len(), || Engine::new_with_list_text(list));
        Self { engine, built }
    }

    pub(crate) fn ask(&self, pages: &Pages) -> Answers {
        let request =
            |page: &Candidate| Request::new(page.as_str(), "https://embedder.invalid/", "other", "GET").ok();
        let requests: Vec<Request> = pages.candidates.iter().filter_map(request).collect();
        Answers::of(&requests, |request| {
            self.engine.check_network_request(request).filter.is_some()
        })
    }
}

/// `regex-filtered`, on every rule written as a regex.
pub(crate) fn regex_filtered(rules: &[Made], pages: &Pages) -> Option<(Built, Answers)> {
    let regexes: Vec<String> = rules.iter().map(as_regex).collect();
    let (set, built) = build(regexes.len(), || {
        let builder = regex_filtered::Builder::new().push_all(&regexes).ok()?;
        builder.build().ok()
    });
    let set = set?;
    let pages = &pages.candidates[..pages.candidates.len().min(2_000)];
    Some((built, Answers::of(pages, |page| set.is_match(page.as_str()))))
}

/// `RegexSet`, likewise.
pub(crate) fn regex_set(rules: &[Made], pages: &Pages) -> Option<(Built, Answers)> {
    let regexes: Vec<String> = rules.iter().map(as_regex).collect();
    let (set, built) = build(regexes.len(), || {
        regex::bytes::RegexSetBuilder::new(&regexes)
            .unicode(false)
            .size_limit(1 << 30)
            .build()
            .ok()
    });
    let set = set?;
    let pages = &pages.candidates[..pages.candidates.len().min(2_000)];
    Some((
        built,
        Answers::of(pages, |page| set.is_match(page.as_str().as_bytes())),
    ))
}

/// What a rule's pattern means, as a regex.
fn as_regex(rule: &Made) -> String {
    match rule.kind {
        PatternKind::Regex => rule.pattern.clone(),
        PatternKind::Exact => format!("^{}$", regex::escape(&rule.pattern)),
        PatternKind::Wildcard => {
            let (scheme, after) = rule
                .pattern
                .split_once("://")
                .unwrap_or(("https?", &rule.pattern));
            let (host, rest) = after.split_once('/').unwrap_or((after, ""));
            let host = match host.strip_prefix("*.") {
                Some(domain) => format!("([^/?#]*\\.)?{}", regex::escape(domain)),
                None => regex::escape(host).replace(r"\*", "[^/?#]*"),
            };
            format!("^{scheme}://{host}/{}$", regex::escape(rest).replace(r"\*", ".*"))
        }
    }
}

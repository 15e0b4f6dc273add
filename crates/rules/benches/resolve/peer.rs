//! The `adblock` crate on the same rules, as far as its filters can say them.

use crate::{
    measure::Sample,
    synthetic::{Made, Mix, World},
};
use adblock::{Engine, request::Request};
use std::time::{Duration, Instant};
use urlmatch::{Candidate, Pattern, PatternKind, PatternSetBuilder, Scratch};

/// What the peer took, and our index on the same rules.
pub(crate) struct Peer {
    pub(crate) check: Sample,
    pub(crate) ours: Sample,
    pub(crate) build: Duration,
    pub(crate) filters: usize,
    /// The share of pages that each says some rule matches; the languages differ a little, these should not.
    pub(crate) matches: [f64; 2],
}

pub(crate) fn measure(world: &World, count: usize) -> Peer {
    let rules = world.rules(Mix::Usual, count);
    let (filters, patterns) = both(&rules);
    let list = filters.join("\n");
    let start = Instant::now();
    let engine = Engine::new_with_list_text(list);
    let build = start.elapsed();
    // As a page of another site asks for it; requests are prepared before, as our URLs are.
    let request = |url: &String| Request::new(url, "https://embedder.invalid/", "other", "GET").ok();
    let requests: Vec<Request> = world.pages.iter().filter_map(request).collect();
    let is_blocked = |request: &Request| engine.check_network_request(request).filter.is_some();
    let blocked = requests.iter().filter(|request| is_blocked(request)).count();
    let check = Sample::of(&requests, is_blocked);
    let (ours, share) = ours(world, patterns);
    Peer {
        check,
        ours,
        build,
        filters: filters.len(),
        matches: [blocked as f64 / requests.len() as f64, share],
    }
}

/// The rules that a filter can say, in both languages.
fn both(rules: &[Made]) -> (Vec<&str>, Vec<Pattern>) {
    let parse = |rule: &Made| Pattern::parse(rule.kind, &rule.pattern).ok();
    rules
        .iter()
        .filter(|rule| rule.kind != PatternKind::Regex)
        .filter_map(|rule| Some((rule.filter.as_deref()?, parse(rule)?)))
        .unzip()
}

fn ours(world: &World, patterns: Vec<Pattern>) -> (Sample, f64) {
    let mut builder = PatternSetBuilder::new();
    for pattern in patterns {
        builder.add(pattern);
    }
    let set = builder.build();
    let pages: Vec<_> = world
        .pages
        .iter()
        .filter_map(|url| Candidate::parse(url).ok())
        .collect();
    let mut scratch = Scratch::default();
    let mut is_match = |page: &Candidate| {
        let mut candidates = set.candidates(page, &mut scratch);
        candidates.any(|hit| set.is_match(&hit, page))
    };
    let matched = pages.iter().filter(|page| is_match(page)).count();
    (Sample::of(&pages, is_match), matched as f64 / pages.len() as f64)
}

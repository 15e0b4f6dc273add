//! The `adblock` crate on the same rules, as far as its filters can say them.

use crate::{measure::Sample, synthetic::World};
use adblock::{Engine, request::Request};
use std::time::{Duration, Instant};

/// What the peer took.
pub(crate) struct Peer {
    pub(crate) check: Sample,
    pub(crate) build: Duration,
    pub(crate) filters: usize,
}

pub(crate) fn measure(world: &World, count: usize) -> Peer {
    let filters: Vec<String> = world
        .rules(count)
        .into_iter()
        .filter_map(|rule| rule.filter)
        .collect();
    let list = filters.join("\n");
    let start = Instant::now();
    let engine = Engine::new_with_list_text(list);
    let build = start.elapsed();
    // As a page of another site asks for it; requests are prepared before, as our URLs are.
    let request = |url: &String| Request::new(url, "https://embedder.invalid/", "other", "GET").ok();
    let requests: Vec<Request> = world.pages.iter().filter_map(request).collect();
    let check = Sample::of(&requests, |request| {
        engine.check_network_request(request).filter.is_some()
    });
    Peer {
        check,
        build,
        filters: filters.len(),
    }
}

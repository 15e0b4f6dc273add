//! The contract, a test for each of its sentences, named after it.

mod patterns;
mod url;

use crate::{Candidate, Pattern, PatternKind};

fn check(kind: PatternKind, text: &str, matching: &[&str], other: &[&str]) {
    let pattern = Pattern::parse(kind, text).unwrap_or_else(|error| panic!("{error}"));
    let is_match = |url: &str| pattern.is_match(&Candidate::parse(url).unwrap());
    for url in matching {
        assert!(is_match(url), "{text} should match {url}");
    }
    for url in other {
        assert!(!is_match(url), "{text} should not match {url}");
    }
}

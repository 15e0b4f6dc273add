//! Many sets against many URLs, pair by pair: what the index finds and verifies is what the naive matcher says.
//!
//! `cargo xtask soak matching` runs it for as many pairs as one likes.

use super::{generate, oracle};
use crate::{Candidate, Pattern, PatternKind, PatternSetBuilder, Scratch};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// A number that whoever runs the test asks for.
#[expect(
    clippy::disallowed_methods,
    reason = "a test that runs for as long as one likes has no configuration"
)]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|value| value.parse().expect("a number"))
}

/// The numbers of pairs compared, and of those that match.
#[derive(Default)]
struct Compared {
    pairs: u64,
    matches: u64,
}

impl Compared {
    fn compare(&mut self, patterns: &[(PatternKind, String)], urls: &[String]) {
        let parsed = patterns
            .iter()
            .filter_map(|(kind, text)| Pattern::parse(*kind, text).ok());
        let mut builder = PatternSetBuilder::new();
        parsed.for_each(|pattern| _ = builder.add(pattern));
        let set = builder.build();
        let mut scratch = Scratch::default();
        for url in urls {
            let candidate = Candidate::parse(url).expect("only URLs are made");
            let hits = set.candidates(&candidate, &mut scratch);
            let found: Vec<u32> = hits
                .filter(|hit| set.is_match(hit, &candidate))
                .map(|hit| hit.index())
                .collect();
            let count = u32::try_from(set.len()).expect("a few patterns");
            let naive = |&index: &u32| {
                let pattern = set.pattern(index);
                oracle::is_match(pattern.kind(), pattern.as_str(), &candidate)
            };
            let expected: Vec<u32> = (0..count).filter(naive).collect();
            assert_eq!(found, expected, "{patterns:?} on {}", candidate.as_str());
            self.pairs += u64::from(count);
            self.matches += expected.len() as u64;
        }
    }
}

#[test]
fn the_index_agrees_with_the_naive_matcher() {
    let wanted = asked("SOAK_PAIRS").unwrap_or(3_000);
    let seed = asked("SOAK_SEED").unwrap_or(1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let sets = [generate::usual_set().boxed(), generate::crowded_set().boxed()];
    let mut compared = Compared::default();
    while compared.pairs < wanted {
        for set in &sets {
            let (patterns, urls) = set
                .new_tree(&mut runner)
                .expect("nothing is filtered for long")
                .current();
            compared.compare(&patterns, &urls);
        }
    }
    let Compared { pairs, matches } = compared;
    assert!(matches > pairs / 100, "only {matches} of {pairs} pairs match");
    println!("{pairs} pairs of a pattern and a URL agree, {matches} of them match; seed {seed}");
}

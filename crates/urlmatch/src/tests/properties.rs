//! What must hold for every pattern and every URL.

use super::{generate, oracle};
use crate::{Candidate, Hit, Pattern, PatternKind, PatternSetBuilder, Scratch};
use proptest::{prelude::*, strategy::ValueTree as _};

fn config() -> ProptestConfig {
    let cases = ProptestConfig::default().cases.max(256);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A URL with a pattern made from it, and another URL.
fn pattern_and_urls() -> impl Strategy<Value = (PatternKind, String, Vec<String>)> {
    (generate::url(), generate::url()).prop_flat_map(|(url, other)| {
        let pattern = generate::pattern_from(&url);
        (pattern, Just(vec![url, other])).prop_map(|((kind, text), urls)| (kind, text, urls))
    })
}

proptest! {
    #![proptest_config(config())]

    /// Feature: asset-injector, Property: a pattern matches exactly what the naive matcher says
    #[test]
    fn pattern_equals_oracle((kind, text, urls) in pattern_and_urls()) {
        let Ok(pattern) = Pattern::parse(kind, &text) else { return Ok(()) };
        for url in urls {
            let candidate = Candidate::parse(&url).unwrap();
            let expected = oracle::is_match(kind, pattern.as_str(), &candidate);
            prop_assert_eq!(pattern.is_match(&candidate), expected, "{:?} {} on {}", kind, text, candidate.as_str());
        }
    }

    /// Feature: asset-injector, Property: a pattern that matches admits the URL by its required literal
    #[test]
    fn what_matches_may_match((kind, text, urls) in pattern_and_urls()) {
        let Ok(pattern) = Pattern::parse(kind, &text) else { return Ok(()) };
        for url in urls {
            let candidate = Candidate::parse(&url).unwrap();
            prop_assert!(
                pattern.may_match(&candidate) || !pattern.is_match(&candidate),
                "{:?} {} on {}", kind, text, candidate.as_str()
            );
        }
    }

    /// Feature: asset-injector, Property: what a lint says can never match does not match
    #[test]
    fn never_matches_is_true((kind, text, urls) in pattern_and_urls()) {
        let Ok(pattern) = Pattern::parse(kind, &text) else { return Ok(()) };
        if pattern.lints().iter().all(|lint| lint.code != "never-matches") {
            return Ok(());
        }
        for url in urls {
            let candidate = Candidate::parse(&url).unwrap();
            prop_assert!(!pattern.is_match(&candidate), "{:?} {} on {}", kind, text, candidate.as_str());
        }
    }

    /// Feature: asset-injector, Property: the index answers as asking each pattern does
    #[test]
    fn set_equals_linear_scan((patterns, urls) in prop_oneof![3 => generate::usual_set().boxed(), 1 => generate::crowded_set().boxed()]) {
        let mut builder = PatternSetBuilder::new();
        for (kind, text) in &patterns {
            if let Ok(pattern) = Pattern::parse(*kind, text) {
                builder.add(pattern);
            }
        }
        let set = builder.build();
        let mut scratch = Scratch::default();
        for url in urls {
            let candidate = Candidate::parse(&url).unwrap();
            let count = u32::try_from(set.len()).unwrap();
            let linear: Vec<u32> = (0..count).filter(|&index| set.pattern(index).may_match(&candidate)).collect();
            let hits: Vec<Hit> = set.candidates(&candidate, &mut scratch).collect();
            let found: Vec<u32> = hits.iter().map(Hit::index).collect();
            prop_assert_eq!(found, linear, "{:?} on {}", patterns, candidate.as_str());
            for hit in &hits {
                let pattern = set.pattern(hit.index());
                prop_assert_eq!(set.is_match(hit, &candidate), pattern.is_match(&candidate), "{:?} on {}", pattern, candidate.as_str());
                prop_assert_eq!(hit.steps(&candidate), pattern.steps(&candidate));
            }
        }
    }

    /// Feature: asset-injector, Property: a subject is its own subject
    #[test]
    fn parsing_a_subject_changes_nothing(url in generate::url()) {
        let candidate = Candidate::parse(&url).unwrap();
        prop_assert!(candidate.as_str().is_ascii());
        prop_assert!(candidate.as_str().starts_with(candidate.without_fragment()));
        prop_assert_eq!(&Candidate::parse(candidate.as_str()).unwrap(), &candidate);
    }

    /// Feature: asset-injector, Property: what is recognized as canonical is what the parser would yield
    #[test]
    fn canonical_equals_parsed(url in generate::url(), cut in 0..40_usize, insert in "[!-~]{0,2}") {
        let mut texts = vec![Candidate::parse(&url).unwrap().as_str().to_owned(), url];
        // A byte more or less turns many canonical URLs into ones that are nearly so.
        let at = cut.min(texts[0].len());
        texts.push([&texts[0][..at], &insert, &texts[0][at..]].concat());
        texts.push([&texts[0][..at], &insert, texts[0].get(at + 1..).unwrap_or("")].concat());
        for text in texts {
            let parsed = url::Url::parse(crate::candidate::trim(&text)).ok();
            let parsed = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
            let expected = parsed.and_then(|url| Candidate::from_url(&url).ok());
            prop_assert_eq!(Candidate::parse(&text).ok(), expected, "{}", text);
        }
    }

    /// Feature: asset-injector, Property: no text makes the parsers panic
    #[test]
    fn any_text_is_accepted_or_refused(text in "\\PC{0,40}", url in "(https?://)?\\PC{0,40}") {
        let candidate = Candidate::parse(&url);
        for kind in PatternKind::ALL {
            match (Pattern::parse(kind, &text), &candidate) {
                (Ok(pattern), Ok(candidate)) => { pattern.is_match(candidate); pattern.lints(); }
                (Ok(pattern), Err(error)) => { pattern.lints(); prop_assert!(!error.to_string().is_empty()); }
                (Err(error), _) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}

/// The generators are worth something only if patterns match often.
#[test]
fn generated_patterns_match_often() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let is_match = |(kind, text, urls): (PatternKind, String, Vec<String>)| {
        let candidate = Candidate::parse(&urls[0]).unwrap();
        Pattern::parse(kind, &text).is_ok_and(|pattern| pattern.is_match(&candidate))
    };
    let matched = (0..400)
        .map(|_| pattern_and_urls().new_tree(&mut runner).unwrap().current())
        .filter(|case| is_match(case.clone()))
        .count();
    assert!(
        matched > 150,
        "only {matched} of 400 patterns match the URL that they were made from"
    );
}

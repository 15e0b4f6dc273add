//! Any text compiles within the limits or is refused; a set answers as its patterns do one by one.
//!
//! The last line is the URL; each line before it is a pattern, its kind chosen by its first character.

#![no_main]

use libfuzzer_sys::fuzz_target;
use urlmatch::{Candidate, Pattern, PatternKind, PatternSetBuilder, Scratch};

fuzz_target!(|bytes: &[u8]| {
    let text = urlmatch_fuzz::text(bytes);
    let (patterns, url) = text.rsplit_once('\n').unwrap_or((&text, "https://example.com/a/b?x=1#top"));
    let mut builder = PatternSetBuilder::new();
    for line in patterns.split('\n') {
        let (kind, text) = match line.strip_prefix('w') {
            Some(text) => (PatternKind::Wildcard, text),
            None => (PatternKind::Regex, line),
        };
        if let Ok(pattern) = Pattern::parse(kind, text) {
            pattern.lints();
            builder.add(pattern);
        }
    }
    let Ok(candidate) = Candidate::parse(url) else { return };
    let set = builder.build();
    let indices = 0..set.len() as u32;
    let linear: Vec<u32> = indices.filter(|&index| set.pattern(index).may_match(&candidate)).collect();
    let mut scratch = Scratch::default();
    let hits: Vec<_> = set.candidates(&candidate, &mut scratch).collect();
    let found: Vec<u32> = hits.iter().map(|hit| hit.index()).collect();
    assert_eq!(found, linear, "`{patterns}` on `{url}`");
    for hit in &hits {
        let expected = set.pattern(hit.index()).is_match(&candidate);
        assert_eq!(set.is_match(hit, &candidate), expected, "`{patterns}` on `{url}`");
    }
    for index in 0..set.len() as u32 {
        urlmatch_fuzz::compare(set.pattern(index), &candidate);
    }
});

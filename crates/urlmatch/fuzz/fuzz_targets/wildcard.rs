//! A wildcard matches exactly what the naive matcher says.
//!
//! The first line is the pattern, the second the URL.

#![no_main]

use libfuzzer_sys::fuzz_target;
use urlmatch::{Candidate, Pattern, PatternKind};

fuzz_target!(|bytes: &[u8]| {
    let text = urlmatch_fuzz::text(bytes);
    let (text, url) = text.split_once('\n').unwrap_or((&text, "https://example.com/a/b?x=1#top"));
    let Ok(pattern) = Pattern::parse(PatternKind::Wildcard, text) else { return };
    pattern.lints();
    if let Ok(candidate) = Candidate::parse(url) {
        urlmatch_fuzz::compare(&pattern, &candidate);
    }
});

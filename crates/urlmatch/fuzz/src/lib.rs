//! What the fuzz targets share: the naive matcher of the tests, and a way from bytes to likely text.

#[path = "../../src/tests/oracle.rs"]
mod naive;

pub(crate) use urlmatch::{Candidate, PatternKind};

use urlmatch::Pattern;

/// Pieces that a fuzzer would hardly find by itself; bytes from 0x80 on stand for them.
const PIECES: [&str; 48] = [
    "https://", "http://", "http*://", "*://", "://", "example.com", "*.example.com", "www.", "good.test", "evil.test",
    "localhost", "[::1]", "127.0.0.1", ":443", ":80", ":8080", ":*", "@", "user@", "a:b@", "/", "/*", "/../", "/./", "//",
    "?", "?x=1", "#", "#top", "*", "**", "\\*", "\\?", "\\\\", "\\", "%7E", "%7e", "é", "bücher", "xn--bcher-kva", "。", "\u{feff}",
    "aaaaaaaaaaaa", "abababababab", "AbAb", "(?i)", "(a|b)", ".*",
];

/// Text in which pieces of URLs and patterns are frequent.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match PIECES.get(usize::from(byte).wrapping_sub(0x80)) {
            Some(piece) => text.push_str(piece),
            None => text.push(char::from(byte)),
        }
    }
    text
}

/// Compares a pattern with the naive matcher.
///
/// # Panics
///
/// When they differ, or when the pattern matches what its required literal refuses.
pub fn compare(pattern: &Pattern, candidate: &Candidate) {
    let expected = naive::is_match(pattern.kind(), pattern.as_str(), candidate);
    let context = || format!("{:?} `{}` on `{}`", pattern.kind(), pattern.as_str(), candidate.as_str());
    assert_eq!(pattern.is_match(candidate), expected, "{}", context());
    assert!(!expected || pattern.may_match(candidate), "{} is refused by its own literal", context());
}

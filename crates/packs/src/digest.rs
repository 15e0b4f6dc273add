//! SHA-256 as hexadecimal digits.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The digits of a hash.
const DIGITS: usize = 64;

/// The SHA-256 of bytes in lower case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(DIGITS);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A hash in lower case, if the text is one.
pub(crate) fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    let is_hash = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_ascii_lowercase())
}

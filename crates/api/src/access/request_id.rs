//! The id of a request: what the client sent, if that is harmless, or a UUID.

use axum::http::HeaderValue;
use std::fmt;

const BYTES_MAX: usize = 64;

/// 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Copy)]
pub(crate) struct RequestId {
    bytes: [u8; BYTES_MAX],
    length: u8,
}

impl RequestId {
    /// What the client sent, or a UUID of version 4 from random bits.
    pub(crate) fn new(sent: Option<&HeaderValue>, random: fn() -> u128) -> Self {
        let sent = sent.map(HeaderValue::as_bytes).filter(|id| is_acceptable(id));
        sent.map_or_else(|| Self::copy(&uuid(random())), Self::copy)
    }

    fn copy(id: &[u8]) -> Self {
        let mut bytes = [0; BYTES_MAX];
        bytes[..id.len()].copy_from_slice(id);
        Self {
            bytes,
            length: u8::try_from(id.len()).expect("an id has at most 64 bytes"),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("an id is ASCII")
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(self.as_str()).expect("an id is a header value")
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_acceptable(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=BYTES_MAX).contains(&id.len()) && id.iter().all(allowed)
}

/// A UUID of version 4 from random bits.
pub(crate) fn uuid(random: u128) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (n, byte) in versioned.to_be_bytes().into_iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 0xf)];
        at += 2;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{is_acceptable, uuid};

    #[test]
    fn an_id_is_1_to_64_harmless_characters() {
        for id in ["a", "A-b_c.9", &"x".repeat(64)] {
            assert!(is_acceptable(id.as_bytes()), "{id}");
        }
        for id in ["", "a b", "a\"", "ä", "a\n", "a/b", &"x".repeat(65)] {
            assert!(!is_acceptable(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn a_uuid_has_version_4_and_the_rest_from_the_random_bits() {
        assert_eq!(&uuid(0), b"00000000-0000-4000-8000-000000000000");
        assert_eq!(&uuid(u128::MAX), b"ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            &uuid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
            b"01234567-89ab-4def-8123-456789abcdef"
        );
    }
}

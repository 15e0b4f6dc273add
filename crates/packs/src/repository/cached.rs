//! A copy of an index that outlives the process.

use rules::Timestamp;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The version of the serialised form.
const FORMAT: u32 = 1;

/// An index as a repository gave it, not parsed and not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// The URL of the repository; a copy of another one is never used.
    pub source: String,
    /// When the repository was last asked for it with success.
    pub fetched_at: Timestamp,
    /// What the repository calls this version of it.
    pub etag: Option<String>,
    /// The index.
    pub bytes: Arc<[u8]>,
    /// Its signature (`.minisig`), if it was asked for and exists.
    pub signature: Option<Vec<u8>>,
}

/// The line before the bytes.
#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    source: String,
    fetched_at_ms: i64,
    etag: Option<String>,
    index_bytes: usize,
    signature_bytes: Option<usize>,
}

impl Cached {
    /// Whether it is younger than `ttl`. One from the future is not: the clock was set.
    pub fn is_current(&self, now: Timestamp, ttl: Duration) -> bool {
        let age_ms = now.as_millis().saturating_sub(self.fetched_at.as_millis());
        u64::try_from(age_ms).is_ok_and(|age_ms| Duration::from_millis(age_ms) < ttl)
    }

    /// The bytes that [`Self::parse`] reads: one line of JSON, the index, the signature.
    pub fn print(&self) -> Vec<u8> {
        let head = Head {
            format: FORMAT,
            source: self.source.clone(),
            fetched_at_ms: self.fetched_at.as_millis(),
            etag: self.etag.clone(),
            index_bytes: self.bytes.len(),
            signature_bytes: self.signature.as_ref().map(Vec::len),
        };
        // Text and numbers are always written.
        let mut printed = serde_json::to_vec(&head).unwrap_or_default();
        printed.push(b'\n');
        printed.extend_from_slice(&self.bytes);
        printed.extend(self.signature.iter().flatten());
        printed
    }

    /// Reads what [`Self::print`] wrote; `None` for anything else, which is lost without harm.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let line_end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..line_end]).ok()?;
        let (index, signature) = bytes[line_end + 1..].split_at_checked(head.index_bytes)?;
        let is_whole = head.format == FORMAT && signature.len() == head.signature_bytes.unwrap_or(0);
        is_whole.then(|| Self {
            source: head.source,
            fetched_at: Timestamp::from_millis(head.fetched_at_ms),
            etag: head.etag,
            bytes: index.into(),
            signature: head.signature_bytes.map(|_| signature.to_vec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cached;
    use rules::Timestamp;
    use std::time::Duration;

    fn cached() -> Cached {
        Cached {
            source: "https://rules.example/".to_owned(),
            fetched_at: Timestamp::from_millis(1_000_000),
            etag: Some("\"a\nb\"".to_owned()),
            bytes: (*b"{\n}\n").into(),
            signature: Some(b"untrusted comment\n".to_vec()),
        }
    }

    #[test]
    fn what_is_printed_is_read_and_nothing_else() {
        for signature in [None, Some(Vec::new()), Some(b"s\n".to_vec())] {
            let cached = Cached {
                signature,
                ..cached()
            };
            assert_eq!(Cached::parse(&cached.print()), Some(cached));
        }
        let printed = cached().print();
        for end in 0..printed.len() {
            assert_eq!(Cached::parse(&printed[..end]), None, "cut at {end}");
        }
        let longer = [printed.as_slice(), b"x"].concat();
        let other = String::from_utf8(printed)
            .unwrap()
            .replace("\"format\":1", "\"format\":2");
        assert_eq!(Cached::parse(&longer), None);
        assert_eq!(Cached::parse(other.as_bytes()), None);
    }

    #[test]
    fn it_is_current_until_the_time_is_over() {
        let cached = cached();
        let is_current =
            |now, ttl_ms| cached.is_current(Timestamp::from_millis(now), Duration::from_millis(ttl_ms));
        assert!(is_current(1_000_000, 1) && is_current(1_000_999, 1000));
        assert!(!is_current(1_001_000, 1000));
        assert!(!is_current(1_000_000, 0));
        assert!(!is_current(999_999, 1000), "the clock was set back");
        assert!(!is_current(i64::MAX, 1000) && !is_current(i64::MIN, 1000));
    }
}

//! What the headers of an answer say about when to ask again.

use rules::Timestamp;
use std::time::{Duration, UNIX_EPOCH};
use ureq::http::HeaderMap;

/// The furthest time that is believed: a limit that lasts longer says so again.
pub(super) const LIMIT_MAX: Duration = Duration::from_secs(3600);
/// How long to leave whoever says that there were too many requests, and not for how long.
pub(super) const LIMIT_UNKNOWN: Duration = Duration::from_secs(60);
/// The least wait, where the time that was named is over by our clock.
const WAIT_MIN: Duration = Duration::from_secs(1);

/// How long `Retry-After` asks to wait, in seconds or until a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(LIMIT_MAX));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since_epoch = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(wait_until(since_epoch, now))
}

/// How long there are no requests left, as GitHub says it with every answer; `None` while there are some.
pub(super) fn exhausted(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if number("x-ratelimit-remaining")? > 0 {
        return None;
    }
    let reset = number("x-ratelimit-reset")?;
    Some(wait_until(Duration::from_secs(reset), now).max(WAIT_MIN))
}

/// How long a refusal (403 or 429) asks to wait; `None` if it is not for too many requests.
///
/// GitHub says so of its secondary limits in the body alone.
pub(super) fn refused(headers: &HeaderMap, body: &[u8], now: Timestamp) -> Option<Duration> {
    let says_so = || {
        let body = String::from_utf8_lossy(body).to_ascii_lowercase();
        body.contains("rate limit").then_some(LIMIT_UNKNOWN)
    };
    retry_after(headers, now)
        .or_else(|| exhausted(headers, now))
        .or_else(says_so)
}

/// The time so long after another.
pub(super) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(wait_ms))
}

fn wait_until(since_epoch: Duration, now: Timestamp) -> Duration {
    let now = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default());
    since_epoch.saturating_sub(now).min(LIMIT_MAX)
}

#[cfg(test)]
mod tests {
    use super::{exhausted, refused, retry_after};
    use rules::Timestamp;
    use std::time::Duration;
    use ureq::http::{HeaderMap, HeaderName, HeaderValue};

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let parsed = list.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        parsed.collect()
    }

    fn now() -> Timestamp {
        Timestamp::parse("1994-11-15T08:12:31.250Z").unwrap()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_longer_than_is_believed() {
        let of = |value: &str| retry_after(&headers(&[("retry-after", value)]), now());
        assert_eq!(of("120"), Some(Duration::from_secs(120)));
        assert_eq!(of(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            of("Tue, 15 Nov 1994 08:12:33 GMT"),
            Some(Duration::from_millis(1750))
        );
        assert_eq!(of("Tue, 15 Nov 1994 08:12:30 GMT"), Some(Duration::ZERO));
        assert_eq!(
            of("Wed, 15 Nov 1995 08:12:30 GMT"),
            Some(Duration::from_secs(3600))
        );
        assert_eq!(of("18446744073709551615"), Some(Duration::from_secs(3600)));
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn no_requests_are_left_until_the_reset() {
        let of = |left: &str, reset: &str| {
            exhausted(
                &headers(&[("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset)]),
                now(),
            )
        };
        assert_eq!(of("0", "784887252"), Some(Duration::from_millis(100_750)));
        assert_eq!(of("0", "5"), Some(Duration::from_secs(1)));
        assert_eq!(of("1", "784887252"), None);
        assert_eq!(of("0", "never"), None);
        assert_eq!(exhausted(&headers(&[]), now()), None);
    }

    #[test]
    fn a_refusal_is_a_limit_only_if_it_says_so() {
        let secondary = br#"{"message":"You have exceeded a secondary Rate Limit."}"#;
        assert_eq!(
            refused(&headers(&[]), secondary, now()),
            Some(Duration::from_secs(60))
        );
        assert_eq!(
            refused(&headers(&[("retry-after", "30")]), secondary, now()),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            refused(&headers(&[]), br#"{"message":"Bad credentials"}"#, now()),
            None
        );
        assert_eq!(
            refused(&headers(&[("x-ratelimit-remaining", "12")]), b"", now()),
            None
        );
    }
}

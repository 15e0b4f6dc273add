//! Parses the text of one setting; `None` means that it is not allowed.
//!
//! What is allowed is said by the table, so these give no reasons of their own.

use super::{
    Format,
    traces::{Compression, Protocol, Root, SamplerName},
};
use hyper::{
    Uri,
    header::{HeaderName, HeaderValue},
};
use std::{borrow::Cow, net::IpAddr, path::PathBuf, str::FromStr, time::Duration};
use tracing_subscriber::filter::Targets;

/// The longest duration: a year. Longer ones are typing errors, and timers need a bound.
const DURATION_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The units of a duration in milliseconds; each may stand once, in this order.
const DURATION_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// The units of a size.
const SIZE_UNITS: [(&str, usize); 4] = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A duration such as `500ms`, `5s` or `1h30m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut units, mut total) = (text, DURATION_UNITS.iter(), 0_u64);
    while !rest.is_empty() {
        let (number, after) = split_digits(rest)?;
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let (_, millis) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*millis)?)?;
        rest = next;
    }
    let duration = Duration::from_millis(total);
    (!text.is_empty() && duration <= DURATION_MAX).then_some(duration)
}

/// A duration that is not zero.
pub(super) fn duration_above_zero(text: &str) -> Option<Duration> {
    duration(text).filter(|duration| !duration.is_zero())
}

/// A duration of a minute or more.
pub(super) fn duration_of_minutes(text: &str) -> Option<Duration> {
    duration(text).filter(|duration| *duration >= Duration::from_secs(60))
}

/// A size in bytes, such as `4096`, `64 KiB` or `1MiB`.
pub(super) fn size(text: &str) -> Option<usize> {
    let (number, unit) = split_digits(text)?;
    let (_, factor) = SIZE_UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    number
        .parse::<usize>()
        .ok()?
        .checked_mul(*factor)
        .filter(|bytes| isize::try_from(*bytes).is_ok())
}

/// A size that is not zero.
pub(super) fn size_above_zero(text: &str) -> Option<usize> {
    size(text).filter(|bytes| *bytes > 0)
}

/// A plain decimal number.
pub(super) fn number<T: FromStr>(text: &str) -> Option<T> {
    // A sign would be accepted by the standard parser.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A plain decimal number that is not zero.
pub(super) fn number_above_zero(text: &str) -> Option<usize> {
    number(text).filter(|number| *number > 0)
}

/// A number of connections, of which one has to be left while another is at work for long.
pub(super) fn number_above_one(text: &str) -> Option<usize> {
    number(text).filter(|number| *number > 1)
}

/// A number of requests a second.
pub(super) fn rate(text: &str) -> Option<u32> {
    number(text).filter(|number| *number <= 1_000_000)
}

/// A number of requests a second that is not zero.
pub(super) fn rate_above_zero(text: &str) -> Option<u32> {
    rate(text).filter(|number| *number > 0)
}

/// Any text; whoever reads it has more to say about it than that it is not allowed.
pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// An IP address, with or without brackets.
pub(super) fn host(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match bare {
        Some(bare) => bare.parse().map(IpAddr::V6).ok(),
        None => text.parse().ok(),
    }
}

/// A truth value.
pub(super) fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// A path; every text is one.
pub(super) fn path(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text))
}

/// A mode of resolve.
pub(super) fn mode(text: &str) -> Option<rules::Mode> {
    [rules::Mode::Best, rules::Mode::All]
        .into_iter()
        .find(|mode| mode.as_str() == text)
}

/// Whose JavaScript counts.
pub(super) fn pack_js(text: &str) -> Option<rules::PackJs> {
    match text {
        "trusted" => Some(rules::PackJs::Trusted),
        "all" => Some(rules::PackJs::All),
        "none" => Some(rules::PackJs::None),
        _ => None,
    }
}

/// A level, or a list of levels by part of the program.
pub(super) fn log_level(text: &str) -> Option<Targets> {
    // The parser takes nothing at all for a level.
    let is_level =
        |text: &str| !text.is_empty() && text.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    // A bare word that is no level would be taken for the name of a part, and a misspelt level be lost.
    let parts = text.split(',').map(str::trim);
    let sound = parts
        .clone()
        .all(|part| part.rsplit('=').next().is_some_and(is_level));
    sound.then(|| parts.collect::<Vec<_>>().join(",").parse().ok())?
}

/// How an event is written.
pub(super) fn log_format(text: &str) -> Option<Format> {
    match text {
        "json" => Some(Format::Json),
        "text" => Some(Format::Text),
        _ => None,
    }
}

/// Whether spans are exported.
pub(super) fn traces_exporter(text: &str) -> Option<bool> {
    match text {
        "otlp" => Some(true),
        "none" => Some(false),
        _ => None,
    }
}

/// The URL of a collector, without anything secret.
pub(super) fn endpoint(text: &str) -> Option<String> {
    let url: Uri = text.parse().ok()?;
    let is_plain = !url.authority()?.as_str().contains('@') && url.query().is_none() && !text.contains('#');
    (is_plain && matches!(url.scheme_str(), Some("http" | "https"))).then(|| text.to_owned())
}

/// How a collector is spoken to.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    match text {
        "http/protobuf" => Some(Protocol::Http),
        "grpc" => Some(Protocol::Grpc),
        _ => None,
    }
}

/// How what a collector is sent is compressed.
pub(super) fn compression(text: &str) -> Option<Compression> {
    match text {
        "none" => Some(Compression::None),
        "gzip" => Some(Compression::Gzip),
        _ => None,
    }
}

/// Pairs as the W3C's Baggage writes them.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let decoded = |text: &str| {
        let decoded = percent_encoding::percent_decode_str(text.trim()).decode_utf8();
        decoded.ok().map(Cow::into_owned)
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((decoded(name).filter(|name| !name.is_empty())?, decoded(value)?))
    };
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs.map(pair).collect()
}

/// Pairs that can be headers.
pub(super) fn headers(text: &str) -> Option<Vec<(String, String)>> {
    let is_header = |(name, value): &(String, String)| {
        HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
    };
    pairs(text).filter(|pairs| pairs.iter().all(is_header))
}

/// A number of milliseconds.
pub(super) fn millis(text: &str) -> Option<Duration> {
    let millis = number(text).filter(|millis| (1..=600_000).contains(millis));
    millis.map(Duration::from_millis)
}

/// A number of spans.
pub(super) fn number_of_spans(text: &str) -> Option<usize> {
    number(text).filter(|number| (1..=1_000_000).contains(number))
}

/// A share of all.
pub(super) fn ratio(text: &str) -> Option<f64> {
    text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
}

/// Which traces are recorded.
pub(super) fn sampler(text: &str) -> Option<SamplerName> {
    let (root, asks_parent) = match text.strip_prefix("parentbased_") {
        Some(root) => (root, true),
        None => (text, false),
    };
    let root = match root {
        "always_on" => Root::Always,
        "always_off" => Root::Never,
        "traceidratio" => Root::Ratio,
        _ => return None,
    };
    Some(SamplerName { root, asks_parent })
}

/// A short label.
pub(super) fn label(text: &str) -> Option<String> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (plain && (1..=64).contains(&text.len())).then(|| text.to_owned())
}

fn split_digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

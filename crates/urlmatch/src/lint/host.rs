//! Findings about the host part of a wildcard.

use super::{Lint, Parts};
use crate::{
    glob::{STAR, is_literal},
    wildcard::Schemes,
};
use std::net::Ipv6Addr;

/// What keeps a host part from matching any host.
pub(super) fn never_matches(parts: &Parts<'_>) -> Option<Lint> {
    query_in_host(parts)
        .or_else(|| fragment_in_host(parts))
        .or_else(|| credentials(parts))
        .or_else(|| bare_ipv6(parts))
        .or_else(|| forbidden_byte(parts))
        .or_else(|| bad_port(parts))
        .or_else(|| other_spelling(parts))
}

/// `example.com?x=*`: the query of a page without a path.
fn query_in_host(parts: &Parts<'_>) -> Option<Lint> {
    let (_, query) = split_query(parts)?;
    let reason = "the `?` stands before the first `/`, where it is one character of the host's name, and no host has a `=` or `&`; a URL has a `/` between host and query";
    query
        .contains(['=', '&'])
        .then(|| Lint::never_matches(reason, query_after_path(parts)))
}

/// `example.com?page`: likewise, but there may be such a host.
pub(super) fn question_mark_in_host(parts: &Parts<'_>) -> Option<Lint> {
    let (host, query) = split_query(parts)?;
    let looks_like_query =
        parts.rest.is_empty() && !query.is_empty() && host.contains('.') && !query.contains('.');
    let reason = "the `?` stands before the first `/`, where it is one character of the host's name; a URL has a `/` between host and query";
    looks_like_query.then(|| Lint {
        code: "not-a-plain-glob",
        reason: reason.to_owned(),
        suggestion: query_after_path(parts),
    })
}

fn split_query<'p>(parts: &Parts<'p>) -> Option<(&'p str, &'p str)> {
    parts
        .host
        .split_once('?')
        .filter(|(host, _)| !host.ends_with('\\') && !host.contains(':'))
}

fn query_after_path(parts: &Parts<'_>) -> Option<String> {
    let (host, query) = split_query(parts)?;
    Some(format!("{}{host}/\\?{query}{}", parts.scheme, parts.rest))
}

/// `example.com#top`: the fragment of a page without a path.
fn fragment_in_host(parts: &Parts<'_>) -> Option<Lint> {
    let at = parts.host.find('#')?;
    let (host, fragment) = parts.host.split_at(at);
    let reason =
        "the `#` stands before the first `/`, and no host has one; a URL has a `/` between host and fragment";
    Some(Lint::never_matches(
        reason,
        parts.with_host(&format!("{host}/{fragment}")),
    ))
}

fn credentials(parts: &Parts<'_>) -> Option<Lint> {
    let (_, host) = parts.host.rsplit_once('@')?;
    let reason = "URLs are matched without user name and password, so none has an `@` in front of its host";
    Some(Lint::never_matches(
        reason,
        parts.with_host(host).filter(|_| !host.is_empty()),
    ))
}

/// `::1/*`: an address without its brackets.
fn bare_ipv6(parts: &Parts<'_>) -> Option<Lint> {
    let address: Ipv6Addr = parts.host.parse().ok()?;
    let reason = "an IPv6 address stands in brackets in a URL";
    Some(Lint::never_matches(
        reason,
        parts.with_host(&format!("[{address}]")),
    ))
}

/// A literal that the URL standard forbids in a host.
fn forbidden_byte(parts: &Parts<'_>) -> Option<Lint> {
    // Brackets and colons are the business of `other_spelling`: with wildcards they may be an address.
    let is_forbidden = |byte: u8| byte.is_ascii_control() || b" #<>?@\\^|%".contains(&byte);
    let byte = parts
        .wildcard
        .name()
        .iter()
        .copied()
        .find(|&byte| is_literal(byte) && is_forbidden(byte))?;
    let shown = if byte.is_ascii_control() {
        "a control character".to_owned()
    } else {
        format!("`{}`", char::from(byte))
    };
    Some(Lint::never_matches(
        format!("{shown} cannot stand in a host"),
        None,
    ))
}

/// A port that is no number, or is written as no URL writes it.
fn bad_port(parts: &Parts<'_>) -> Option<Lint> {
    let port = parts
        .wildcard
        .port()
        .filter(|port| port.iter().copied().all(is_literal))?;
    let port = std::str::from_utf8(port).ok()?;
    let Some(number) = port
        .parse::<u16>()
        .ok()
        .filter(|_| port.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return Some(Lint::never_matches(
            format!("`{port}` is no port; a port is a number up to 65535"),
            None,
        ));
    };
    if number.to_string() == port {
        return None;
    }
    let host = &parts.host[..parts.host.rfind(':')?];
    let reason = format!("URLs write the port as `{number}`");
    Some(Lint::never_matches(
        reason,
        parts.with_host(&format!("{host}:{number}")),
    ))
}

/// A host without wildcards that the URL parser refuses or spells in another way.
fn other_spelling(parts: &Parts<'_>) -> Option<Lint> {
    let name = std::str::from_utf8(parts.wildcard.name())
        .ok()
        .filter(|name| !name.contains(['*', '?']))?;
    let url = match url::Url::parse(&format!("http://{name}/")) {
        Ok(url) => url,
        Err(error) => return Some(Lint::never_matches(format!("`{name}` is no host: {error}"), None)),
    };
    let parsed = url.host_str()?;
    let spelled = parsed.strip_suffix('.').unwrap_or(parsed);
    let port = parts
        .wildcard
        .port()
        .and_then(|_| Some(&parts.host[parts.host.rfind(':')?..]))
        .unwrap_or("");
    (spelled != name).then(|| {
        Lint::never_matches(
            format!("URLs write this host as `{spelled}`"),
            parts.with_host(&format!("{spelled}{port}")),
        )
    })
}

/// `*example.com/*` and `example.com*/x`: hosts that only begin or end alike.
pub(super) fn other_hosts(parts: &Parts<'_>) -> Option<Lint> {
    let is_plain = |name: &[u8]| name.contains(&b'.') && name.iter().copied().all(is_literal);
    let (host, example) = match parts.wildcard.name() {
        [STAR, name @ ..] if is_plain(name) && name[0].is_ascii_alphanumeric() => {
            let written = parts.host.trim_start_matches('*');
            (format!("*.{written}"), format!("not{written}"))
        }
        [name @ .., STAR]
            if is_plain(name)
                && name[name.len() - 1].is_ascii_alphanumeric()
                && parts.wildcard.port().is_none() =>
        {
            let written = parts.host.trim_end_matches('*');
            (written.to_owned(), format!("{written}.evil.test"))
        }
        _ => return None,
    };
    let reason = format!("it also matches other hosts, such as `{example}`");
    parts
        .with_host(&host)
        .map(|suggestion| Lint::new("matches-other-hosts", reason, suggestion))
}

/// `example.com:443/*` without a scheme: only `http` has that port in its URLs.
pub(super) fn default_port(parts: &Parts<'_>) -> Option<Lint> {
    let (scheme, other) = match parts.wildcard.port()? {
        b"443" => ("https", "http"),
        b"80" => ("http", "https"),
        _ => return None,
    };
    if parts.wildcard.schemes() != Schemes::Both {
        return None;
    }
    let host = &parts.host[..parts.host.rfind(':')?];
    let port = &parts.host[host.len()..];
    let reason = format!(
        "no `{scheme}` URL has the port `{port}`, since it is the default and left out; so it matches `{other}://{host}{port}` only"
    );
    Some(Lint::new(
        "not-a-plain-glob",
        reason,
        format!("{scheme}://{host}{}", parts.rest),
    ))
}

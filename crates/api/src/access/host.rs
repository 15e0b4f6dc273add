//! Whom a request is addressed to, and whether that may be us.
//!
//! A page can give its own name our address (DNS rebinding), and then its browser counts us as part of
//! that page's site. What it cannot do is send another name in `Host` than its own. So without tokens
//! the service answers only to names that no stranger can own.

use crate::error::{Error, Problem};
use axum::{extract::Request, http::header};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest name that DNS has, in bytes.
const NAME_BYTES_MAX: usize = 253;

/// A host as it is written in a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

/// A host and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    pub(crate) host: Host<'a>,
    pub(crate) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Parses `host`, `host:port`, `[v6]` or `[v6]:port`, and nothing that a browser would read in another way.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            (Host::Address(address.parse::<Ipv6Addr>().ok()?.into()), port)
        } else {
            let end = text.find(':').unwrap_or(text.len());
            (Host::parse(&text[..end])?, &text[end..])
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            None => return None,
            // A colon without a port is the default port (RFC 3986).
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { host, port })
    }

    /// Whom a request is addressed to: what its target says, else `Host` (RFC 9112, 3.2).
    pub(crate) fn of(request: &'a Request) -> Result<Option<Self>, Error> {
        let malformed = |reason: &'static str| Error::invalid_input(vec![Problem::new("host", reason)]);
        let mut sent = request.headers().get_all(header::HOST).iter();
        let (first, second) = (sent.next(), sent.next());
        if second.is_some() {
            return Err(malformed("the header is sent more than once"));
        }
        let text = match (request.uri().authority(), first) {
            (Some(authority), _) => authority.as_str(),
            (None, Some(host)) => host.to_str().map_err(|_| malformed("is not ASCII"))?,
            (None, None) => return Ok(None),
        };
        let parsed = Self::parse(text).ok_or_else(|| malformed("is not a host, or a host and a port"))?;
        Ok(Some(parsed))
    }
}

impl<'a> Host<'a> {
    /// Parses a host other than an IPv6 address.
    fn parse(text: &'a str) -> Option<Self> {
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let last = name.rsplit('.').next()?;
        let sound = name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label) && !is_number(last);
        sound.then_some(Self::Name(text))
    }

    /// Whether it names this machine to itself, whatever DNS says.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.to_canonical().is_loopback(),
            Self::Name(name) => name
                .strip_suffix('.')
                .unwrap_or(name)
                .eq_ignore_ascii_case("localhost"),
        }
    }

    /// Whether no stranger can own it: an address, a loopback name, or a name without a dot.
    fn is_out_of_reach(&self) -> bool {
        match self {
            Self::Address(_) => true,
            Self::Name(name) => self.is_loopback() || !name.contains('.'),
        }
    }
}

/// Whether browsers read a last label as part of an IPv4 address: `127.1`, `2130706433`, `0x7f000001`.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Names that the service answers to beside those that no stranger can own.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Parses names that commas separate.
    pub fn parse(text: &str) -> Option<Self> {
        let name = |one: &str| match Host::parse(one.trim())? {
            Host::Name(name) => Some(name.strip_suffix('.').unwrap_or(name).to_owned()),
            Host::Address(address) => Some(address.to_string()),
        };
        text.split(',').map(name).collect::<Option<_>>().map(Self)
    }

    /// Whether the service answers to it where there are no tokens.
    pub(crate) fn allow(&self, host: &Host<'_>) -> bool {
        let is_named = |name: &str| {
            let name = name.strip_suffix('.').unwrap_or(name);
            self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        host.is_out_of_reach() || matches!(host, Host::Name(name) if is_named(name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Authority, Hosts};
    use proptest::prelude::*;

    /// What is read: whether it is out of a stranger's reach, whether it is loopback; nothing if it is refused.
    #[rustfmt::skip] // one case a line
    const HOSTS: &[(&str, Option<(bool, bool)>)] = &[
        ("localhost", Some((true, true))),
        ("localhost:8080", Some((true, true))),
        ("LOCALHOST", Some((true, true))),
        ("LocalHost.:80", Some((true, true))),
        ("localhost:", Some((true, true))),
        ("127.0.0.1", Some((true, true))),
        ("127.8.9.10:1", Some((true, true))),
        ("[::1]", Some((true, true))),
        ("[0:0:0:0:0:0:0:1]:65535", Some((true, true))),
        ("[::ffff:127.0.0.1]:80", Some((true, true))),
        ("192.168.1.5", Some((true, false))),
        ("0.0.0.0:8080", Some((true, false))),
        ("[::]", Some((true, false))),
        ("[fe80::1]:80", Some((true, false))),
        ("asset-injector:8080", Some((true, false))),
        ("my_service", Some((true, false))),
        ("localhost0", Some((true, false))),
        ("named.example", Some((true, false))),
        ("NAMED.example.:443", Some((true, false))),
        ("a.named.example", Some((false, false))),
        ("named.example.evil.test", Some((false, false))),
        ("evil.test", Some((false, false))),
        ("localhost.evil.test", Some((false, false))),
        ("evil.localhost", Some((false, false))),
        ("127.0.0.1.evil.test", Some((false, false))),
        ("127-0-0-1.evil.test:8080", Some((false, false))),
        ("evil.", Some((false, false))),
        ("xn--lcalhost-7wb.test", Some((false, false))),
        // Browsers read these as addresses; who sends them as they stand is no browser.
        ("2130706433", None),
        ("0x7f000001", None),
        ("0X7F000001", None),
        ("0x", None),
        ("127.1", None),
        ("127.0.0.01", None),
        ("127.0.0.1.", None),
        ("0177.0.0.1", None),
        ("256.0.0.1", None),
        ("1.2.3.4.5", None),
        ("", None),
        (".", None),
        ("..", None),
        ("localhost..", None),
        (".localhost", None),
        ("a..b", None),
        (":8080", None),
        ("localhost:65536", None),
        ("localhost:-1", None),
        ("localhost:+1", None),
        ("localhost:80:80", None),
        ("localhost:80a", None),
        ("localhost 80", None),
        ("localhost, evil.test", None),
        ("localhost/", None),
        ("user@localhost", None),
        ("localhost@evil.test", None),
        ("localhost#", None),
        ("local\u{e4}host", None),
        ("l\u{2024}ocalhost", None),
        ("%6cocalhost", None),
        ("[::1", None),
        ("::1", None),
        ("[::1]8080", None),
        ("[::1]:", Some((true, true))),
        ("[::1%25lo]", None),
        ("[127.0.0.1]", None),
        ("[localhost]", None),
        ("*", None),
    ];

    #[test]
    fn whom_no_stranger_can_be() {
        let hosts = Hosts::parse("named.example, other.example.").unwrap();
        for (text, expected) in HOSTS {
            let read = Authority::parse(text).map(|authority| authority.host);
            let found = read.map(|host| (hosts.allow(&host), host.is_loopback()));
            assert_eq!(found, *expected, "{text}");
        }
        let long = format!("{}.test", "a.".repeat(200));
        assert_eq!(Authority::parse(&long), None);
    }

    #[test]
    fn allowed_hosts_are_names_without_ports() {
        for good in ["a.example", "A.example,b.example", "10.0.0.1"] {
            assert!(Hosts::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a.example:80",
            "https://a.example",
            "*",
            "*.a.example",
            "a.example,,b",
        ] {
            assert!(Hosts::parse(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        /// Feature: asset-injector, Property: a host that is taken for loopback is written as one
        #[test]
        fn what_is_taken_for_loopback_is_written_as_one(text in "[a-zA-Z0-9.:\\[\\]%@-]{0,20}|127[.0-9]{0,9}|localhost.{0,6}") {
            if Authority::parse(&text).is_some_and(|authority| authority.host.is_loopback()) {
                let lower = text.to_ascii_lowercase();
                let known = ["localhost", "127.", "[::1]", "[0", "[::"];
                prop_assert!(known.iter().any(|start| lower.starts_with(start)), "{}", text);
                prop_assert!(!lower.contains(['@', '%']), "{}", text);
            }
        }
    }
}

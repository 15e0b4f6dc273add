//! Origins of pages: parsed, compared, and looked up among those that are allowed.

use super::host::{Authority, Host};
use std::net::IpAddr;

/// A scheme, a host and a port, in the form in which equal ones are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: OwnHost,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum OwnHost {
    Address(IpAddr),
    Name(String),
}

impl Origin {
    /// Parses `scheme://host` or `scheme://host:port`, and nothing else: no path, no list, no `null`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let mut letters = scheme.bytes();
        let sound = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        sound
            .then(|| Authority::parse(authority))
            .flatten()
            .map(|authority| Self::new(scheme, &authority))
    }

    /// The origin that a service with this address has for a page.
    pub(crate) fn of_service(is_https: bool, authority: &Authority<'_>) -> Self {
        Self::new(if is_https { "https" } else { "http" }, authority)
    }

    fn new(scheme: &str, authority: &Authority<'_>) -> Self {
        let scheme = scheme.to_ascii_lowercase();
        let default = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let host = match authority.host {
            Host::Address(address) => OwnHost::Address(address),
            Host::Name(name) => OwnHost::Name(name.to_ascii_lowercase()),
        };
        Self {
            scheme,
            host,
            port: authority.port.or(default),
        }
    }
}

/// The origins whose pages may use the service.
#[derive(Clone, Debug)]
pub enum Origins {
    /// Every page may read.
    Any,
    /// Pages of these origins may read and write.
    Named(NamedOrigins),
}

/// A list of origins.
#[derive(Clone, Debug, Default)]
pub struct NamedOrigins(Vec<Origin>);

impl Default for Origins {
    fn default() -> Self {
        Self::Named(NamedOrigins::default())
    }
}

impl Origins {
    /// Parses origins that commas separate, or `*` alone.
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let origins = text.split(',').map(|one| Origin::parse(one.trim()));
        origins
            .collect::<Option<_>>()
            .map(|origins| Self::Named(NamedOrigins(origins)))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Named(NamedOrigins(origins)) if origins.is_empty())
    }

    /// Whether an origin is named; `*` names none.
    pub(crate) fn name(&self, origin: &Origin) -> bool {
        matches!(self, Self::Named(NamedOrigins(origins)) if origins.contains(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Origins};
    use crate::access::host::Authority;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        #[rustfmt::skip] // one case a line
        let cases = [
            ("https://a.example", "https://a.example", true),
            ("https://a.example:443", "https://a.example", true),
            ("http://a.example:80", "http://a.example", true),
            ("HTTPS://A.Example", "https://a.example", true),
            ("http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example:444", "https://a.example", false),
            ("https://a.example", "https://b.example", false),
            ("https://a.example.", "https://a.example", false),
            ("http://localhost:8080", "http://127.0.0.1:8080", false),
        ];
        for (left, right, equal) in cases {
            let (parsed, other) = (Origin::parse(left).unwrap(), Origin::parse(right).unwrap());
            assert_eq!(parsed == other, equal, "{left} {right}");
        }
        #[rustfmt::skip] // one case a line
        let bad = [
            "", "null", "https://", "://a", "a.example", "https://a.example/", "https://a.example/path",
            "https://a.example https://b.example", "https://a.example,https://b.example", "https://u@a.example",
            "https://a.example:99999", "https://a.example?", "https://\u{e4}.example", "https://*.example", "*",
            "ht tp://a", "1http://a", "https://2130706433", "https://127.1",
        ];
        for text in bad {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_services_own_origin_follows_from_whom_the_request_is_addressed_to() {
        let own = |is_https, host: &str| Some(Origin::of_service(is_https, &Authority::parse(host).unwrap()));
        assert_eq!(
            own(false, "Localhost:8080"),
            Origin::parse("http://localhost:8080")
        );
        assert_eq!(own(true, "a.example"), Origin::parse("https://a.example:443"));
        assert_ne!(own(false, "a.example"), Origin::parse("https://a.example"));
    }

    #[test]
    fn a_star_stands_alone_and_names_nobody() {
        let origin = Origin::parse("https://a.example").unwrap();
        assert!(!Origins::parse("*").unwrap().name(&origin));
        assert!(
            Origins::parse("https://b.example, https://a.example")
                .unwrap()
                .name(&origin)
        );
        for bad in [
            "*,https://a.example",
            "https://a.example,*",
            "",
            "null",
            "https://a.example,",
            "a.example",
        ] {
            assert!(Origins::parse(bad).is_none(), "{bad}");
        }
        assert!(Origins::default().is_empty() && !Origins::parse("*").unwrap().is_empty());
    }
}

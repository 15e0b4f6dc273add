//! Where a request comes from: the socket's other end, or what a trusted proxy says of it.

use super::Peer;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Addresses and networks.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Parses addresses and networks (`10.0.0.0/8`) that commas separate.
    pub fn parse(text: &str) -> Option<Self> {
        let network = |one: &str| one.parse().ok().or_else(|| one.parse().map(IpAddr::into).ok());
        text.split(',')
            .map(|one| network(one.trim()))
            .collect::<Option<_>>()
            .map(Self)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client's address; unknown where nobody says whose connection it is.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client's own connection is encrypted.
    pub(crate) is_https: bool,
}

impl Client {
    /// The client behind a connection. Headers count only on a connection of a trusted proxy.
    pub(crate) fn of(peer: Option<&Peer>, headers: &HeaderMap, trusted: &Networks) -> Self {
        let Some(peer) = peer else {
            return Self {
                address: None,
                is_https: false,
            };
        };
        let address = peer.address.ip().to_canonical();
        if trusted.0.is_empty() || !trusted.contains(address) {
            return Self {
                address: Some(address),
                is_https: peer.is_tls,
            };
        }
        Self {
            address: Some(forwarded_for(address, headers, trusted)),
            is_https: forwarded_proto(headers)
                .map_or(peer.is_tls, |proto| proto.eq_ignore_ascii_case("https")),
        }
    }
}

/// The rightmost address that is not of a trusted proxy; what stands left of it anyone may have written.
fn forwarded_for(proxy: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut nearest = proxy;
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
    let hops = lines
        .into_iter()
        .rev()
        .flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    for hop in hops {
        // Who wrote something else has not said who its client is, so it is taken for the client.
        let Some(address) = address(hop.trim()) else {
            return nearest;
        };
        nearest = address;
        if !trusted.contains(address) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    let address = address.or_else(|| text.parse().map(|socket: SocketAddr| socket.ip()).ok());
    address.map(|address: IpAddr| address.to_canonical())
}

/// What the nearest proxy says of its client's connection.
fn forwarded_proto(headers: &HeaderMap) -> Option<&str> {
    let last = headers.get_all(X_FORWARDED_PROTO).iter().next_back();
    let text = last.map(HeaderValue::to_str)?.ok()?;
    text.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{Client, Networks};
    use crate::access::Peer;
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    fn client(peer: &str, sent: &[(&'static str, &[u8])]) -> (String, bool) {
        let trusted = Networks::parse("10.0.0.0/8, 192.0.2.1,2001:db8::/32").unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        let peer = Peer {
            address: peer.parse().unwrap(),
            is_tls: false,
        };
        let client = Client::of(Some(&peer), &headers, &trusted);
        (client.address.unwrap().to_string(), client.is_https)
    }

    #[test]
    fn only_a_trusted_proxy_says_who_its_client_is() {
        #[rustfmt::skip] // one case a line
        let cases: &[(&str, &[&[u8]], &str)] = &[
            ("203.0.113.9:1", &[b"198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1:1", &[], "10.0.0.1"),
            ("10.0.0.1:1", &[b"198.51.100.1"], "198.51.100.1"),
            ("[::ffff:10.0.0.1]:1", &[b"198.51.100.1"], "198.51.100.1"),
            // The client wrote the first one itself.
            ("10.0.0.1:1", &[b"127.0.0.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1:1", &[b"127.0.0.1, 198.51.100.1, 10.9.9.9, 192.0.2.1"], "198.51.100.1"),
            ("10.0.0.1:1", &[b"127.0.0.1", b"198.51.100.1", b"10.9.9.9"], "198.51.100.1"),
            ("10.0.0.1:1", &[b"10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            ("10.0.0.1:1", &[b"198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1:1", &[b"[2001:db9::1]:4711"], "2001:db9::1"),
            ("10.0.0.1:1", &[b"[2001:db9::1]"], "2001:db9::1"),
            ("10.0.0.1:1", &[b"::ffff:198.51.100.1"], "198.51.100.1"),
            ("[2001:db8::5]:1", &[b"198.51.100.1"], "198.51.100.1"),
            // What is no address hides who is behind it.
            ("10.0.0.1:1", &[b"127.0.0.1, unknown"], "10.0.0.1"),
            ("10.0.0.1:1", &[b"127.0.0.1, nonsense, 10.3.3.3"], "10.3.3.3"),
            ("10.0.0.1:1", &[b"127.0.0.1,"], "10.0.0.1"),
            ("10.0.0.1:1", &[b"127.0.0.1", b"\xff"], "10.0.0.1"),
            ("10.0.0.1:1", &[b""], "10.0.0.1"),
        ];
        for (peer, lines, expected) in cases {
            let sent: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            assert_eq!(client(peer, &sent).0, *expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_that_its_client_has_https() {
        let is_https = |peer, value: &[u8]| client(peer, &[("x-forwarded-proto", value)]).1;
        assert!(is_https("10.0.0.1:1", b"https"));
        assert!(is_https("10.0.0.1:1", b"http, HTTPS"));
        for value in [&b"http"[..], b"https, http", b"", b"httpss", b"\xff"] {
            assert!(!is_https("10.0.0.1:1", value), "{value:?}");
        }
        assert!(!is_https("203.0.113.9:1", b"https"));
        assert!(!client("10.0.0.1:1", &[]).1);
    }

    #[test]
    fn networks_are_addresses_and_prefixes() {
        for good in ["10.0.0.1", "10.0.0.0/8,::1", " 10.0.0.1 , fd00::/8 "] {
            assert!(Networks::parse(good).is_some(), "{good}");
        }
        for bad in ["", "10.0.0.1,", "localhost", "10.0.0.0/33", "10.0.0.0/", "1"] {
            assert!(Networks::parse(bad).is_none(), "{bad}");
        }
    }
}

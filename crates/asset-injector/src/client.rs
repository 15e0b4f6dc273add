//! Asks a server over HTTP.
//!
//! TLS is built in with its own roots (rustls, ring): `--server` must reach a service behind HTTPS
//! from an image that holds nothing but this binary. Proxies of the environment are not used: a
//! health check that goes through one says nothing about the server.

mod own;

use crate::{
    call::{Answer, Call, Observer},
    config::Config,
    failure::Failure,
    tls,
};
use anyhow::Context as _;
use own::OwnConnector;
use std::{io::Read as _, net::SocketAddr, time::Duration};
use ureq::{
    Agent, Body,
    http::Response,
    unversioned::{
        resolver::DefaultResolver,
        transport::{Connector as _, TcpConnector},
    },
};

/// The most bytes of an answer: of an export of very many rules.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The longest wait for what may take minutes; a server gives up after its `OPERATION_TIMEOUT`.
const LONG_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A server.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    token: Option<String>,
}

impl Client {
    /// A client of the server at this URL.
    ///
    /// # Errors
    ///
    /// When the URL is not one of a server.
    pub(crate) fn new(base: &str, timeout: Duration) -> Result<Self, Failure> {
        let rest = base
            .strip_prefix("http://")
            .or_else(|| base.strip_prefix("https://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(Failure::usage(
                format!("`{base}` is not the URL of a server"),
                "write it with its scheme: http://127.0.0.1:8080",
            ));
        }
        Ok(Self {
            agent: settings(timeout).new_agent(),
            base: base.trim_end_matches('/').to_owned(),
            token: None,
        })
    }

    /// A client of the configured server; one that listens on every address is asked on loopback.
    ///
    /// # Errors
    ///
    /// When the address has no port to ask, or the certificate cannot be read.
    pub(crate) fn of_configured(config: &Config, timeout: Duration) -> Result<Self, Failure> {
        let address = config.server.address;
        if address.port() == 0 {
            return Err(Failure::usage(
                "PORT is 0, which names no port that could be asked",
                "name the server that is meant by its URL",
            ));
        }
        let address = dialable(address);
        let Some(files) = &config.tls else {
            return Self::new(&format!("http://{address}"), timeout);
        };
        let encryption = OwnConnector::new(tls::leaf(&files.certificate)?)
            .map_err(|error| Failure::new(error.to_string(), "please report it"))?;
        let connector = ().chain(TcpConnector::default()).chain(encryption);
        Ok(Self {
            agent: Agent::with_parts(settings(timeout), connector, DefaultResolver::default()),
            base: format!("https://{address}"),
            token: None,
        })
    }

    /// The same client, which shows a token.
    pub(crate) fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// Whether it shows a token.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The server's URL.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Asks by GET.
    ///
    /// # Errors
    ///
    /// When no complete answer comes.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(&Call::get(path), &mut |_| ())
    }

    /// Makes a call.
    ///
    /// # Errors
    ///
    /// When no complete answer comes.
    pub(crate) fn send(&self, call: &Call, seen: Observer<'_>) -> anyhow::Result<Answer> {
        let authorized = match &self.token {
            Some(token) => call.clone().header("authorization", format!("Bearer {token}")),
            None => call.clone(),
        };
        let request = authorized.request(&self.base).map_err(unsendable)?;
        let url = request.uri().to_string();
        let (head, body) = request.into_parts();
        let answer = match body {
            Some(body) => self.run(ureq::http::Request::from_parts(head, &*body), call.is_long),
            None => self.run(ureq::http::Request::from_parts(head, ()), call.is_long),
        };
        let answer = answer.map_err(|error| {
            Failure::new(
                format!("no answer from {url}: {error}"),
                format!("is the server running? start one with `asset-injector serve`, or look with `curl -v {url}`"),
            )
        })?;
        read(answer, seen).with_context(|| format!("the answer of {url}"))
    }

    fn run(
        &self,
        request: ureq::http::Request<impl ureq::AsSendBody>,
        is_long: bool,
    ) -> Result<Response<Body>, ureq::Error> {
        if !is_long {
            return self.agent.run(request);
        }
        let patient = self.agent.configure_request(request);
        self.agent.run(patient.timeout_global(Some(LONG_TIMEOUT)).build())
    }
}

/// A token or a tag from outside may hold what no header can hold.
fn unsendable(error: hyper::http::Error) -> Failure {
    Failure::usage(
        format!("the request cannot be sent: {error}"),
        "look for line ends and other odd characters in ASSET_INJECTOR_TOKEN and in the options",
    )
}

fn read(answer: Response<Body>, seen: Observer<'_>) -> anyhow::Result<Answer> {
    let (head, body) = answer.into_parts();
    let mut reader = body.into_with_config().limit(ANSWER_BYTES_MAX).reader();
    let (mut whole, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        match reader.read(&mut piece)? {
            0 => break,
            length => {
                seen(&piece[..length]);
                whole.extend_from_slice(&piece[..length]);
            }
        }
    }
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: whole,
    })
}

fn settings(timeout: Duration) -> ureq::config::Config {
    Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(concat!("asset-injector/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// An address that can be dialled to reach a listener.
fn dialable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address.ip(),
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::{Client, dialable};
    use std::time::Duration;

    #[test]
    fn an_unspecified_address_is_dialled_on_loopback() {
        let dialled = |text: &str| dialable(text.parse().unwrap()).to_string();
        assert_eq!(dialled("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(dialled("[::]:80"), "[::1]:80");
        assert_eq!(dialled("10.0.0.7:80"), "10.0.0.7:80");
    }

    #[test]
    fn a_server_needs_a_scheme_and_a_host() {
        for wrong in ["127.0.0.1:8080", "ftp://a", "http://", "http:///x", ""] {
            assert!(Client::new(wrong, Duration::from_secs(1)).is_err(), "{wrong}");
        }
        assert_eq!(
            Client::new("http://a:1/", Duration::from_secs(1)).unwrap().base(),
            "http://a:1"
        );
    }
}

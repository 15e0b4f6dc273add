//! Asks a server over HTTP.
//!
//! TLS is built in with its own roots (rustls, ring): `--server` must reach a service behind HTTPS
//! from an image that holds nothing but this binary. Proxies of the environment are not used: a
//! health check that goes through one says nothing about the server.

mod own;

use crate::{config::Config, failure::Failure, tls};
use anyhow::Context as _;
use own::OwnConnector;
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use ureq::{
    Agent,
    unversioned::{
        resolver::DefaultResolver,
        transport::{Connector as _, TcpConnector},
    },
};

/// The most bytes of an answer: a stacked answer is at most 4 MiB, which JSON may double.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A server.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
}

/// An answer whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body; JSON null if it is not JSON.
    pub(crate) body: Value,
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
        })
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
        let url = format!("{}{path}", self.base);
        self.read(self.agent.get(&url).call(), &url)
    }

    /// Asks by POST with a JSON body.
    ///
    /// # Errors
    ///
    /// When no complete answer comes.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.base);
        let request = self.agent.post(&url).content_type("application/json");
        self.read(request.send(body.to_string()), &url)
    }

    fn read(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        url: &str,
    ) -> anyhow::Result<Answer> {
        let mut answer = answer.map_err(|error| {
            Failure::new(
                format!("no answer from {url}: {error}"),
                format!("is the server running? start one with `asset-injector serve`, or look with `curl -v {url}`"),
            )
        })?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec();
        let body = body.with_context(|| format!("the answer of {url}"))?;
        Ok(Answer {
            status: answer.status().as_u16(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }
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

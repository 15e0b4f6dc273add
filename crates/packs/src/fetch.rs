//! Fetches a URL that somebody else chose, without becoming their way into the network that we stand in.
//!
//! Only `https`, and only public addresses, at every redirect. A name is resolved once a connection, by the
//! resolver that checks what it finds, and the client connects to what that resolver gave and to nothing else: a
//! name that answers differently a moment later (DNS rebinding) has no second question to answer. Everything is
//! bounded: redirects, time, bytes on the wire, bytes after decompression.
//! Who may ask is not decided here.

mod address;
mod error;
mod exceptions;
mod resolve;

pub use address::is_public;
pub use error::Error;
pub use exceptions::Exceptions;
pub use resolve::{Lookup, SystemLookup};

use flate2::read::MultiGzDecoder;
use resolve::Guard;
use std::{
    fmt,
    io::Read as _,
    sync::Arc,
    time::{Duration, Instant},
};
use trace::Kind;
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, header},
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::transport::DefaultConnector,
};
use url::Url;

/// Redirects that are followed.
pub const REDIRECTS_MAX: usize = 3;
/// The time for all of it: names, connections, redirects and the body.
pub const TIME_MAX: Duration = Duration::from_secs(30);
/// The most bytes of a URL.
pub const URL_BYTES_MAX: usize = 8192;
/// The most bytes of an answer's headers.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body, decompressed.
    pub bytes: Vec<u8>,
    /// The media type without its parameters, in lower case; empty where the answer names none.
    pub media_type: String,
    /// The path of the URL that answered, after redirects.
    pub path: String,
}

/// Hears how many bytes of how many are there; the second is `None` where that is not known.
///
/// It begins at 0 again with every attempt.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);

/// Fetches within the bounds.
#[derive(Clone)]
pub struct Fetcher {
    exceptions: Arc<Exceptions>,
    lookup: Arc<dyn Lookup>,
    roots: RootCerts,
    time_max: Duration,
    headers: Vec<(&'static str, String)>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("exceptions", &self.exceptions)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// A fetcher with these exceptions, the system's names and the public roots of trust.
    pub fn new(exceptions: Exceptions) -> Self {
        Self {
            exceptions: Arc::new(exceptions),
            lookup: Arc::new(SystemLookup),
            roots: RootCerts::WebPki,
            time_max: TIME_MAX,
            headers: Vec::new(),
        }
    }

    /// The same, which sends these headers with every request.
    #[must_use]
    pub fn with_headers(self, headers: Vec<(&'static str, String)>) -> Self {
        Self { headers, ..self }
    }

    /// The same with names that are found in another way.
    #[must_use]
    pub fn with_lookup(self, lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, ..self }
    }

    /// The same with one root of trust, a certificate in DER, instead of the public ones.
    #[must_use]
    pub fn with_root(self, der: &[u8]) -> Self {
        let root = Certificate::from_der(der).to_owned();
        Self {
            roots: RootCerts::Specific(Arc::new(vec![root])),
            ..self
        }
    }

    /// The same with another time for all of it.
    #[must_use]
    pub fn with_time_max(self, time_max: Duration) -> Self {
        Self { time_max, ..self }
    }

    /// Fetches a URL of at most `bytes_max` bytes, on the wire and decompressed. It blocks.
    ///
    /// # Errors
    ///
    /// When the URL or one that it redirects to must not be fetched, or no complete answer comes within the bounds.
    pub fn fetch(&self, url: &str, bytes_max: usize) -> Result<Fetched, Error> {
        self.get(url, bytes_max, &mut |_, _| {})
    }

    fn get(&self, url: &str, bytes_max: usize, progress: Progress<'_>) -> Result<Fetched, Error> {
        let deadline = Instant::now() + self.time_max;
        let mut target = parse(url)?;
        for _ in 0..=REDIRECTS_MAX {
            self.check(&target)?;
            let mut answer = self.ask(&target, deadline)?;
            match redirect(&target, &answer)? {
                Some(next) => target = next,
                None => return take(&target, &mut answer, bytes_max, progress),
            }
        }
        Err(Error::Redirects)
    }

    /// Fetches in a span of its own, which whoever answers finds above its own one.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub fn fetch_traced(
        &self,
        url: &str,
        bytes_max: usize,
        progress: Progress<'_>,
    ) -> Result<Fetched, Error> {
        let asked = || {
            let fetcher = self.clone().with_headers(trace::headers());
            fetcher.get(url, bytes_max, progress)
        };
        trace::in_span("GET", Kind::Client, asked, |span, fetched| {
            span.set("http.request.method", "GET");
            // No more of the URL than this: it may hold credentials anywhere.
            if let Ok(url) = Url::parse(url) {
                span.set("server.address", host_of(&url));
                span.set("server.port", url.port_or_known_default().unwrap_or_default());
            }
            match fetched {
                Ok(_) => span.set("http.response.status_code", 200_u16),
                Err(Error::Status { status, .. }) => {
                    span.set("http.response.status_code", *status);
                    span.fail(status.to_string());
                }
                Err(error) => span.fail(error.name()),
            }
        })
    }

    /// What can be said of a URL before its name is resolved.
    fn check(&self, target: &Url) -> Result<(), Error> {
        if !target.username().is_empty() || target.password().is_some() {
            return Err(Error::Credentials);
        }
        let is_allowed = match target.scheme() {
            "https" => true,
            "http" => self.exceptions.name(target),
            _ => false,
        };
        if is_allowed {
            Ok(())
        } else {
            Err(Error::Scheme(host_of(target)))
        }
    }

    /// Sends one request, on a connection of its own.
    fn ask(&self, target: &Url, deadline: Instant) -> Result<Response<Body>, Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::TimedOut);
        }
        let config = Agent::config_builder()
            .timeout_global(Some(left))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .max_idle_connections(0)
            .max_response_header_size(HEADER_BYTES_MAX)
            .user_agent(concat!("asset-injector/", env!("CARGO_PKG_VERSION")))
            .accept("application/yaml, application/json, */*;q=0.5")
            .accept_encoding("gzip")
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .build();
        let guard = Guard {
            exceptions: Arc::clone(&self.exceptions),
            lookup: Arc::clone(&self.lookup),
        };
        let agent = Agent::with_parts(config, DefaultConnector::default(), guard);
        let mut request = agent.get(target.as_str());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
            .call()
            .map_err(|error| Error::of_client(error, &host_of(target)))
    }
}

fn parse(text: &str) -> Result<Url, Error> {
    if text.len() > URL_BYTES_MAX {
        return Err(Error::Url(format!(
            "has {} bytes, the most is {URL_BYTES_MAX}",
            text.len()
        )));
    }
    let mut url = Url::parse(text.trim()).map_err(|error| Error::Url(error.to_string()))?;
    url.set_fragment(None);
    Ok(url)
}

/// What a URL leads to, as people call it: the last part of its path, or else its host; never its query.
pub fn name_of(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    let last = |url: &Url| {
        let part = url.path_segments()?.rfind(|part| !part.is_empty())?;
        Some(part.to_owned())
    };
    let name = parsed.map(|url| last(&url).unwrap_or_else(|| host_of(&url)));
    name.unwrap_or_default()
}

/// The host as a message names it.
fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// Where an answer sends us, if it does.
pub(crate) fn redirect(target: &Url, answer: &Response<Body>) -> Result<Option<Url>, Error> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let broken = || Error::BadRedirect(host_of(target));
    let location = answer.headers().get(header::LOCATION).ok_or_else(broken)?;
    let location = location.to_str().map_err(|_| broken())?;
    if location.len() > URL_BYTES_MAX {
        return Err(broken());
    }
    let mut next = target.join(location).map_err(|_| broken())?;
    next.set_fragment(None);
    Ok(Some(next))
}

/// The body of the last answer.
fn take(
    target: &Url,
    answer: &mut Response<Body>,
    bytes_max: usize,
    progress: Progress<'_>,
) -> Result<Fetched, Error> {
    let host = host_of(target);
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(Error::Status { host, status });
    }
    let is_gzip = match header_text(answer.headers(), header::CONTENT_ENCODING).as_str() {
        "" | "identity" => false,
        "gzip" | "x-gzip" => true,
        _ => return Err(Error::Encoding(host)),
    };
    let media_type = header_text(answer.headers(), header::CONTENT_TYPE);
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let total = length(answer.headers());
    let body = receive(answer.body_mut(), (bytes_max, total), progress);
    let body = body.map_err(|error| Error::of_client(error, &host))?;
    let mut bytes = body.ok_or(Error::TooLarge(bytes_max))?;
    if is_gzip {
        bytes = inflate(&bytes, limit).map_err(|_| Error::Encoding(host))?;
        if bytes.len() > bytes_max {
            return Err(Error::TooLarge(bytes_max));
        }
    }
    let path = target.path().to_owned();
    Ok(Fetched {
        bytes,
        media_type,
        path,
    })
}

/// The bytes of a body as they come; `None` once there are more than are taken.
pub(crate) fn receive(
    body: &mut Body,
    (bytes_max, total): (usize, Option<u64>),
    progress: Progress<'_>,
) -> Result<Option<Vec<u8>>, ureq::Error> {
    let mut reader = body.as_reader();
    let (mut bytes, mut chunk, mut done) = (Vec::new(), vec![0; 64 * 1024], 0);
    progress(0, total);
    loop {
        let count = reader.read(&mut chunk)?;
        if count == 0 {
            return Ok(Some(bytes));
        }
        if bytes.len() + count > bytes_max {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..count]);
        done += u64::try_from(count).unwrap_or_default();
        progress(done, total);
    }
}

/// How many bytes the body has on the wire, where the answer says that.
pub(crate) fn length(headers: &HeaderMap) -> Option<u64> {
    header_text(headers, header::CONTENT_LENGTH).parse().ok()
}

/// Decompresses, at most one byte more than the limit: a bomb never unfolds.
pub(crate) fn inflate(compressed: &[u8], limit: u64) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(compressed)
        .take(limit.saturating_add(1))
        .read_to_end(&mut plain)?;
    Ok(plain)
}

/// A header in lower case; empty where it is missing or no text.
pub(crate) fn header_text(headers: &HeaderMap, name: header::HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim().to_ascii_lowercase()
}

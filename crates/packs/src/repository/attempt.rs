//! One attempt to get one file: the requests of its redirects, and the body.

use super::{
    Error, Progress,
    error::Failure,
    rate::{self, LIMIT_UNKNOWN},
};
use crate::fetch::{self, REDIRECTS_MAX};
use rules::Timestamp;
use std::time::{Duration, Instant};
use trace::Kind;
use ureq::{
    Agent, Body,
    http::{HeaderValue, Response, header},
};
use url::{Origin, Url};

/// The most bytes that are read of an answer which refuses something.
const REFUSAL_BYTES_MAX: u64 = 16 * 1024;

/// The version of GitHub's API that is spoken.
const API_VERSION: &str = "2022-11-28";

/// What is asked for.
pub(super) struct Ask<'a> {
    /// Its path in the repository, as messages name it.
    pub(super) what: &'a str,
    pub(super) url: Url,
    /// The most bytes, on the wire and decompressed.
    pub(super) bytes_max: usize,
    /// The version that is there already.
    pub(super) etag: Option<&'a str>,
    /// The media type that GitHub is asked for.
    pub(super) github_type: &'static str,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Got {
    /// The version that is there already is the newest.
    NotModified,
    /// The file.
    File { bytes: Vec<u8>, etag: Option<String> },
}

/// What all requests have in common.
pub(super) struct Caller {
    pub(super) agent: Agent,
    /// The origin that the token is for, and the headers of GitHub.
    pub(super) home: Origin,
    /// `Bearer …`
    pub(super) authorization: Option<HeaderValue>,
    pub(super) is_github: bool,
}

impl Caller {
    /// Asks once, for at most so long. `told` hears how long there are no requests left, when an answer says that.
    pub(super) fn attempt(
        &self,
        ask: &Ask<'_>,
        (time_max, now): (Duration, Timestamp),
        progress: Progress<'_>,
        told: &dyn Fn(Duration),
    ) -> Result<Got, Failure> {
        let deadline = Instant::now() + time_max;
        let mut target = ask.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let mut answer = self.send(&target, ask, deadline)?;
            if target.origin() == self.home
                && let Some(wait) = rate::exhausted(answer.headers(), now)
            {
                told(wait);
            }
            let next = fetch::redirect(&target, &answer);
            match next.map_err(|error| Failure::of_fetch(&error, ask.what))? {
                Some(next) => target = allowed(&target, next, ask.what)?,
                None => return take(&target, &mut answer, ask, now, progress),
            }
        }
        Err(Failure::of_fetch(&fetch::Error::Redirects, ask.what))
    }

    /// Sends one request, in a span of its own that whoever answers finds above its own one.
    fn send(&self, target: &Url, ask: &Ask<'_>, deadline: Instant) -> Result<Response<Body>, Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let what = ask.what.to_owned();
            return Err(Failure::Final(Error::TimedOut { what }));
        }
        let call = || self.request(target, ask, left).call();
        let answer = trace::in_span("GET", Kind::Client, call, |span, answer| {
            span.set("http.request.method", "GET");
            // No more of the URL than this: one that was redirected to may hold a token.
            span.set("server.address", host_of(target));
            span.set("server.port", target.port_or_known_default().unwrap_or_default());
            match answer {
                Ok(answer) => span.set("http.response.status_code", answer.status().as_u16()),
                Err(_) => span.fail("connection"),
            }
        });
        answer.map_err(|error| Failure::of_client(error, ask.what, &host_of(target)))
    }

    /// A request; at home it shows the token and speaks GitHub's language.
    fn request(
        &self,
        target: &Url,
        ask: &Ask<'_>,
        left: Duration,
    ) -> ureq::RequestBuilder<ureq::typestate::WithoutBody> {
        let config = self.agent.get(target.as_str()).config();
        let mut request = config.timeout_global(Some(left)).build();
        if target.origin() == self.home {
            if let Some(authorization) = &self.authorization {
                request = request.header(header::AUTHORIZATION, authorization);
            }
            if self.is_github {
                request = request
                    .header(header::ACCEPT, ask.github_type)
                    .header("x-github-api-version", API_VERSION);
            }
        }
        // One that is no value of a header came from a damaged copy.
        if let Some(Ok(etag)) = ask.etag.map(HeaderValue::from_str) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        for (name, value) in trace::headers() {
            request = request.header(name, value);
        }
        request
    }
}

/// The target of a redirect, if it may be followed.
fn allowed(target: &Url, next: Url, what: &str) -> Result<Url, Failure> {
    let is_downgrade = target.scheme() == "https" && next.scheme() != "https";
    let is_http = matches!(next.scheme(), "http" | "https");
    let has_credentials = !next.username().is_empty() || next.password().is_some();
    if is_downgrade || !is_http || has_credentials {
        let reason = format!("`{}` redirects to where it must not", host_of(target));
        return Err(Failure::Final(Error::invalid(what, reason)));
    }
    Ok(next)
}

/// What the last answer is.
fn take(
    target: &Url,
    answer: &mut Response<Body>,
    ask: &Ask<'_>,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<Got, Failure> {
    let what = ask.what.to_owned();
    match answer.status().as_u16() {
        200 => {
            let bytes = read(target, answer, ask, progress)?;
            let etag = answer.headers().get(header::ETAG);
            let etag = etag.and_then(|value| value.to_str().ok()).map(str::to_owned);
            Ok(Got::File { bytes, etag })
        }
        304 if ask.etag.is_some() => Ok(Got::NotModified),
        404 | 410 => Err(Failure::Final(Error::NotFound { what })),
        status @ 401 => Err(Failure::Final(Error::Denied { what, status })),
        status @ (403 | 429) => Err(refused(answer, what, status, now)),
        status if status == 408 || (500..600).contains(&status) => {
            let wait = rate::retry_after(answer.headers(), now);
            let error = Error::Unavailable {
                what,
                reason: format!("`{}` answered with status {status}", host_of(target)),
                until: wait.map(|wait| rate::after(now, wait)),
            };
            Err(Failure::Passing { error, wait })
        }
        status => {
            let reason = format!("`{}` answered with status {status}", host_of(target));
            Err(Failure::Final(Error::Invalid { what, reason }))
        }
    }
}

/// A refusal: for good, or for too many requests.
fn refused(answer: &mut Response<Body>, what: String, status: u16, now: Timestamp) -> Failure {
    let body = answer
        .body_mut()
        .with_config()
        .limit(REFUSAL_BYTES_MAX)
        .read_to_vec();
    let wait = rate::refused(answer.headers(), &body.unwrap_or_default(), now);
    if wait.is_none() && status == 403 {
        return Failure::Final(Error::Denied { what, status });
    }
    let until = rate::after(now, wait.unwrap_or(LIMIT_UNKNOWN));
    let error = Error::RateLimited { what, until };
    Failure::Passing { error, wait }
}

/// The body, decompressed.
fn read(
    target: &Url,
    answer: &mut Response<Body>,
    ask: &Ask<'_>,
    progress: Progress<'_>,
) -> Result<Vec<u8>, Failure> {
    let host = host_of(target);
    let is_gzip = match fetch::header_text(answer.headers(), header::CONTENT_ENCODING).as_str() {
        "" | "identity" => false,
        "gzip" | "x-gzip" => true,
        _ => return Err(Failure::of_fetch(&fetch::Error::Encoding(host), ask.what)),
    };
    let too_large = || {
        Failure::Final(Error::TooLarge {
            what: ask.what.to_owned(),
            bytes_max: ask.bytes_max,
        })
    };
    let limit = u64::try_from(ask.bytes_max).unwrap_or(u64::MAX);
    let total = fetch::length(answer.headers());
    if total.is_some_and(|total| total > limit) {
        return Err(too_large());
    }
    let bytes = fetch::receive(answer.body_mut(), (ask.bytes_max, total), progress)
        .map_err(|error| Failure::of_client(error, ask.what, &host))?;
    let bytes = match (bytes, is_gzip) {
        (Some(bytes), true) => Some(fetch::inflate(&bytes, limit).map_err(|_| Failure::Passing {
            error: Error::invalid(
                ask.what,
                format!("the answer of `{host}` is compressed and broken"),
            ),
            wait: None,
        })?),
        (bytes, _) => bytes,
    };
    bytes
        .filter(|bytes| bytes.len() <= ask.bytes_max)
        .ok_or_else(too_large)
}

/// The host as a message names it.
fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

//! Successful answers: the envelope, entity tags, and how long a client may keep them.

use crate::error::Error;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use rules::Timestamp;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// The envelope of every success.
#[derive(Serialize, ToSchema)]
pub(crate) struct Success<T> {
    #[schema(example = "success")]
    status: &'static str,
    data: T,
}

/// `X-Cache`: whether the resolve cache had the answer.
pub(crate) const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The media type of our JSON.
pub(crate) const JSON_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// About how many headers an answer leaves with.
const HEADERS: usize = 12;

/// The bytes of a success.
pub(crate) fn envelope(data: impl Serialize, capacity: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(capacity);
    serde_json::to_writer(
        &mut bytes,
        &Success {
            status: "success",
            data,
        },
    )
    .expect("plain data serializes");
    bytes.into()
}

/// A success.
pub(crate) fn success(data: impl Serialize) -> Response {
    json(envelope(data, 512))
}

/// A success that made something, which is found at `location` from now on.
pub(crate) fn created(location: &str, mut response: Response) -> Response {
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A success whose representation has this tag.
pub(crate) fn tagged(data: impl Serialize, tag: &str) -> Response {
    let mut response = success(data);
    let tag = HeaderValue::from_str(tag).expect("a quoted hash is a header value");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// Whether a tag that a client has stands for this representation: its own, or that of one of its codings.
pub(crate) fn is_same_tag(sent: &str, tag: &str) -> bool {
    sent == tag || CODINGS.iter().any(|coding| coded_tag(tag, coding) == sent)
}

/// JSON that is there already.
pub(crate) fn json(bytes: Bytes) -> Response {
    typed(bytes, JSON_TYPE)
}

/// Bytes of a media type.
pub(crate) fn typed(bytes: impl Into<Body>, media_type: HeaderValue) -> Response {
    let mut response = Response::new(bytes.into());
    // Room for what the middleware adds: a map that grows on the way costs more than the headers.
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}

/// The strong entity tag of a representation: the same in every process.
pub(crate) fn entity_tag(representation: &[u8]) -> Box<str> {
    format!("\"{:032x}\"", twox_hash::XxHash3_128::oneshot(representation)).into()
}

/// A representation that a client may keep.
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    pub(crate) tag: Box<str>,
    pub(crate) media_type: HeaderValue,
    pub(crate) cache_hit: bool,
    pub(crate) cache_control: HeaderValue,
}

impl Kept {
    /// The answer to a conditional request: 304 if the client has this representation, in whatever coding.
    pub(crate) fn respond(self, request: &HeaderMap) -> Result<Response, Error> {
        let matched = matching_tag(request, &self.tag);
        let tag = matched.as_deref().unwrap_or(&self.tag);
        let tag = HeaderValue::from_str(tag).map_err(|error| Error::internal(error.to_string()))?;
        let mut response = if matched.is_some() {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
                .headers_mut()
                .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            response
        } else {
            typed(self.bytes, self.media_type)
        };
        let cache = HeaderValue::from_static(if self.cache_hit { "hit" } else { "miss" });
        let headers = response.headers_mut();
        headers.insert(header::ETAG, tag);
        headers.insert(header::CACHE_CONTROL, self.cache_control);
        headers.insert(X_CACHE, cache);
        Ok(response)
    }
}

/// The codings that an answer may get on its way out; each has a tag of its own.
const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// The tag of the same representation in a coding.
pub(crate) fn coded_tag(tag: &str, coding: &str) -> String {
    format!("{}-{coding}\"", tag.strip_suffix('"').unwrap_or(tag))
}

/// The tag in `If-None-Match` that stands for this representation: its own, or that of one of its codings.
fn matching_tag(request: &HeaderMap, tag: &str) -> Option<String> {
    let sent = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    for one in sent.flat_map(|list| list.split(',')).map(str::trim) {
        // The comparison of `If-None-Match` is the weak one.
        let opaque = one.strip_prefix("W/").unwrap_or(one);
        if one == "*" {
            return Some(tag.to_owned());
        }
        if is_same_tag(opaque, tag) {
            return Some(opaque.to_owned());
        }
    }
    None
}

/// `Cache-Control` for an answer that holds until `valid_until`.
pub(crate) fn cache_control(
    max_age: Duration,
    valid_until: Option<Timestamp>,
    now: Timestamp,
) -> HeaderValue {
    let left = valid_until.map(|until| until.as_millis().saturating_sub(now.as_millis()) / 1000);
    let left = left.map_or(u64::MAX, |seconds| u64::try_from(seconds).unwrap_or(0));
    match max_age.as_secs().min(left) {
        0 => HeaderValue::from_static("no-cache"),
        seconds => HeaderValue::from_str(&format!("max-age={seconds}")).expect("digits are a header value"),
    }
}

//! Cross-origin requests of the origins that are configured; without any, browsers are told nothing.

use super::Added;
use crate::access::{
    origin::{Origin, Origins},
    policy::Policy,
    right::Right,
};
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// What pages may send beside what they always may.
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, if-match, if-none-match, x-request-id");
/// What pages may read beside what they always may.
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "etag, location, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-cache, x-request-id",
);
/// For how long browsers need not ask again, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The answer to a browser that asks whether a page may send a request.
pub(super) fn preflight(policy: &Policy, request: &Request) -> Option<Response> {
    if policy.access.cors_origins.is_empty() || request.method() != Method::OPTIONS {
        return None;
    }
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    let method = Method::from_bytes(asked.as_bytes()).ok()?;
    let route = request.extensions().get::<MatchedPath>()?.as_str();
    let (_, right) = policy.rights.find(Some(route), &method);
    let origin = allowed(policy, right, request)?;
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, asked.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    headers.insert(
        header::VARY,
        HeaderValue::from_static("origin, access-control-request-method"),
    );
    Some((StatusCode::NO_CONTENT, headers).into_response())
}

/// What a browser needs to hand the answer to its page.
pub(super) fn headers(policy: &Policy, right: Right, request: &Request) -> Added {
    if policy.access.cors_origins.is_empty() {
        return None;
    }
    let mut headers = HeaderMap::new();
    // Also for who sends no origin: a cache must not give a page what another was told.
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    // A browser that asks about a method learns nothing from a refusal, so it is told nothing.
    let origin = allowed(policy, right, request).filter(|_| request.method() != Method::OPTIONS);
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
    Some(Box::new(headers))
}

/// The origin as the answer allows it: a named one, or any for what is no write.
fn allowed(policy: &Policy, right: Right, request: &Request) -> Option<HeaderValue> {
    let mut sent = request.headers().get_all(header::ORIGIN).iter();
    let (Some(sent), None) = (sent.next(), sent.next()) else {
        return None;
    };
    match &policy.access.cors_origins {
        Origins::Any => (!right.is_write()).then(|| HeaderValue::from_static("*")),
        Origins::Named(_) => {
            let origin = Origin::parse(sent.to_str().ok()?)?;
            policy.access.cors_origins.name(&origin).then(|| sent.clone())
        }
    }
}

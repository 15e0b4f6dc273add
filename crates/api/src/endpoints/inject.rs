//! The bare assets: `GET /v1/inject.css` and `GET /v1/inject.js`, for renderers that load a style sheet by URL.

use super::resolve::{Wanted, kept};
use crate::{
    answer,
    error::{Error, ErrorBody},
    extract::{self, MODES, Query},
    state::State,
};
use axum::{
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, Uri},
    response::Response,
};
use bytes::Bytes;
use rules::Resolution;
use std::sync::Arc;

/// The style sheet for a page; empty without a match.
#[utoipa::path(
    get, path = "/v1/inject.css", tag = "resolving", operation_id = "inject_css",
    params(
        ("url" = String, Query, description = "the page's URL, percent-encoded"),
        ("mode" = Option<String>, Query, description = "`best` or `all`"),
        ("key" = Option<String>, Query, description = "a reader's token, for renderers that send no headers"),
    ),
    responses(
        (status = 200, description = "The style sheet", body = String, content_type = "text/css"),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn css(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    asset(
        &state,
        &uri,
        &headers,
        ("text/css; charset=utf-8", |answer| &answer.css),
    )
}

/// The script for a page; empty without a match.
#[utoipa::path(
    get, path = "/v1/inject.js", tag = "resolving", operation_id = "inject_js",
    params(
        ("url" = String, Query, description = "the page's URL, percent-encoded"),
        ("mode" = Option<String>, Query, description = "`best` or `all`"),
        ("key" = Option<String>, Query, description = "a reader's token, for renderers that send no headers"),
    ),
    responses(
        (status = 200, description = "The script", body = String, content_type = "text/javascript"),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn js(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    asset(
        &state,
        &uri,
        &headers,
        ("text/javascript; charset=utf-8", |answer| &answer.js),
    )
}

/// A media type, and which part of an answer has it.
type Part = (&'static str, fn(&Resolution) -> &str);

fn asset(state: &State, uri: &Uri, headers: &HeaderMap, (media_type, part): Part) -> Result<Response, Error> {
    let mut query = Query::parse(uri.query());
    let url = query.text("url");
    let mode = query.choice("mode", &MODES);
    // A reader's token, which authentication has read.
    query.text("key");
    query.finish()?;
    let resolved = Wanted::new(extract::required_url("url", url)?, mode).resolve(state)?;
    let bytes = Bytes::copy_from_slice(part(&resolved.resolution).as_bytes());
    let tag = answer::entity_tag(&bytes);
    kept(
        state,
        &resolved,
        (bytes, tag),
        HeaderValue::from_static(media_type),
    )
    .respond(headers)
}

//! What a page gets: `POST /v1/resolve` and `GET /v1/resolve`.

use crate::{
    answer::{self, Kept, Success},
    error::{Error, ErrorBody},
    extract::{self, MODES, Object, Query},
    state::State,
};
use axum::{
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderValue, Uri},
    response::Response,
};
use bytes::Bytes;
use catalog::{Form, Rendered, Resolved};
use rules::{Mode, Resolution};
use serde::Serialize;
use std::sync::Arc;
use trace::Kind;
use urlmatch::Candidate;
use utoipa::ToSchema;

/// A question: what does this page get?
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the OpenAPI document; `Object` reads it, to list every problem"
)]
pub(crate) struct ResolveRequest {
    /// The page's URL.
    #[schema(example = "https://www.example.com/article")]
    url: String,
    /// `best` (the single first match) or `all` (every match, stacked); the configuration has the default.
    #[schema(example = "all")]
    mode: Option<String>,
    /// Whether each entry of `rules` carries its own `css` and `js`.
    parts: Option<bool>,
}

/// What a page gets; without a match empty strings, score 0 and no rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResolveData<'a> {
    /// The first rule in rank order.
    #[schema(example = "onetrust")]
    rule_id: &'a str,
    /// The style sheet to inject; the most specific rule's comes last.
    #[schema(example = "#onetrust-banner-sdk{display:none!important}")]
    css: &'a str,
    /// The script to inject; the most specific rule's comes last.
    js: &'a str,
    /// The score of the first rule.
    #[schema(example = 129)]
    score: u32,
    /// The rules, first in rank order first.
    rules: Vec<RulePart<'a>>,
    /// Whether more rules matched than the limits let in.
    truncated: bool,
    /// Whether the resolve cache had the answer; only for POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_hit: Option<bool>,
}

/// One rule of an answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulePart<'a> {
    id: &'a str,
    score: u32,
    /// Only when `parts` is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    css: Option<&'a str>,
    /// Only when `parts` is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    js: Option<&'a str>,
}

/// What is asked.
pub(super) struct Wanted {
    pub(super) candidate: Candidate,
    pub(super) mode: Option<Mode>,
    parts: bool,
}

/// Resolves a page's URL.
#[utoipa::path(
    post, path = "/v1/resolve", tag = "resolving", operation_id = "resolve",
    request_body = ResolveRequest,
    responses(
        (status = 200, description = "What the page gets", body = Success<ResolveData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, state.config.body_limit).await?;
    let wanted = Wanted::in_body(&body)?;
    let Resolved {
        resolution,
        cache_hit,
    } = wanted.resolve(&state)?;
    let make = |answer: &Resolution| render(answer, wanted.parts, Some(cache_hit));
    if wanted.parts || !cache_hit {
        return Ok(answer::json(make(&resolution)));
    }
    let rendered = resolution.rendered(Form::Cached, |answer| Rendered {
        bytes: make(answer),
        tag: None,
    });
    Ok(answer::json(rendered.bytes.clone()))
}

/// Resolves a page's URL, for clients and proxies that keep answers.
#[utoipa::path(
    get, path = "/v1/resolve", tag = "resolving", operation_id = "resolve_by_url",
    params(
        ("url" = String, Query, description = "the page's URL, percent-encoded"),
        ("mode" = Option<String>, Query, description = "`best` or `all`"),
        ("parts" = Option<bool>, Query, description = "css and js of each rule"),
    ),
    responses(
        (status = 200, description = "What the page gets, with `ETag`, `Cache-Control` and `X-Cache`", body = Success<ResolveData>),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let wanted = Wanted::in_query(&uri)?;
    let resolved = wanted.resolve(&state)?;
    let make = |answer: &Resolution| {
        let bytes = render(answer, wanted.parts, None);
        Rendered {
            tag: Some(answer::entity_tag(&bytes)),
            bytes,
        }
    };
    let rendered = match wanted.parts {
        true => make(&resolved.resolution),
        false => resolved.resolution.rendered(Form::Plain, make).clone(),
    };
    let representation = (rendered.bytes, rendered.tag.expect("made with one above"));
    kept(&state, &resolved, representation, answer::JSON_TYPE).respond(&headers)
}

impl Wanted {
    fn in_body(body: &[u8]) -> Result<Self, Error> {
        let mut fields = Object::parse(body)?;
        let candidate = fields.url("url");
        let mode = fields.choice("mode", &MODES);
        let parts = fields.flag("parts").unwrap_or(false);
        fields.finish(candidate.map(|candidate| Self {
            candidate,
            mode,
            parts,
        }))
    }

    fn in_query(uri: &Uri) -> Result<Self, Error> {
        let mut query = Query::parse(uri.query());
        let url = query.text("url");
        let mode = query.choice("mode", &MODES);
        let parts = query.flag("parts").unwrap_or(false);
        query.finish()?;
        Ok(Self {
            candidate: extract::required_url("url", url)?,
            mode,
            parts,
        })
    }

    /// A question without a wish for parts.
    pub(super) fn new(candidate: Candidate, mode: Option<Mode>) -> Self {
        Self {
            candidate,
            mode,
            parts: false,
        }
    }

    pub(super) fn resolve(&self, state: &State) -> Result<Resolved, Error> {
        let mode = self.mode.unwrap_or(state.catalog.settings().default_mode);
        let snapshot = state.snapshot()?;
        let resolve = || snapshot.resolve(&self.candidate, mode, state.now());
        Ok(trace::in_span(
            "resolve",
            Kind::Internal,
            resolve,
            |span, resolved| {
                span.set("resolve.mode", mode.as_str());
                span.set("resolve.cache_hit", resolved.cache_hit);
                span.set("resolve.rules", resolved.resolution.rules.len());
                span.set("snapshot.revision", snapshot.revision().0);
            },
        ))
    }
}

/// A representation of an answer that a client may keep until an expiry may change it.
pub(super) fn kept(
    state: &State,
    resolved: &Resolved,
    (bytes, tag): (Bytes, Box<str>),
    media_type: HeaderValue,
) -> Kept {
    let max_age = state.config.resolve_max_age;
    let cache_control = answer::cache_control(max_age, resolved.resolution.valid_until, state.now());
    Kept {
        bytes,
        tag,
        media_type,
        cache_hit: resolved.cache_hit,
        cache_control,
    }
}

fn render(resolution: &Resolution, parts: bool, cache_hit: Option<bool>) -> Bytes {
    let first = resolution.rules.first().map(|rule| &rule.entry);
    let data = ResolveData {
        rule_id: first.map_or("", |entry| entry.sourced.rule.id().as_str()),
        css: &resolution.css,
        js: &resolution.js,
        score: first.map_or(0, |entry| entry.score.value),
        rules: resolution
            .rules
            .iter()
            .map(|rule| RulePart::of(rule, parts))
            .collect(),
        truncated: resolution.truncated,
        cache_hit,
    };
    answer::envelope(data, 256 + resolution.css.len() + resolution.js.len())
}

impl<'a> RulePart<'a> {
    fn of(rule: &'a rules::ResolvedRule, parts: bool) -> Self {
        let entry = &rule.entry;
        let assets = entry.sourced.rule.assets();
        let js = if entry.gives_js { &*assets.js } else { "" };
        Self {
            id: entry.sourced.rule.id().as_str(),
            score: entry.score.value,
            css: parts.then_some(&*assets.css),
            js: parts.then_some(js),
        }
    }
}

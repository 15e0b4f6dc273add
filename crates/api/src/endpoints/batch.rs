//! Many pages at once: `POST /v1/resolve/batch`.

use crate::{
    answer::{self, Success},
    error::{Code, Error, ErrorBody},
    extract::{self, MODES, Object, Query},
    state::State,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::Answer;
use rules::Entry;
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use urlmatch::Candidate;
use utoipa::ToSchema;

const URLS_MAX: usize = 1000;
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What an entry of the answer takes beside the URL, where there is no answer for that URL.
const FAILURE_BYTES_MAX: usize = 256;
/// After so many URLs other requests on this thread get their turn.
const TURN: usize = 32;

/// Many questions.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the OpenAPI document; `Object` reads it, to list every problem"
)]
pub(crate) struct BatchRequest {
    /// At most 1000 URLs.
    urls: Vec<String>,
    /// `best` or `all`; the configuration has the default.
    #[schema(example = "all")]
    mode: Option<String>,
}

/// The answers, in the order of the URLs, and each rule's assets once.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the OpenAPI document; the answer is written piece by piece, to bound it"
)]
pub(crate) struct BatchData<'a> {
    results: Vec<BatchResult<'a>>,
    assets: BTreeMap<&'a str, BatchAssets<'a>>,
}

/// The answer for one URL.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum BatchResult<'a> {
    /// What the page gets.
    Resolved {
        /// The URL as it was sent.
        url: &'a str,
        /// The rules, first in rank order first.
        rule_ids: Vec<&'a str>,
        /// The score of the first rule.
        score: u32,
        /// Whether more rules matched than the limits let in.
        truncated: bool,
    },
    /// Why there is no answer for this URL.
    Failed {
        /// The URL as it was sent.
        url: &'a str,
        error: BatchError<'a>,
    },
}

/// Why there is no answer for a URL.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchError<'a> {
    code: Code,
    message: &'a str,
}

/// The CSS and JavaScript of a rule; stack them in the reverse order of `rule_ids`.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchAssets<'a> {
    css: &'a str,
    js: &'a str,
}

/// Resolves up to 1000 URLs.
#[utoipa::path(
    post, path = "/v1/resolve/batch", tag = "resolving", operation_id = "resolve_batch",
    request_body = BatchRequest,
    responses(
        (status = 200, description = "An answer for each URL", body = Success<BatchData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, BODY_BYTES_MAX).await?;
    let mut fields = Object::parse(&body)?;
    let urls = fields.texts("urls", URLS_MAX);
    let mode = fields
        .choice("mode", &MODES)
        .unwrap_or(state.catalog.settings().default_mode);
    let urls = fields.finish(urls)?;
    let snapshot = state.snapshot()?;
    let mut pieces = Pieces::within(body.len());
    for (n, url) in urls.iter().enumerate() {
        if n % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
        match Candidate::parse(url) {
            Ok(candidate) => pieces.add(url, &snapshot.resolve(&candidate, mode, state.now()).resolution),
            Err(error) => pieces.fail(url, Code::ValidationFailed, &error.to_string()),
        }
    }
    Ok(answer::json(pieces.finish().into()))
}

/// The answer, written piece by piece: it never grows past its bound.
struct Pieces {
    /// Up to here answers are added; the rest is for the URLs that get none.
    bytes_max: usize,
    results: Vec<u8>,
    assets: Vec<u8>,
    /// The rules whose assets are written.
    written: HashSet<usize>,
}

impl Pieces {
    /// The answer to a body of so many bytes. A failure echoes the URL, and may quote it once more.
    fn within(body_bytes: usize) -> Self {
        let bytes_max = ANSWER_BYTES_MAX - 2 * body_bytes - URLS_MAX * FAILURE_BYTES_MAX;
        Self {
            bytes_max,
            results: Vec::new(),
            assets: Vec::new(),
            written: HashSet::new(),
        }
    }

    fn add(&mut self, url: &str, answer: &Answer) {
        let entries = || answer.rules.iter().map(|rule| &rule.entry);
        let new: Vec<_> = entries()
            .filter(|entry| !self.written.contains(&address(entry)))
            .collect();
        let start = self.assets.len();
        new.iter().for_each(|entry| write_assets(&mut self.assets, entry));
        let rule_ids = entries().map(|entry| entry.sourced.rule.id().as_str()).collect();
        let score = answer.rules.first().map_or(0, |rule| rule.entry.score.value);
        let before = self.results.len();
        self.write_result(&BatchResult::Resolved {
            url,
            rule_ids,
            score,
            truncated: answer.truncated,
        });
        if self.results.len() + self.assets.len() > self.bytes_max {
            self.assets.truncate(start);
            self.results.truncate(before);
            return self.fail(
                url,
                Code::PayloadTooLarge,
                "the answer is full; ask for fewer URLs at once",
            );
        }
        self.written.extend(new.into_iter().map(address));
    }

    fn fail(&mut self, url: &str, code: Code, message: &str) {
        self.write_result(&BatchResult::Failed {
            url,
            error: BatchError { code, message },
        });
    }

    fn write_result(&mut self, result: &BatchResult<'_>) {
        separate(&mut self.results);
        serde_json::to_writer(&mut self.results, result).expect("plain data serializes");
    }

    fn finish(self) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            br#"{"status":"success","data":{"results":["#,
            &self.results,
            b"],\"assets\":{",
            &self.assets,
            b"}}}",
        ];
        parts.concat()
    }
}

/// What tells one rule of a snapshot from another, without hashing its id.
fn address(entry: &Arc<Entry>) -> usize {
    Arc::as_ptr(entry).addr()
}

fn write_assets(bytes: &mut Vec<u8>, entry: &Entry) {
    let assets = entry.sourced.rule.assets();
    let js = if entry.gives_js { &*assets.js } else { "" };
    separate(bytes);
    serde_json::to_writer(&mut *bytes, entry.sourced.rule.id().as_str()).expect("a string serializes");
    bytes.push(b':');
    serde_json::to_writer(bytes, &BatchAssets { css: &assets.css, js }).expect("plain data serializes");
}

fn separate(bytes: &mut Vec<u8>) {
    if !bytes.is_empty() {
        bytes.push(b',');
    }
}

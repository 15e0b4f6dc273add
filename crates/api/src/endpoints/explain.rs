//! Why a page gets what it gets: `POST /v1/explain`.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::{self, MODES, Object, Query},
    state::State,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use rules::{Explained, Outcome, ScoreFrom};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A question: why does this page get what it gets?
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the OpenAPI document; `Object` reads it, to list every problem"
)]
pub(crate) struct ExplainRequest {
    /// The page's URL.
    #[schema(example = "https://www.example.com/article")]
    url: String,
    /// `best` or `all`; the configuration has the default.
    mode: Option<String>,
}

/// The rules that match, in rank order, then those that would have; at most 100 of each.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExplainData<'a> {
    /// The URL in the form that patterns are matched against.
    #[schema(example = "https://www.example.com/article")]
    subject: &'a str,
    candidates: Vec<ExplainCandidate<'a>>,
}

/// A rule that matches, or would have.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExplainCandidate<'a> {
    /// 1 for the first match; null for a rule that does not take part.
    rank: Option<usize>,
    rule_id: &'a str,
    score: u32,
    score_from: ScoreOrigin,
    /// `wins`, `stacked`, `lower_rank`, `excluded`, `disabled`, `expired`, `shadowed` or `untrusted`.
    #[schema(example = "wins")]
    outcome: &'static str,
    /// Why, in words.
    reason: &'a str,
}

/// How a score came about.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ScoreOrigin {
    /// `priority`: the rule's own number.
    Priority(&'static str),
    /// The base of the pattern's type, and the pattern's length as far as it counts.
    Computed { base: u32, length: u32 },
}

impl From<ScoreFrom> for ScoreOrigin {
    fn from(from: ScoreFrom) -> Self {
        match from {
            ScoreFrom::Priority => Self::Priority("priority"),
            ScoreFrom::Computed { base, length } => Self::Computed { base, length },
        }
    }
}

/// Explains what a page gets.
#[utoipa::path(
    post, path = "/v1/explain", tag = "resolving", operation_id = "explain",
    request_body = ExplainRequest,
    responses(
        (status = 200, description = "The candidates", body = Success<ExplainData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, state.config.body_limit).await?;
    let mut fields = Object::parse(&body)?;
    let candidate = fields.url("url");
    let settings = state.catalog.settings();
    let mode = fields.choice("mode", &MODES).unwrap_or(settings.default_mode);
    let candidate = fields.finish(candidate)?;
    let (snapshot, stack, now) = (state.snapshot()?, settings.stack, state.now());
    // An explanation looks at rules that no index holds, so it is not done on a thread that answers resolves.
    let explain = move || snapshot.set().explain_within(&candidate, mode, stack, now);
    let explanation = tokio::task::spawn_blocking(explain)
        .await
        .map_err(|error| Error::internal(error.to_string()))?;
    let candidates = explanation.candidates.iter().map(ExplainCandidate::of).collect();
    Ok(answer::success(ExplainData {
        subject: &explanation.subject,
        candidates,
    }))
}

impl<'a> ExplainCandidate<'a> {
    fn of(explained: &'a Explained) -> Self {
        let entry = &explained.entry;
        Self {
            rank: explained.rank,
            rule_id: entry.sourced.rule.id().as_str(),
            score: entry.score.value,
            score_from: entry.score.from.into(),
            outcome: match explained.outcome {
                Outcome::Wins => "wins",
                Outcome::Stacked => "stacked",
                Outcome::LowerRank => "lower_rank",
                Outcome::Excluded => "excluded",
                Outcome::Disabled => "disabled",
                Outcome::Expired => "expired",
                Outcome::Shadowed => "shadowed",
                Outcome::Untrusted => "untrusted",
            },
            reason: &explained.reason,
        }
    }
}

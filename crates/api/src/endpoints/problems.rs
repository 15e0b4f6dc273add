//! What was skipped, ignored or left out: `GET /v1/problems`.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::rule::Time,
};
use axum::{extract::State as Shared, http::Uri, response::Response};
use catalog::SeenProblem;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Rule files and rules that were skipped or left out.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemsData<'a> {
    problems: Vec<RuleProblem<'a>>,
    /// All problems, those that are not listed included.
    count: usize,
}

/// A rule file or a rule that was skipped, or something in it that was ignored.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleProblem<'a> {
    /// Relative to the rules folder; empty when there is none.
    #[schema(example = "local/shop.rule.yaml")]
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    /// The path of the field; empty for the file as a whole.
    #[schema(example = "rules[3].pattern")]
    field: &'a str,
    rule_id: Option<&'a str>,
    reason: &'a str,
    hint: Option<&'a str>,
    /// Whether a rule or a file was skipped because of it.
    skipped: bool,
    /// When this process first saw it.
    since: Time,
}

/// Lists what is wrong with the rules.
#[utoipa::path(
    get, path = "/v1/problems", tag = "rules", operation_id = "list_problems",
    responses(
        (status = 200, description = "The problems", body = Success<ProblemsData>),
        (status = 400, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<Response, Error> {
    Query::parse(uri.query()).finish()?;
    let snapshot = state.snapshot()?;
    let over_budget = snapshot.over_budget();
    let problems: Vec<_> = snapshot
        .problems()
        .iter()
        .chain(&over_budget)
        .map(RuleProblem::of)
        .collect();
    let count = problems.len() + snapshot.problems_more();
    Ok(answer::success(ProblemsData { problems, count }))
}

impl<'a> RuleProblem<'a> {
    fn of(SeenProblem { problem, since }: &'a SeenProblem) -> Self {
        Self {
            file: &problem.file,
            line: problem.line,
            column: problem.column,
            field: &problem.field,
            rule_id: problem.rule_id.as_deref(),
            reason: &problem.reason,
            hint: problem.hint.as_deref(),
            skipped: problem.skipped,
            since: Time(*since),
        }
    }
}

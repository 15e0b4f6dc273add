//! `GET /v1/rules/{id}`: one rule.

use super::target::Target;
use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    state::State,
    wire::rule::{RuleBody, rule_tag},
};
use ::rules::{Entry, Timestamp};
use axum::{extract::State as Shared, response::Response};
use std::sync::Arc;

/// Gets a rule by its effective id.
#[utoipa::path(
    get, path = "/v1/rules/{id}", tag = "rules", operation_id = "get_rule",
    params(("id" = String, Path, description = "the effective id, whatever its case")),
    responses(
        (status = 200, description = "The rule, with `ETag`: a hash of its own fields", body = Success<RuleBody>),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, target: Target) -> Result<Response, Error> {
    let snapshot = state.snapshot()?;
    let entry = snapshot.set().find(&target.id).ok_or_else(Error::no_such_rule)?;
    Ok(shown(entry, state.now()))
}

/// A rule as this call shows it, which is how every write of one answers.
pub(super) fn shown(entry: &Entry, now: Timestamp) -> Response {
    answer::tagged(RuleBody::full(entry, now), &rule_tag(&entry.sourced.rule))
}

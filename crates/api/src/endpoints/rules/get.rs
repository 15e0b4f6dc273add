//! `GET /v1/rules/{id}`: one rule.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::rule::{RuleBody, rule_tag},
};
use axum::{
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{HeaderValue, Uri, header},
    response::Response,
};
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
pub(crate) async fn get(
    Shared(state): Shared<Arc<State>>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, Error> {
    Query::parse(uri.query()).finish()?;
    let snapshot = state.snapshot()?;
    let no_such = || Error::not_found("there is no rule with this id");
    let Path(id) = id.map_err(|_| no_such())?;
    let entry = snapshot.set().find(&id).ok_or_else(no_such)?;
    let tag = HeaderValue::from_str(&rule_tag(&entry.sourced.rule)).expect("a quoted hash is a header value");
    let mut response = answer::success(RuleBody::full(entry, state.now()));
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

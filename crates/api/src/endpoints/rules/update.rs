//! `PUT` and `PATCH /v1/rules/{id}`: changes a rule by a JSON Merge Patch.

use super::{body, get::shown, target::Target};
use crate::{
    answer::Success,
    audit::Actor,
    error::{Error, ErrorBody},
    extract::{JSON, MERGE_PATCH},
    state::State,
    wire::rule::RuleBody,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use std::sync::Arc;

/// Changes a rule by a JSON Merge Patch (RFC 7396): what is absent stays, `null` clears.
///
/// A pack's rule becomes an override. Fields that the service sets are ignored.
#[utoipa::path(
    put, path = "/v1/rules/{id}", tag = "rules", operation_id = "update_rule",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    request_body(content((Object = "application/json"), (Object = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The rule, with `ETag`", body = Success<RuleBody>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn put(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    target: Target,
    request: Request,
) -> Result<Response, Error> {
    let patch = body::fields(request, state.config.body_limit, &[JSON, MERGE_PATCH]).await?;
    let id = target.rule_id()?;
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(target.condition));
    let asked = id.clone();
    let update = async move { catalog.update(asked, patch, terms).await };
    let written = actor.carry_out("rule.update", Some(id), update).await?;
    let entry = written.rule().ok_or_else(Error::no_such_rule)?;
    Ok(shown(entry, state.now()))
}

/// The same as `PUT`.
#[utoipa::path(
    patch, path = "/v1/rules/{id}", tag = "rules", operation_id = "patch_rule",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    request_body(content((Object = "application/json"), (Object = "application/merge-patch+json"))),
    responses(
        (status = 200, description = "The rule, with `ETag`", body = Success<RuleBody>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn patch(
    state: Shared<Arc<State>>,
    actor: Actor,
    target: Target,
    request: Request,
) -> Result<Response, Error> {
    put(state, actor, target, request).await
}

//! `POST /v1/rules`: a new local rule.

use super::{body, get::shown};
use crate::{
    access::request_id::uuid,
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody},
    extract::{JSON, Query, YAML},
    state::State,
    wire::rule::RuleBody,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use std::sync::Arc;

/// Creates a local rule. Without an `id` it gets a UUID; fields that the service sets are ignored.
#[utoipa::path(
    post, path = "/v1/rules", tag = "rules", operation_id = "create_rule",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 201, description = "The rule, with `ETag` and `Location`", body = Success<RuleBody>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    request: Request,
) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let draft = body::fields(request, state.config.body_limit, &[JSON, YAML]).await?;
    let default_id = String::from_utf8_lossy(&uuid((state.random)())).into_owned();
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(None));
    let create = async move { catalog.create(draft, default_id, terms).await };
    let written = actor.carry_out("rule.create", None, create).await?;
    let entry = written.rule().ok_or_else(Error::no_such_rule)?;
    let location = format!("/v1/rules/{}", written.id);
    Ok(answer::created(&location, shown(entry, state.now())))
}

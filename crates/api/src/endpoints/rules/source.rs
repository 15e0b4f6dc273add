//! `/v1/rules/{id}/source`: where the rules of an id come from, and which source wins.

use super::{filter::LAYERS, target::Target};
use crate::{
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody},
    extract::{self, Object},
    state::State,
    wire::sources::RuleSources,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::Written;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The source that wins.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "the document's shape of what is read field by field")]
pub(crate) struct PinBody {
    /// `local`, `override` or `community`; there must be a rule of it with this id.
    #[schema(example = "community")]
    r#type: String,
}

/// All sources of an id, and which one counts.
#[utoipa::path(
    get, path = "/v1/rules/{id}/source", tag = "rules", operation_id = "get_rule_source",
    params(("id" = String, Path, description = "the effective id, whatever its case")),
    responses(
        (status = 200, description = "Origin and attribution of every rule with this id", body = Success<RuleSources>),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, target: Target) -> Result<Response, Error> {
    let (snapshot, id) = (state.snapshot()?, target.rule_id()?);
    snapshot.set().find(id.as_str()).ok_or_else(Error::no_such_rule)?;
    Ok(answer::success(RuleSources::of(&snapshot, &id, state.now())))
}

/// Pins which source wins for this id.
#[utoipa::path(
    put, path = "/v1/rules/{id}/source", tag = "rules", operation_id = "pin_rule_source",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    request_body = PinBody,
    responses(
        (status = 200, description = "The sources after that", body = Success<RuleSources>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn pin(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    target: Target,
    request: Request,
) -> Result<Response, Error> {
    let body = extract::json_body(request, state.config.body_limit).await?;
    let mut object = Object::parse(&body)?;
    let layer = object.required_choice("type", &LAYERS);
    let (layer, id) = (object.finish(layer)?, target.rule_id()?);
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(target.condition));
    let asked = id.clone();
    let pin = async move { catalog.pin(asked, layer, terms).await };
    let written = actor.carry_out("rule.pin", Some(id), pin).await?;
    Ok(sources(&state, &written))
}

/// Unpins: the usual order decides again.
#[utoipa::path(
    delete, path = "/v1/rules/{id}/source", tag = "rules", operation_id = "unpin_rule_source",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    responses(
        (status = 200, description = "The sources after that", body = Success<RuleSources>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn unpin(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    target: Target,
) -> Result<Response, Error> {
    let id = target.rule_id()?;
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(target.condition));
    let asked = id.clone();
    let unpin = async move { catalog.unpin(asked, terms).await };
    let written = actor.carry_out("rule.unpin", Some(id), unpin).await?;
    Ok(sources(&state, &written))
}

fn sources(state: &State, written: &Written) -> Response {
    answer::success(RuleSources::of(&written.snapshot, &written.id, state.now()))
}

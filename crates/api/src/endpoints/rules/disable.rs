//! `POST /v1/rules/{id}/disable` and `/enable`: whether rules with an id take part, whatever their source.

use super::target::Target;
use crate::{
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody},
    extract::no_body,
    state::State,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::Written;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// An id that was disabled or enabled.
#[derive(Serialize, ToSchema)]
pub(crate) struct SwitchData<'a> {
    #[schema(example = "cookies:onetrust")]
    rule_id: &'a str,
    /// Whether there is a rule with this id now; a later one is disabled all the same.
    known: bool,
    enabled: bool,
    /// The rule's state now: an enabled one may be `expired`, say.
    #[schema(example = "active")]
    state: Option<&'static str>,
}

/// Disables an id in all sources. It is remembered, also for rules that come later.
#[utoipa::path(
    post, path = "/v1/rules/{id}/disable", tag = "rules", operation_id = "disable_rule",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    responses(
        (status = 200, description = "The id is disabled", body = Success<SwitchData>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn disable(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    target: Target,
    request: Request,
) -> Result<Response, Error> {
    no_body(request, state.config.body_limit).await?;
    let id = target.any_id()?;
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(target.condition));
    let asked = id.clone();
    let disable = async move { catalog.disable(asked, terms).await };
    let written = actor.carry_out("rule.disable", Some(id), disable).await?;
    Ok(switched(&state, &written, false))
}

/// Enables an id again.
#[utoipa::path(
    post, path = "/v1/rules/{id}/enable", tag = "rules", operation_id = "enable_rule",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    responses(
        (status = 200, description = "The id is enabled", body = Success<SwitchData>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn enable(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    target: Target,
    request: Request,
) -> Result<Response, Error> {
    no_body(request, state.config.body_limit).await?;
    let id = target.any_id()?;
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(target.condition));
    let asked = id.clone();
    let enable = async move { catalog.enable(asked, terms).await };
    let written = actor.carry_out("rule.enable", Some(id), enable).await?;
    Ok(switched(&state, &written, true))
}

fn switched(state: &State, written: &Written, enabled: bool) -> Response {
    let entry = written.rule();
    let rule_id = entry.map_or(&written.id, |entry| entry.sourced.rule.id());
    answer::success(SwitchData {
        rule_id: rule_id.as_str(),
        known: entry.is_some(),
        enabled,
        state: entry.map(|entry| entry.state_at(state.now())),
    })
}

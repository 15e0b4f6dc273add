//! `DELETE /v1/rules/{id}`: takes out the rule in force.

use super::target::Target;
use crate::{
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody},
    state::State,
};
use ::rules::Layer;
use axum::{extract::State as Shared, response::Response};
use catalog::Written;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A rule that was deleted.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedData<'a> {
    /// What happened, for people: also which rule is in force instead.
    #[schema(example = "`cookies:onetrust` is deleted; the pack's rule is in force again")]
    message: String,
    #[schema(example = "cookies:onetrust")]
    rule_id: &'a str,
}

/// Deletes the rule in force. What it had hidden comes back; a pack's rule cannot be deleted.
#[utoipa::path(
    delete, path = "/v1/rules/{id}", tag = "rules", operation_id = "delete_rule",
    params(
        ("id" = String, Path, description = "the effective id, whatever its case"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the rule as it was read, or `*`"),
    ),
    responses(
        (status = 200, description = "The rule is deleted", body = Success<DeletedData>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn delete(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    target: Target,
) -> Result<Response, Error> {
    let id = target.rule_id()?;
    let (catalog, terms) = (Arc::clone(&state.catalog), actor.terms(target.condition));
    let asked = id.clone();
    let delete = async move { catalog.delete(asked, terms).await };
    let written = actor.carry_out("rule.delete", Some(id), delete).await?;
    Ok(answer::success(DeletedData::of(&written)))
}

impl<'a> DeletedData<'a> {
    fn of(written: &'a Written) -> Self {
        let rule_id = written.id.as_str();
        let instead = written.rule().map(|entry| match entry.sourced.origin.layer {
            Layer::Community => "; the pack's rule is in force again",
            Layer::Override => "; the override of that id stands now",
            Layer::Local => "; another local rule of that id stands now",
        });
        Self {
            message: format!("`{rule_id}` is deleted{}", instead.unwrap_or_default()),
            rule_id,
        }
    }
}

//! `POST /v1/packs/update`: newer versions take the place of what is installed.

use crate::{
    answer::Success,
    audit::Actor,
    error::{Error, ErrorBody, Problem},
    events::{self, Teller},
    extract::{self, Object, Query},
    state::State,
    wire::pack::ChangedPack,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::{PackChange, PackError, Updated, Which};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most names of one call.
const NAMES_MAX: usize = 1_000;

/// Which packs are to be updated: `all`, or `names`.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the document; the fields are read one by one"
)]
pub(crate) struct UpdateRequest {
    all: Option<bool>,
    names: Option<Vec<String>>,
}

/// What was updated.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatedData {
    /// Whether anything was.
    changed: bool,
    /// By name.
    packs: Vec<ChangedPack>,
    /// What is worth a word beside the packs.
    warnings: Vec<String>,
}

/// What became of a pack where the update failed for some.
#[derive(Serialize)]
struct Outcome<'a> {
    name: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Updates packs. Where that fails for some, the others are updated all the same: `details.packs` has each outcome.
#[utoipa::path(
    post, path = "/v1/packs/update", tag = "packs", operation_id = "update_packs",
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "No pack has a newer version any more; with `Accept: text/event-stream` events `progress` on the downloads, and the same as the last event, `report`", body = Success<UpdatedData>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 502, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    request: Request,
) -> Result<Response, Error> {
    let are_events_wanted = events::are_wanted(request.headers());
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, state.config.body_limit).await?;
    let which = read(&body)?;
    let request_id = actor.request_id().to_owned();
    let work = |teller: Teller| async move {
        let packs = state.packs.telling(teller.of_downloads());
        let update = async move { packs.update(which).await };
        shown(actor.carry_out_on_packs("pack.update", update).await?)
    };
    events::respond(are_events_wanted, request_id, work).await
}

fn read(body: &[u8]) -> Result<Which, Error> {
    let mut object = Object::parse(body)?;
    let all = object.flag("all").unwrap_or_default();
    let names = object.optional_texts("names", NAMES_MAX);
    let names = object.finish(Some(names))?;
    match (all, names) {
        (true, None) => Ok(Which::All),
        (false, Some(names)) => Ok(Which::Named(names.into_iter().map(Into::into).collect())),
        _ => Err(Error::validation(vec![
            Problem::new("names", "is required unless `all` is true, and then not allowed")
                .hint("send {\"all\":true} or {\"names\":[…]}"),
        ])),
    }
}

fn shown(updated: Updated) -> Result<UpdatedData, Error> {
    if let Some(first) = updated.first_failure() {
        let outcomes: Vec<_> = updated
            .packs
            .iter()
            .map(|(name, pack)| Outcome::of(name, pack))
            .collect();
        let packs = serde_json::to_value(&outcomes).map_err(|error| Error::internal(error.to_string()))?;
        return Err(Error::partly_updated(first.clone(), packs));
    }
    let changed = updated.changed();
    let packs = updated.packs.into_iter().filter_map(|(_, pack)| pack.ok());
    Ok(UpdatedData {
        changed,
        packs: packs.map(ChangedPack::of).collect(),
        warnings: updated.warnings,
    })
}

impl<'a> Outcome<'a> {
    fn of(name: &'a str, pack: &Result<PackChange, PackError>) -> Self {
        match pack {
            Ok(change) => Self {
                name,
                outcome: if change.changed { "updated" } else { "unchanged" },
                from: change.from.as_ref().map(ToString::to_string),
                version: change.to.as_ref().map(ToString::to_string),
                code: None,
                message: None,
            },
            Err(error) => Self {
                name,
                outcome: "failed",
                from: None,
                version: None,
                code: Some(Error::from(error.clone()).code().as_str()),
                message: Some(error.to_string()),
            },
        }
    }
}

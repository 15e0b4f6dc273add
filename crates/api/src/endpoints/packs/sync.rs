//! `POST /v1/packs/sync`: makes the single rules those of the repository.

use crate::{
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody},
    extract::{self, Object, Query},
    state::State,
    wire::rule::Time,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::Synced;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How to synchronize.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the document; the fields are read one by one"
)]
pub(crate) struct SyncRequest {
    /// Follows an index that looks damaged, and tries again what was refused.
    force: Option<bool>,
}

/// What a synchronization came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct SyncedData {
    changed: bool,
    /// Files that came, or were replaced.
    put: usize,
    /// Files that went.
    removed: usize,
    /// Files that cannot be had or used.
    failed: Vec<FailedFile>,
    /// Files that are still to come.
    rest: usize,
    /// Why it stopped before its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    /// When it can go on, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
}

/// A file that cannot be had or used.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailedFile {
    file: String,
    reason: String,
}

/// Synchronizes the single community rules, as one change.
#[utoipa::path(
    post, path = "/v1/packs/sync", tag = "packs", operation_id = "sync_singles",
    request_body = SyncRequest,
    responses(
        (status = 200, description = "What came and went", body = Success<SyncedData>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
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
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, state.config.body_limit).await?;
    let mut object = Object::parse(&body)?;
    let force = object.flag("force").unwrap_or_default();
    let force = object.finish(Some(force))?;
    let packs = Arc::clone(&state.packs);
    let sync = async move { packs.sync(force).await };
    let synced = actor.carry_out_on_packs("pack.sync", sync).await?;
    SyncedData::of(synced).map(answer::success)
}

impl SyncedData {
    /// What stopped before anything came has failed.
    fn of(synced: Synced) -> Result<Self, Error> {
        let failed = synced.failed.into_iter();
        match synced.stopped {
            Some(stopped) if !synced.changed => Err(stopped.into()),
            stopped => Ok(Self {
                changed: synced.changed,
                put: synced.put,
                removed: synced.removed,
                failed: failed.map(|(file, reason)| FailedFile { file, reason }).collect(),
                rest: synced.rest,
                stopped: stopped.map(|error| error.to_string()),
                until: synced.until.map(Time),
            }),
        }
    }
}

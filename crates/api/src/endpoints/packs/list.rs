//! `GET /v1/packs`: what is installed.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::{pack::PackBody, rule::Time},
};
use ::rules::SINGLES;
use axum::{
    extract::{RawQuery, State as Shared},
    response::Response,
};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The installed packs.
#[derive(Serialize, ToSchema)]
pub(crate) struct PacksData {
    /// By name.
    packs: Vec<PackBody>,
    count: usize,
    singles: SinglesData,
}

/// The single community rules, which are synchronized and not installed.
#[derive(Serialize, ToSchema)]
pub(crate) struct SinglesData {
    /// Them as a pack; `null` while there have been none.
    pack: Option<PackBody>,
    /// When they were last synchronized, in this process.
    synced_at: Option<Time>,
    /// Files that are still to come.
    rest: usize,
    /// Why the last synchronization failed, or stopped before its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

/// Lists the installed packs.
#[utoipa::path(
    get, path = "/v1/packs", tag = "packs", operation_id = "list_packs",
    responses(
        (status = 200, description = "The packs, by name", body = Success<PacksData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    Query::parse(query.as_deref()).finish()?;
    let packs = state.packs.installed().await?.into_iter().map(PackBody::of);
    let (singles, packs): (Vec<_>, Vec<_>) = packs.partition(|pack| pack.name() == SINGLES);
    let status = state.packs.status().singles;
    Ok(answer::success(PacksData {
        count: packs.len(),
        packs,
        singles: SinglesData {
            pack: singles.into_iter().next(),
            synced_at: status.synced_at.map(Time),
            rest: status.rest,
            failure: status.failure,
        },
    }))
}

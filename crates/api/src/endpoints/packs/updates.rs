//! `GET /v1/packs/updates`: newer versions of what is installed.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::pack::IndexFreshness,
};
use axum::{
    extract::{RawQuery, State as Shared},
    response::Response,
};
use catalog::PackUpdate;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Newer versions.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatesData {
    /// Whether there is a repository.
    configured: bool,
    /// By name: the packs that can be updated, and those that cannot with a word on why.
    packs: Vec<PackUpdateData>,
    #[serde(flatten)]
    freshness: IndexFreshness,
}

/// A newer version of a pack.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackUpdateData {
    #[schema(example = "cookie-banners")]
    name: String,
    /// The version that is installed.
    installed: Option<String>,
    /// The version that an update installs; `null`: none.
    available: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Lists newer versions of the installed packs; without a repository the list is empty.
#[utoipa::path(
    get, path = "/v1/packs/updates", tag = "packs", operation_id = "list_pack_updates",
    responses(
        (status = 200, description = "The packs, by name", body = Success<UpdatesData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    Query::parse(query.as_deref()).finish()?;
    let updates = state.packs.updates().await?;
    let configured = updates.is_some();
    let (packs, freshness) = updates.map_or_else(Default::default, |updates| {
        let packs = updates.packs.into_iter().map(PackUpdateData::of).collect();
        (packs, Some(updates.freshness))
    });
    Ok(answer::success(UpdatesData {
        configured,
        packs,
        freshness: IndexFreshness::of(freshness),
    }))
}

impl PackUpdateData {
    fn of(update: PackUpdate) -> Self {
        Self {
            name: update.name,
            installed: update.installed.map(|version| version.to_string()),
            available: update.available.map(|version| version.to_string()),
            note: update.note,
        }
    }
}

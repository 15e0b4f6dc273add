//! `GET /v1/packs/available`: what the community repository offers.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::{pack::IndexFreshness, rule::Time},
};
use ::rules::InstalledPack;
use axum::{
    extract::{RawQuery, State as Shared},
    response::Response,
};
use packs::index::ListedPack;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What the repository offers.
#[derive(Serialize, ToSchema)]
pub(crate) struct AvailableData {
    /// Whether there is a repository.
    configured: bool,
    /// By name.
    packs: Vec<OfferedPack>,
    categories: Vec<String>,
    /// When the index was made.
    updated_at: Option<Time>,
    /// Entries of the index that were left out, each with the reason.
    problems: Vec<String>,
    #[serde(flatten)]
    freshness: IndexFreshness,
}

/// A pack that the repository offers.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferedPack {
    #[schema(example = "cookie-banners")]
    name: String,
    /// The newest version that is no pre-release, else the newest.
    version: Option<String>,
    description: String,
    author: String,
    rule_count: u64,
    /// All versions, newest first.
    versions: Vec<String>,
    /// The version that is installed.
    installed: Option<String>,
}

/// Lists the packs of the community repository; without one the list is empty.
#[utoipa::path(
    get, path = "/v1/packs/available", tag = "packs", operation_id = "list_available_packs",
    responses(
        (status = 200, description = "The packs, by name", body = Success<AvailableData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    Query::parse(query.as_deref()).finish()?;
    let snapshot = state.snapshot()?;
    let Some(available) = state.packs.available().await? else {
        return Ok(answer::success(AvailableData {
            configured: false,
            packs: Vec::new(),
            categories: Vec::new(),
            updated_at: None,
            problems: Vec::new(),
            freshness: IndexFreshness::of(None),
        }));
    };
    let index = &available.index;
    let offered = |listed: &ListedPack| OfferedPack::of(listed, snapshot.packs().get(&listed.name));
    Ok(answer::success(AvailableData {
        configured: true,
        packs: index.packs.iter().map(offered).collect(),
        categories: index.categories.clone(),
        updated_at: Some(Time(index.updated_at)),
        problems: index.problems.clone(),
        freshness: IndexFreshness::of(Some(available.freshness)),
    }))
}

impl OfferedPack {
    fn of(listed: &ListedPack, installed: Option<&InstalledPack>) -> Self {
        let versions = listed.releases.iter().map(|release| release.version.to_string());
        let newest = listed.newest().or_else(|| listed.releases.first());
        let installed = installed.and_then(InstalledPack::version);
        Self {
            name: listed.name.clone(),
            version: newest.map(|release| release.version.to_string()),
            description: listed.description.clone(),
            author: listed.author.clone(),
            rule_count: listed.rule_count,
            versions: versions.collect(),
            installed: installed.map(ToString::to_string),
        }
    }
}

//! `GET /v1/packs/{name}`: one pack.

use super::target::{self, Target};
use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::pack::PackBody,
};
use axum::{
    extract::{RawQuery, State as Shared},
    response::Response,
};
use std::sync::Arc;

/// An installed pack.
#[utoipa::path(
    get, path = "/v1/packs/{name}", tag = "packs", operation_id = "get_pack",
    params(("name" = String, Path, description = "the pack's name")),
    responses(
        (status = 200, description = "The pack", body = Success<PackBody>),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 408, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(
    Shared(state): Shared<Arc<State>>,
    Target(name): Target,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    Query::parse(query.as_deref()).finish()?;
    let pack = find(&state, &name).await?;
    Ok(answer::success(pack.ok_or_else(target::none)?))
}

/// The installed pack of that name.
pub(super) async fn find(state: &State, name: &str) -> Result<Option<PackBody>, Error> {
    let mut packs = state.packs.installed().await?.into_iter();
    Ok(packs.find(|pack| pack.name == name).map(PackBody::of))
}

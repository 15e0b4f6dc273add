//! What is running: `GET /version`.

use crate::{
    answer::{self, Success},
    state::State,
};
use axum::{extract::State as Shared, response::Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What was built, from what, by what.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionData {
    #[schema(example = "1.0.0")]
    version: &'static str,
    /// Empty where it is unknown.
    commit: &'static str,
    /// The commit's time; empty where it is unknown.
    commit_time: &'static str,
    /// The compiler.
    rustc: &'static str,
}

/// What is running.
#[utoipa::path(
    get, path = "/version", tag = "system", operation_id = "version",
    responses((status = 200, description = "The build", body = Success<VersionData>))
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>) -> Response {
    let build = &state.build;
    answer::success(VersionData {
        version: build.version,
        commit: build.commit,
        commit_time: build.commit_time,
        rustc: build.rustc,
    })
}

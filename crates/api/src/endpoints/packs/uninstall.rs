//! `DELETE /v1/packs/{name}`: takes a pack out.

use super::target::Target;
use crate::{
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::pack::texts,
};
use axum::{
    extract::{RawQuery, State as Shared},
    response::Response,
};
use catalog::Uninstalled;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A pack that was uninstalled.
#[derive(Serialize, ToSchema)]
pub(crate) struct UninstalledData {
    /// What happened, for people.
    #[schema(example = "`cookie-banners` 1.2.0 is uninstalled")]
    message: String,
    name: String,
    /// The version that was there.
    version: Option<String>,
    /// Overrides that went with it.
    purged: Vec<String>,
    /// Overrides that stay, and come into force again with the pack.
    orphaned: Vec<String>,
    /// Packs that build upon it, and the like.
    warnings: Vec<String>,
}

/// Uninstalls a pack. Its overrides stay unless they are purged; disabled ids and pins stay in any case.
#[utoipa::path(
    delete, path = "/v1/packs/{name}", tag = "packs", operation_id = "uninstall_pack",
    params(
        ("name" = String, Path, description = "the pack's name"),
        ("purge" = Option<bool>, Query, description = "take its overrides out too"),
    ),
    responses(
        (status = 200, description = "The pack is gone", body = Success<UninstalledData>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn delete(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    Target(name): Target,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let mut query = Query::parse(query.as_deref());
    let purge = query.flag("purge").unwrap_or_default();
    query.finish()?;
    let packs = Arc::clone(&state.packs);
    let uninstall = async move { packs.uninstall(name, purge).await };
    let uninstalled = actor.carry_out_on_packs("pack.uninstall", uninstall).await?;
    Ok(answer::success(UninstalledData::of(uninstalled)))
}

impl UninstalledData {
    fn of(uninstalled: Uninstalled) -> Self {
        let change = uninstalled.change;
        let version = change.from.map(|version| version.to_string());
        let shown = version
            .as_ref()
            .map_or(String::new(), |version| format!(" {version}"));
        Self {
            message: format!("`{}`{shown} is uninstalled", change.name),
            version,
            purged: texts(&uninstalled.purged),
            orphaned: texts(&uninstalled.orphaned),
            warnings: change.warnings,
            name: change.name,
        }
    }
}

//! `POST /v1/packs/install`: from the repository, from a URL, from the body, or what `packs.lock` records.

use super::get;
use crate::{
    answer::Success,
    audit::{Actor, PacksWritten as _},
    error::{Error, ErrorBody, Problem},
    events::{self, Teller},
    extract::{self, JSON, Object, Query, ZIP},
    state::State,
    wire::pack::ChangedPack,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::{Install, Installed};
use packs::plan::Wanted;
use serde::Serialize;
use std::{borrow::Cow, sync::Arc};
use utoipa::ToSchema;

/// What is to be installed: `source`, or `locked`.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the document; the fields are read one by one"
)]
pub(crate) struct InstallRequest {
    /// `name` (the newest that is no pre-release), `name@1.2.3`, or the `https://` URL of a zip archive.
    #[schema(example = "cookie-banners@1.2.0")]
    source: Option<String>,
    /// Whether the caller vouches for what is in it, so that its scripts and priorities count.
    trust: Option<bool>,
    /// Installs exactly what `packs.lock` records.
    locked: Option<bool>,
}

/// What was installed.
#[derive(Serialize, ToSchema)]
pub(crate) struct InstalledData {
    /// Whether anything was.
    changed: bool,
    packs: Vec<ChangedPack>,
    /// What is worth a word beside the packs.
    warnings: Vec<String>,
}

/// Installs a pack: one of the repository, the archive at a URL, or the archive in the body.
#[utoipa::path(
    post, path = "/v1/packs/install", tag = "packs", operation_id = "install_pack",
    params(
        ("trust" = Option<bool>, Query, description = "with an archive in the body: whether the caller vouches for it"),
        ("signature" = Option<String>, Query, description = "with an archive in the body: the text of its signature (`.minisig`), which `PACK_TRUSTED_KEYS` wants unless the caller vouches for it"),
    ),
    request_body(content((InstallRequest = "application/json"), (Vec<u8> = "application/zip"))),
    responses(
        (status = 200, description = "The pack is installed, or was already; with `Accept: text/event-stream` events `progress` on its download, and the same as the last event, `report`", body = Success<InstalledData>),
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
    let mut query = Query::parse(request.uri().query());
    let trust = query.flag("trust");
    let signature = query.text("signature").map(Cow::into_owned);
    query.finish()?;
    let (media_type, body) = extract::body(request, state.config.import_body_limit, &[JSON, ZIP]).await?;
    let (what, trust) = match media_type {
        ZIP => (Install::Archive(body, signature), trust.unwrap_or_default()),
        _ if trust.is_some() => return Err(misplaced("trust", "stands in the body where that is JSON")),
        _ if signature.is_some() => return Err(misplaced("signature", "belongs to an archive in the body")),
        _ => read(&body, state.config.body_limit)?,
    };
    let request_id = actor.request_id().to_owned();
    let work = |teller: Teller| async move {
        let packs = state.packs.telling(teller.of_downloads());
        let install = async move { packs.install(what, trust).await };
        let installed = actor.carry_out_on_packs("pack.install", install).await?;
        shown(&state, installed).await
    };
    events::respond(are_events_wanted, request_id, work).await
}

fn misplaced(parameter: &'static str, reason: &str) -> Error {
    Error::invalid_input(vec![Problem::new(parameter, reason)])
}

fn read(body: &[u8], limit: usize) -> Result<(Install, bool), Error> {
    if body.len() > limit {
        return Err(Error::payload_too_large(limit));
    }
    let mut object = Object::parse(body)?;
    let trust = object.flag("trust").unwrap_or_default();
    if object.flag("locked").unwrap_or_default() {
        return object.finish(Some((Install::Locked, trust)));
    }
    let source = object.text("source");
    let source = object.finish(source)?;
    let wanted =
        Wanted::parse(&source).map_err(|reason| Error::validation(vec![Problem::new("source", reason)]))?;
    Ok((Install::Wanted(wanted), trust))
}

async fn shown(state: &State, installed: Installed) -> Result<InstalledData, Error> {
    let changed = installed.changed();
    let mut packs = Vec::new();
    for change in installed.packs {
        let pack = get::find(state, &change.name).await?;
        packs.push(ChangedPack::of(change).with_pack(pack));
    }
    Ok(InstalledData {
        changed,
        packs,
        warnings: installed.warnings,
    })
}

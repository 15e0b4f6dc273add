//! `POST /v1/rules/import`: many rules become local in one write, with a report rule by rule.
//!
//! What is imported stands in the body, or behind a URL that the body names: an object with `url` and without a
//! field of a rule. Only admins may have something fetched. Options stand in the query, or beside `url`.
//! Parsing, checking and fetching are done on threads of their own, a few imports at a time.

mod input;
mod job;
mod report;

pub(crate) use job::Imports;

use crate::{
    answer::Success,
    audit::Actor,
    error::{Error, ErrorBody},
    events,
    extract::{self, JSON, Query, YAML, ZIP},
    state::State,
};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use catalog::{ImportOptions, OnConflict};
use input::Input;
use job::Job;
use report::ImportReport;
use std::sync::Arc;

/// What becomes of a rule whose id is taken, by the names on the wire.
const ON_CONFLICT: [(&str, OnConflict); 2] = [("skip", OnConflict::Skip), ("replace", OnConflict::Replace)];

/// Imports a rule, a list of rules or `{"rules": […]}`, as in rule files; or `{"url": "https://…"}` of one of these; or the rules of a pack's archive, under the ids in its files.
#[utoipa::path(
    post, path = "/v1/rules/import", tag = "rules", operation_id = "import_rules",
    params(
        ("on_conflict" = Option<String>, Query, description = "`skip` (the default) or `replace` local rules with the same id"),
        ("atomic" = Option<bool>, Query, description = "take none if one is refused"),
    ),
    request_body(content((Object = "application/json"), (String = "application/yaml"), (Vec<u8> = "application/zip"))),
    responses(
        (status = 200, description = "What became of each rule; with `Accept: text/event-stream` events `progress`, and the same as the last event, `report`", body = Success<ImportReport>),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, description = "All rules were refused, or one of an `atomic` import: `details.report` is the report", body = ErrorBody),
        (status = 502, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    request: Request,
) -> Result<Response, Error> {
    let options = read_options(request.uri().query())?;
    let are_events_wanted = events::are_wanted(request.headers());
    let place = state.imports.place()?;
    let (media_type, body) =
        extract::body(request, state.config.import_body_limit, &[JSON, YAML, ZIP]).await?;
    let (input, options) = Input::of(media_type, body, options)?;
    if matches!(input, Input::Url(_)) && !actor.is_admin() {
        return Err(Error::forbidden("only an admin may import from a URL", "role"));
    }
    let request_id = actor.request_id().to_owned();
    let job = Job::new(state, actor, place, (input, options));
    events::respond(are_events_wanted, request_id, |teller| job.run(teller)).await
}

fn read_options(query: Option<&str>) -> Result<ImportOptions, Error> {
    let mut query = Query::parse(query);
    let options = ImportOptions {
        on_conflict: query.choice("on_conflict", &ON_CONFLICT).unwrap_or_default(),
        atomic: query.flag("atomic").unwrap_or_default(),
    };
    query.finish()?;
    Ok(options)
}

//! What is logged, while the process runs: `GET` and `PUT /v1/log-level`. Only this process is concerned.

use crate::{
    answer::{self, Success},
    audit::Actor,
    error::{Error, ErrorBody, Problem},
    extract::{self, Object, Query},
    state::State,
};
use axum::{
    extract::{Request, State as Shared},
    http::Uri,
    response::Response,
};
use serde::Serialize;
use std::{fmt, sync::Arc};
use utoipa::ToSchema;

/// What decides which events are logged.
pub trait LogLevel: fmt::Debug + Send + Sync {
    /// What is logged now, as `LOG_LEVEL` takes it.
    fn get(&self) -> String;

    /// Changes it, until the process ends.
    ///
    /// # Errors
    ///
    /// What is allowed, where the text is not.
    fn set(&self, level: &str) -> Result<(), &'static str>;
}

/// What is logged.
#[derive(Serialize, ToSchema)]
pub(crate) struct LogLevelData {
    /// As `LOG_LEVEL` takes it.
    #[schema(example = "info,catalog=debug")]
    level: String,
}

/// A wish for what is logged.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the OpenAPI document; `Object` reads it, to list every problem"
)]
pub(crate) struct LogLevelRequest {
    /// A level, or a list of levels by part of the program.
    #[schema(example = "debug")]
    level: String,
}

/// What this process logs.
#[utoipa::path(
    get, path = "/v1/log-level", tag = "system", operation_id = "get_log_level",
    responses(
        (status = 200, description = "What is logged", body = Success<LogLevelData>),
        (status = 400, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<Response, Error> {
    Query::parse(uri.query()).finish()?;
    Ok(shown(&state))
}

fn shown(state: &State) -> Response {
    let level = state.config.log_level.get();
    answer::success(LogLevelData { level })
}

/// Changes what this process logs, until it ends.
#[utoipa::path(
    put, path = "/v1/log-level", tag = "system", operation_id = "set_log_level",
    request_body = LogLevelRequest,
    responses(
        (status = 200, description = "What is logged from now on", body = Success<LogLevelData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub(crate) async fn put(
    Shared(state): Shared<Arc<State>>,
    actor: Actor,
    request: Request,
) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, state.config.body_limit).await?;
    let mut object = Object::parse(&body)?;
    let level = object.text("level");
    let level = object.finish(level)?;
    let log = &state.config.log_level;
    log.set(&level).map_err(|allowed| {
        let problem = Problem::new("level", "is no level of the log");
        Error::validation(vec![problem.hint(format!("allowed: {allowed}"))])
    })?;
    actor.log_level_set(&log.get());
    Ok(shown(&state))
}

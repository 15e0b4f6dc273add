//! Documents for tools: `/openapi.json` and `/schemas/rule.json`.

use crate::answer::{self, typed};
use axum::{http::HeaderValue, response::Response};
use bytes::Bytes;
use std::sync::LazyLock;

static RULE_SCHEMA: LazyLock<Bytes> = LazyLock::new(|| rulefile::schema().into());

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "system", operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI document", body = Object))
)]
pub(crate) async fn openapi() -> Response {
    answer::json(Bytes::from_static(crate::OPENAPI.as_bytes()))
}

/// The JSON Schema of rule files, for editors.
#[utoipa::path(
    get, path = "/schemas/rule.json", tag = "system", operation_id = "rule_schema",
    responses((status = 200, description = "The schema", body = Object, content_type = "application/schema+json"))
)]
pub(crate) async fn rule_schema() -> Response {
    typed(
        RULE_SCHEMA.clone(),
        HeaderValue::from_static("application/schema+json"),
    )
}

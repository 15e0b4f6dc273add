//! Documents for tools: `/openapi.json` and the schemas below `/schemas`.

use crate::answer::{self, typed};
use axum::{http::HeaderValue, response::Response};
use bytes::Bytes;
use std::sync::LazyLock;

static RULE_SCHEMA: LazyLock<Bytes> = LazyLock::new(|| rulefile::schema().into());
static MANIFEST_SCHEMA: LazyLock<Bytes> = LazyLock::new(|| rulefile::manifest::schema().into());

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
    schema(&RULE_SCHEMA)
}

/// The JSON Schema of packs' manifests, for editors.
#[utoipa::path(
    get, path = "/schemas/manifest.json", tag = "system", operation_id = "manifest_schema",
    responses((status = 200, description = "The schema", body = Object, content_type = "application/schema+json"))
)]
pub(crate) async fn manifest_schema() -> Response {
    schema(&MANIFEST_SCHEMA)
}

fn schema(text: &Bytes) -> Response {
    typed(text.clone(), HeaderValue::from_static("application/schema+json"))
}

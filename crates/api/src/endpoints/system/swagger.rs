//! The API in a browser: `/swagger/`. Its files are in the binary; nothing comes from elsewhere.

use crate::{
    answer::typed,
    error::{Error, ErrorBody},
};
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use flate2::read::GzDecoder;
use std::{
    io::Read as _,
    sync::{Arc, LazyLock},
};
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

/// The page runs its own scripts and styles itself; it may talk to this service and nobody else.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("../openapi.json").validator_url("none")));

/// To the page, whose files are relative to it.
#[utoipa::path(
    get, path = "/swagger", tag = "system", operation_id = "swagger_redirect",
    responses((status = 308, description = "To `/swagger/`"))
)]
pub(crate) async fn redirect() -> Response {
    let location = [(header::LOCATION, HeaderValue::from_static("swagger/"))];
    (StatusCode::PERMANENT_REDIRECT, location).into_response()
}

/// The page that shows this document.
#[utoipa::path(
    get, path = "/swagger/", tag = "system", operation_id = "swagger",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
pub(crate) async fn page(headers: HeaderMap) -> Result<Response, Error> {
    file(Path("index.html".to_owned()), headers).await
}

/// A file of the page.
#[utoipa::path(
    get, path = "/swagger/{file}", tag = "system", operation_id = "swagger_file",
    params(("file" = String, Path, description = "the file's name")),
    responses(
        (status = 200, description = "The file", body = String, content_type = "*/*"),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let found = serve(&name, Arc::clone(&CONFIG)).map_err(|error| Error::internal(error.to_string()))?;
    let found = found.ok_or_else(|| Error::not_found("there is no such file"))?;
    let mut response = respond(found, &headers).map_err(|error| Error::internal(error.to_string()))?;
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, CSP);
    Ok(response)
}

/// The files stand gzipped in the binary and go out so, except to a client that cannot read that.
fn respond(file: SwaggerFile<'static>, headers: &HeaderMap) -> std::io::Result<Response> {
    let media_type = HeaderValue::from_str(&file.content_type).map_err(std::io::Error::other)?;
    let accepts_gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains("gzip")));
    let mut bytes = file.bytes.into_owned();
    if file.gzpipped && !accepts_gzip {
        let mut plain = Vec::new();
        GzDecoder::new(&*bytes).read_to_end(&mut plain)?;
        bytes = plain;
    }
    let mut response = typed(bytes, media_type);
    if file.gzpipped && accepts_gzip {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

//! The URL map: one line an endpoint; and what every request passes, one line each, outermost first.

use crate::{
    endpoints::{batch, explain, inject, problems, resolve, rules, system},
    error::Error,
    middleware::{
        compression::CompressionLayer, panic_recovery::PanicRecoveryLayer, request_id::RequestIdLayer,
        security_headers, time_out::TimeOutLayer,
    },
    state::State,
};
use axum::Router;
use std::sync::Arc;
use tower::ServiceBuilder;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the OpenAPI document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Asset Injector",
        description = "Which CSS and JavaScript must be injected into a page before it is rendered.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "resolving", description = "What a page gets, and why"),
        (name = "rules", description = "The rules"),
        (name = "system", description = "Health, version, documents"),
    )
)]
struct Document;

/// The URL map.
fn endpoints() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(resolve::post, resolve::get))
        .routes(routes!(batch::post))
        .routes(routes!(explain::post))
        .routes(routes!(inject::css))
        .routes(routes!(inject::js))
        .routes(routes!(rules::list::get))
        .routes(routes!(rules::check::post))
        .routes(routes!(rules::get::get))
        .routes(routes!(problems::get))
        .routes(routes!(system::health::health))
        .routes(routes!(system::health::live))
        .routes(routes!(system::health::ready))
        .routes(routes!(system::version::get))
        .routes(routes!(system::documents::openapi))
        .routes(routes!(system::documents::rule_schema))
        .routes(routes!(system::swagger::redirect))
        .routes(routes!(system::swagger::page))
        .routes(routes!(system::swagger::file))
}

/// The service.
pub fn router(state: Arc<State>) -> Router {
    let stack = ServiceBuilder::new()
        .layer(CompressionLayer)
        .layer(RequestIdLayer { random: state.random })
        // Outside of the recovery, so that the answer to a panic has them too.
        .map_response(security_headers::add)
        .layer(PanicRecoveryLayer)
        // The bound of a body is the handler's: see `extract`.
        .layer(TimeOutLayer {
            limit: state.config.request_timeout,
        });
    let (router, _) = endpoints().split_for_parts();
    router
        .fallback(async || Error::not_found("there is no such route; `/openapi.json` lists them"))
        .method_not_allowed_fallback(async || Error::method_not_allowed())
        .layer(stack)
        .with_state(state)
}

/// The OpenAPI document, made from the routes.
pub fn openapi() -> String {
    endpoints()
        .to_openapi()
        .to_pretty_json()
        .expect("the document serializes")
}

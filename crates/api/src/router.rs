//! The URL map: one line an endpoint, with what it asks of callers; and what every request passes, one line each, outermost first.

mod map;

use self::map::{Map, TokenScheme};
use crate::{
    access::{
        policy::{Policy, Source},
        right::Right,
    },
    endpoints::{batch, conflicts, explain, inject, problems, resolve, rules, system},
    error::Error,
    middleware::{
        access_log::AccessLogLayer, compression::CompressionLayer, envelope::EnvelopeLayer, gate::GateLayer,
        identify::IdentifyLayer, load_shedding::LoadSheddingLayer, metrics::MetricsLayer,
        panic_recovery::PanicRecoveryLayer, security_headers::SecurityHeadersLayer, time_out::TimeOutLayer,
        trace_context::TraceLayer,
    },
    state::State,
};
use axum::Router;
use std::sync::Arc;
use tower::ServiceBuilder;
use utoipa::OpenApi;
use utoipa_axum::routes;

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
        (name = "system", description = "Health, metrics, version, documents"),
    ),
    modifiers(&TokenScheme),
)]
struct Document;

/// The URL map, and what each route asks of its callers.
fn endpoints(map: Map) -> Map {
    map.route(Right::READ, routes!(resolve::post, resolve::get))
        .route(Right::READ, routes!(batch::post))
        .route(Right::READ, routes!(explain::post))
        .route(Right::READ.asset(), routes!(inject::css))
        .route(Right::READ.asset(), routes!(inject::js))
        .route(Right::READ, routes!(rules::list::get))
        .route(Right::EDIT, routes!(rules::create::post))
        .route(Right::EDIT.harmless(), routes!(rules::check::post))
        .route(Right::EDIT.long(), routes!(rules::import::post))
        .route(Right::READ.long(), routes!(rules::export::post))
        .route(Right::READ, routes!(rules::get::get))
        .route(Right::EDIT, routes!(rules::update::put, rules::update::patch))
        .route(Right::EDIT, routes!(rules::delete::delete))
        .route(Right::EDIT, routes!(rules::disable::disable))
        .route(Right::EDIT, routes!(rules::disable::enable))
        .route(Right::READ, routes!(rules::source::get))
        .route(Right::EDIT, routes!(rules::source::pin, rules::source::unpin))
        .route(Right::READ, routes!(rules::stats::get))
        .route(Right::READ, routes!(conflicts::get))
        .route(Right::READ, routes!(problems::get))
        .route(
            Right::ADMIN,
            routes!(system::log_level::get, system::log_level::put),
        )
        .route(Right::PROBE, routes!(system::health::health))
        .route(Right::PROBE, routes!(system::health::live))
        .route(Right::PROBE, routes!(system::health::ready))
        .route(Right::READ.first(), routes!(system::metrics::get))
        .route(Right::READ, routes!(system::stats::get))
        .route(Right::OPEN.any_host(), routes!(system::version::get))
        .route(Right::OPEN, routes!(system::documents::openapi))
        .route(Right::OPEN, routes!(system::documents::rule_schema))
        .route(Right::OPEN, routes!(system::swagger::redirect))
        .route(Right::OPEN, routes!(system::swagger::page))
        .route(Right::OPEN, routes!(system::swagger::file))
}

/// The service, for requests from a network.
pub fn router(state: Arc<State>) -> Router {
    build(state, Source::Network)
}

/// The service, for requests that this process makes itself on behalf of whoever started it.
///
/// Nobody is asked who they are, so it must never be handed to a listener.
pub fn in_process(state: Arc<State>) -> Router {
    build(state, Source::Process)
}

fn build(state: Arc<State>, source: Source) -> Router {
    let Map { router, rights, .. } = endpoints(Map::bare());
    let requests = state.count_requests(&rights);
    let policy = Arc::new(Policy::new(&state, source, rights));
    let stack = ServiceBuilder::new()
        .layer(IdentifyLayer {
            policy: Arc::clone(&policy),
            random: state.random,
        })
        .layer(TraceLayer {
            tracer: state.config.tracer.clone(),
        })
        .layer(AccessLogLayer)
        .layer(MetricsLayer { requests })
        // Inside of the access log, which counts the bytes that leave, and outside of the envelope.
        .layer(CompressionLayer)
        .layer(EnvelopeLayer)
        // Outside of the recovery, so that the answer to a panic has them too.
        .layer(SecurityHeadersLayer)
        .layer(PanicRecoveryLayer {
            counters: Arc::clone(&state.counters),
        })
        // CORS, Host and Origin, rate limit, authentication.
        .layer(GateLayer { policy })
        .layer(LoadSheddingLayer::new(
            state.config.requests_max,
            Arc::clone(&state.counters),
        ))
        // The bound of a body is the handler's: see `extract`.
        .layer(TimeOutLayer {
            limit: state.config.request_timeout,
            long: state.config.operation_timeout,
        });
    let (router, _) = router.split_for_parts();
    router
        .fallback(async || Error::not_found("there is no such route; `/openapi.json` lists them"))
        .method_not_allowed_fallback(async || Error::method_not_allowed())
        .layer(stack)
        .with_state(state)
}

/// The OpenAPI document, made from the routes.
pub fn openapi() -> String {
    let mut router = endpoints(Map::documented(Document::openapi())).router;
    router
        .to_openapi()
        .to_pretty_json()
        .expect("the document serializes")
}

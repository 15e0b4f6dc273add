//! The URL map: one line an endpoint, with what it asks of callers; and what every request passes, one line each,
//! outermost first.

#[cfg(feature = "openapi")]
mod document;
mod map;

use self::map::{Map, url_map};
use crate::{
    access::{
        policy::{Policy, Source},
        right::Right,
    },
    endpoints::{batch, conflicts, explain, inject, packs, problems, resolve, rules, system},
    error::Error,
    middleware::{
        compression::CompressionLayer, envelope::EnvelopeLayer, gate::GateLayer, identify::IdentifyLayer,
        load_shedding::LoadSheddingLayer, observe::ObserveLayer, panic_recovery::PanicRecoveryLayer,
        security_headers::SecurityHeadersLayer, time_out::TimeOutLayer, trace_context::TraceLayer,
    },
    state::State,
};
use axum::Router;
use std::sync::Arc;
use tower::ServiceBuilder;

url_map! {
    POST   "/v1/resolve", Right::READ => resolve::post;
    GET    "/v1/resolve", Right::READ => resolve::get;
    POST   "/v1/resolve/batch", Right::READ => batch::post;
    POST   "/v1/explain", Right::READ => explain::post;
    GET    "/v1/inject.css", Right::READ.asset() => inject::css;
    GET    "/v1/inject.js", Right::READ.asset() => inject::js;

    GET    "/v1/rules", Right::READ => rules::list::get;
    POST   "/v1/rules", Right::EDIT => rules::create::post;
    POST   "/v1/rules/check", Right::EDIT.harmless() => rules::check::post;
    POST   "/v1/rules/import", Right::EDIT.long() => rules::import::post;
    POST   "/v1/rules/export", Right::READ.long() => rules::export::post;
    GET    "/v1/rules/{id}", Right::READ => rules::get::get;
    PUT    "/v1/rules/{id}", Right::EDIT => rules::update::put;
    PATCH  "/v1/rules/{id}", Right::EDIT => rules::update::patch;
    DELETE "/v1/rules/{id}", Right::EDIT => rules::delete::delete;
    POST   "/v1/rules/{id}/disable", Right::EDIT => rules::disable::disable;
    POST   "/v1/rules/{id}/enable", Right::EDIT => rules::disable::enable;
    GET    "/v1/rules/{id}/source", Right::READ => rules::source::get;
    PUT    "/v1/rules/{id}/source", Right::EDIT => rules::source::pin;
    DELETE "/v1/rules/{id}/source", Right::EDIT => rules::source::unpin;
    GET    "/v1/rules/{id}/stats", Right::READ => rules::stats::get;
    GET    "/v1/conflicts", Right::READ => conflicts::get;
    GET    "/v1/problems", Right::READ => problems::get;

    GET    "/v1/packs", Right::READ.long() => packs::list::get;
    GET    "/v1/packs/available", Right::READ.long() => packs::available::get;
    GET    "/v1/packs/updates", Right::READ.long() => packs::updates::get;
    POST   "/v1/packs/install", Right::MANAGE.long() => packs::install::post;
    POST   "/v1/packs/update", Right::MANAGE.long() => packs::update::post;
    POST   "/v1/packs/sync", Right::MANAGE.long() => packs::sync::post;
    GET    "/v1/packs/{name}", Right::READ.long() => packs::get::get;
    DELETE "/v1/packs/{name}", Right::MANAGE.long() => packs::uninstall::delete;

    GET    "/v1/stats", Right::READ => system::stats::get;
    GET    "/v1/log-level", Right::ADMIN => system::log_level::get;
    PUT    "/v1/log-level", Right::ADMIN => system::log_level::put;
    GET    "/health", Right::PROBE => system::health::health;
    GET    "/health/live", Right::PROBE => system::health::live;
    GET    "/health/ready", Right::PROBE => system::health::ready;
    GET    "/metrics", Right::READ.first() => system::metrics::get;
    GET    "/version", Right::OPEN.any_host() => system::version::get;
    GET    "/openapi.json", Right::OPEN => system::documents::openapi;
    GET    "/schemas/rule.json", Right::OPEN => system::documents::rule_schema;
    GET    "/schemas/manifest.json", Right::OPEN => system::documents::manifest_schema;
    GET    "/swagger", Right::OPEN => system::swagger::redirect;
    GET    "/swagger/", Right::OPEN => system::swagger::page;
    GET    "/swagger/{file}", Right::OPEN => system::swagger::file;
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
    let Map { router, rights } = endpoints();
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
        .layer(ObserveLayer { requests })
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
    router
        .fallback(async || Error::not_found("there is no such route; `/openapi.json` lists them"))
        .method_not_allowed_fallback(async || Error::method_not_allowed())
        .layer(stack)
        .with_state(state)
}

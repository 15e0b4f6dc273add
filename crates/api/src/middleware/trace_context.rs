//! Continues the caller's trace, or begins one, and describes the request in its span, where that is recorded.
//!
//! What stands in a query is never described, and neither is a path that is no route's: either may hold anything.

use super::streaming::{Kept, Observed};
use crate::{
    access::{
        Call,
        host::{Authority, Host},
    },
    audit,
};
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, Version},
    response::Response,
};
use std::{
    borrow::Cow,
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;
use trace::{Carried, Span, Tracer};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

#[derive(Clone)]
pub(crate) struct TraceLayer {
    pub(crate) tracer: Tracer,
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace {
            inner,
            tracer: self.tracer.clone(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Trace<S> {
    inner: S,
    tracer: Tracer,
}

impl<S> Service<Request> for Trace<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Observed<Carried<S::Future>, Span>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let sent = |name| request.headers().get_all(name).iter().map(HeaderValue::as_bytes);
        let parent = trace::Context::parse(sent(TRACEPARENT), sent(TRACESTATE));
        let mut span = self.tracer.server(parent, || name(&request));
        if span.is_recording() {
            describe(&mut span, &request);
        }
        let context = span.context().clone();
        // What wraps the handler looks at the context when it is called, and again when it is polled.
        let _entered = context.enter();
        Observed {
            inner: context.carry(self.inner.call(request)),
            kept: span.is_recording().then_some(span),
        }
    }
}

/// It lasts until the answer has left.
impl Kept for Span {
    fn answered(&mut self, status: StatusCode) {
        self.set("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.fail(status.as_u16().to_string());
        }
    }
}

fn route(request: &Request) -> Option<&str> {
    request.extensions().get::<MatchedPath>().map(MatchedPath::as_str)
}

/// The method and the route; there are few of either.
fn name(request: &Request) -> Cow<'static, str> {
    let method = match audit::shown(request.method()) {
        "OTHER" => "HTTP",
        method => method,
    };
    match route(request) {
        Some(route) => format!("{method} {route}").into(),
        None => method.to_owned().into(),
    }
}

/// By the semantic conventions of OpenTelemetry for HTTP servers.
fn describe(span: &mut Span, request: &Request) {
    let call = Call::of(request);
    span.set("http.request.method", method(request.method()));
    if let Some(route) = route(request) {
        span.set("http.route", route.to_owned());
        span.set("url.path", request.uri().path().to_owned());
    }
    span.set("url.scheme", if call.client.is_https { "https" } else { "http" });
    if let Ok(Some(Authority { host, port })) = Authority::of(request) {
        let address = match host {
            Host::Address(address) => address.to_string(),
            Host::Name(name) => name.to_owned(),
        };
        span.set("server.address", address);
        if let Some(port) = port {
            span.set("server.port", port);
        }
    }
    if let Some(client) = call.client.address {
        span.set("client.address", client.to_string());
    }
    let version = match request.version() {
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    };
    span.set("network.protocol.version", version);
    span.set("request.id", call.id.as_str().to_owned());
}

fn method(method: &Method) -> String {
    match audit::shown(method) {
        "OTHER" => "_OTHER".to_owned(),
        known => known.to_owned(),
    }
}

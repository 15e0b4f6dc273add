//! One event for each request, with the target `access`: never bodies, tokens or query strings.
//!
//! The event is written when the answer has left the handler, or the stream of it has ended. Writing
//! it never waits: who reads the log too slowly loses lines.

use super::streaming::{self, Kept};
use crate::{
    access::{Call, request_id::RequestId},
    audit,
};
use axum::{
    extract::{MatchedPath, Request},
    http::{Method, header},
    response::Response,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone)]
pub(crate) struct AccessLogLayer;

impl<S> Layer<S> for AccessLogLayer {
    type Service = AccessLog<S>;

    fn layer(&self, inner: S) -> AccessLog<S> {
        AccessLog { inner }
    }
}

#[derive(Clone)]
pub(crate) struct AccessLog<S> {
    inner: S,
}

impl<S> Service<Request> for AccessLog<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Logged<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Logged<S::Future> {
        let is_on = tracing::enabled!(target: "access", tracing::Level::INFO);
        Logged {
            record: is_on.then(|| Record::begin(&request)),
            inner: self.inner.call(request),
        }
    }
}

pin_project! {
    pub(crate) struct Logged<F> {
        #[pin]
        inner: F,
        record: Option<Record>,
    }
}

impl<F, E> Future for Logged<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx)?);
        let Some(mut record) = this.record.take() else {
            return Poll::Ready(Ok(response));
        };
        record.status = Some(response.status().as_u16());
        Poll::Ready(Ok(streaming::keep(response, record)))
    }
}

/// What is known of a request; it is logged when it is dropped.
struct Record {
    id: RequestId,
    trace: Option<trace::Context>,
    client: Option<IpAddr>,
    method: Method,
    route: Option<MatchedPath>,
    request_bytes: Option<u64>,
    started: Instant,
    /// Nothing while there is no answer; a client that does not wait for one gets none.
    status: Option<u16>,
    response_bytes: u64,
}

impl Record {
    fn begin(request: &Request) -> Self {
        let call = Call::of(request);
        let length = request.headers().get(header::CONTENT_LENGTH);
        Self {
            id: call.id,
            trace: trace::current(),
            client: call.client.address,
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_bytes: length.and_then(|length| length.to_str().ok()?.parse().ok()),
            started: Instant::now(),
            status: None,
            response_bytes: 0,
        }
    }
}

impl Kept for Record {
    fn sent(&mut self, bytes: u64) {
        self.response_bytes += bytes;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // The end of a stream is nobody's work in particular.
        let _entered = self.trace.as_ref().map(trace::Context::enter);
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            target: "access",
            { request.id = self.id.as_str(),
            http.method = audit::shown(&self.method),
            http.route = self.route.as_ref().map(MatchedPath::as_str),
            http.status = self.status,
            latency_us = micros,
            request.bytes = self.request_bytes,
            response.bytes = self.response_bytes,
            client = self.client.map(tracing::field::display) },
            "request"
        );
    }
}

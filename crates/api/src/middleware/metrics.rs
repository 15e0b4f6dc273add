//! Counts requests by method, route and status, with the time that they took.
//!
//! As the access log does: when the answer has left the handler, or the stream of it has ended.

use super::streaming::{self, Kept};
use crate::{
    access::Call,
    metrics::requests::{Requests, RouteIndex},
};
use axum::{
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// Wraps a service; nothing is counted where there are no counters.
#[derive(Clone)]
pub(crate) struct MetricsLayer {
    pub(crate) requests: Option<Arc<Requests>>,
}

impl<S> Layer<S> for MetricsLayer {
    type Service = Metrics<S>;

    fn layer(&self, inner: S) -> Metrics<S> {
        Metrics {
            inner,
            requests: self.requests.clone(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Metrics<S> {
    inner: S,
    requests: Option<Arc<Requests>>,
}

impl<S> Service<Request> for Metrics<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Counted<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Counted<S::Future> {
        let counters = self.requests.as_ref();
        Counted {
            record: counters.map(|requests| Record::begin(requests, &request)),
            inner: self.inner.call(request),
        }
    }
}

pin_project! {
    pub(crate) struct Counted<F> {
        #[pin]
        inner: F,
        record: Option<Record>,
    }
}

impl<F, E> Future for Counted<F>
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
        record.status = Some(response.status());
        Poll::Ready(Ok(streaming::keep(response, record)))
    }
}

/// What is known of a request; it is counted when it is dropped.
struct Record {
    requests: Arc<Requests>,
    route: Option<RouteIndex>,
    method: Method,
    started: Instant,
    /// Nothing while there is no answer; a client that does not wait for one gets none.
    status: Option<StatusCode>,
}

impl Record {
    fn begin(requests: &Arc<Requests>, request: &Request) -> Self {
        requests.begin();
        Self {
            requests: Arc::clone(requests),
            route: Call::of(request).route,
            method: request.method().clone(),
            started: Instant::now(),
            status: None,
        }
    }
}

impl Kept for Record {
    fn sent(&mut self, _: u64) {}
}

impl Drop for Record {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.requests.end(self.route, &self.method, self.status, took);
    }
}

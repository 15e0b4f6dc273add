//! Watches each request until its answer has left: counts it by method, route and status with the time that it took,
//! and writes the access log.
//!
//! A request is counted and logged when the answer has left the handler, or the stream of it has ended.

use super::{
    access_log::Entry,
    streaming::{Kept, Observed},
};
use crate::{
    access::Call,
    metrics::requests::{Requests, RouteIndex},
};
use axum::{
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// Wraps a service; nothing is counted where there are no counters.
#[derive(Clone)]
pub(crate) struct ObserveLayer {
    pub(crate) requests: Option<Arc<Requests>>,
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe {
            inner,
            requests: self.requests.clone(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Observe<S> {
    inner: S,
    requests: Option<Arc<Requests>>,
}

impl<S> Service<Request> for Observe<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Observed<S::Future, Record>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Observed {
            kept: Record::begin(self.requests.as_ref(), &request),
            inner: self.inner.call(request),
        }
    }
}

/// What is known of a request; it is counted and logged when it is dropped.
pub(crate) struct Record {
    started: Instant,
    method: Method,
    /// Nothing while there is no answer; a client that does not wait for one gets none.
    status: Option<StatusCode>,
    response_bytes: u64,
    counters: Option<(Arc<Requests>, Option<RouteIndex>)>,
    entry: Option<Entry>,
}

impl Record {
    /// Nothing where nobody wants to know.
    fn begin(requests: Option<&Arc<Requests>>, request: &Request) -> Option<Self> {
        let entry = Entry::begin(request);
        let counters = requests.map(|requests| {
            requests.begin();
            (Arc::clone(requests), Call::of(request).route)
        });
        (entry.is_some() || counters.is_some()).then(|| Self {
            started: Instant::now(),
            method: request.method().clone(),
            status: None,
            response_bytes: 0,
            counters,
            entry,
        })
    }
}

impl Kept for Record {
    fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    fn sent(&mut self, bytes: u64) {
        self.response_bytes += bytes;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        if let Some((requests, route)) = &self.counters {
            requests.end(*route, &self.method, self.status, took);
        }
        if let Some(entry) = &self.entry {
            entry.write(&self.method, self.status, self.response_bytes, took);
        }
    }
}

//! Refuses at once what would be one request too many: a queue would only make everyone wait.

use super::streaming::{self, Kept};
use crate::{access::Call, error::Error, state::Counters};
use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone)]
pub(crate) struct LoadSheddingLayer {
    running: Arc<AtomicUsize>,
    limit: usize,
    counters: Arc<Counters>,
}

impl LoadSheddingLayer {
    /// At most so many requests at a time, counted together over everything that the layer wraps.
    pub(crate) fn new(limit: usize, counters: Arc<Counters>) -> Self {
        Self {
            running: Arc::default(),
            limit,
            counters,
        }
    }
}

impl<S> Layer<S> for LoadSheddingLayer {
    type Service = LoadShedding<S>;

    fn layer(&self, inner: S) -> LoadShedding<S> {
        LoadShedding {
            inner,
            running: Arc::clone(&self.running),
            limit: self.limit,
            counters: Arc::clone(&self.counters),
        }
    }
}

#[derive(Clone)]
pub(crate) struct LoadShedding<S> {
    inner: S,
    running: Arc<AtomicUsize>,
    limit: usize,
    counters: Arc<Counters>,
}

impl<S> Service<Request> for LoadShedding<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Shed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Shed<S::Future> {
        if Call::of(&request).right.first {
            return Shed::Running {
                inner: self.inner.call(request),
                turn: None,
            };
        }
        let turn = Turn::take(&self.running);
        if turn.count > self.limit {
            self.counters.shed.fetch_add(1, Ordering::Relaxed);
            return Shed::Refused;
        }
        Shed::Running {
            inner: self.inner.call(request),
            turn: Some(turn),
        }
    }
}

/// One of the requests that may run; another may when it is dropped.
pub(crate) struct Turn {
    running: Arc<AtomicUsize>,
    count: usize,
}

impl Turn {
    fn take(running: &Arc<AtomicUsize>) -> Self {
        Self {
            count: running.fetch_add(1, Ordering::Relaxed) + 1,
            running: Arc::clone(running),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Kept for Turn {}

pin_project! {
    #[project = ShedProjection]
    pub(crate) enum Shed<F> {
        Refused,
        Running { #[pin] inner: F, turn: Option<Turn> },
    }
}

impl<F, E> Future for Shed<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            ShedProjection::Refused => {
                let error = Error::unavailable("too many requests run at the moment; try again");
                Poll::Ready(Ok(error.into_response()))
            }
            ShedProjection::Running { inner, turn } => {
                let response = ready!(inner.poll(cx)?);
                Poll::Ready(Ok(match turn.take() {
                    Some(turn) => streaming::keep(response, turn),
                    None => response,
                }))
            }
        }
    }
}

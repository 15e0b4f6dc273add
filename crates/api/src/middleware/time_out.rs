//! Ends a request whose answer does not begin in time, which is longer for some routes.

use crate::{access::Call, error::Error};
use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone)]
pub(crate) struct TimeOutLayer {
    /// For most routes.
    pub(crate) limit: Duration,
    /// For those whose right says so.
    pub(crate) long: Duration,
}

impl<S> Layer<S> for TimeOutLayer {
    type Service = TimeOut<S>;

    fn layer(&self, inner: S) -> TimeOut<S> {
        TimeOut {
            inner,
            limit: self.limit,
            long: self.long,
        }
    }
}

#[derive(Clone)]
pub(crate) struct TimeOut<S> {
    inner: S,
    limit: Duration,
    long: Duration,
}

impl<S> Service<Request> for TimeOut<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Timed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Timed<S::Future> {
        let is_long = Call::of(&request).right.long;
        Timed {
            inner: self.inner.call(request),
            limit: if is_long { self.long } else { self.limit },
            timer: None,
        }
    }
}

pin_project! {
    pub(crate) struct Timed<F> {
        #[pin]
        inner: F,
        limit: Duration,
        // Made when the handler first waits: most never do, and a timer costs as much as a resolve.
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<F, E> Future for Timed<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(response) = this.inner.poll(cx) {
            return Poll::Ready(response);
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(*this.limit)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Ok(Error::timeout().into_response()))
    }
}

//! Turns a panic in a handler into an answer; the connection and its neighbours live on.
//!
//! What panicked and where goes to the log, under the request's id, and never to the client.

use crate::{error::Error, state::Counters};
use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use pin_project_lite::pin_project;
use std::{
    any::Any,
    backtrace::Backtrace,
    cell::{Cell, RefCell},
    future::Future,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;

thread_local! {
    /// Whether this thread is inside a handler, whose panics are caught here.
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
    /// Message, place and backtrace of the panic that is being caught.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes a panic in a handler known to the log with its place and backtrace, under the request's id.
///
/// To be called once, when the process starts. Panics elsewhere go to the hook that was there before.
pub fn install_panic_hook() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if IS_CATCHING.get() {
            PANIC.set(Some(format!("{info}\n{}", Backtrace::force_capture())));
        } else {
            previous(info);
        }
    }));
}

/// Wraps a service; panics are counted.
#[derive(Clone)]
pub(crate) struct PanicRecoveryLayer {
    pub(crate) counters: Arc<Counters>,
}

impl<S> Layer<S> for PanicRecoveryLayer {
    type Service = PanicRecovery<S>;

    fn layer(&self, inner: S) -> PanicRecovery<S> {
        PanicRecovery {
            inner,
            counters: Arc::clone(&self.counters),
        }
    }
}

#[derive(Clone)]
pub(crate) struct PanicRecovery<S> {
    inner: S,
    counters: Arc<Counters>,
}

impl<S> Service<Request> for PanicRecovery<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Caught<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Caught<S::Future> {
        Caught {
            inner: self.inner.call(request),
            counters: Arc::clone(&self.counters),
        }
    }
}

pin_project! {
    pub(crate) struct Caught<F> {
        #[pin]
        inner: F,
        counters: Arc<Counters>,
    }
}

impl<F, E> Future for Caught<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        IS_CATCHING.set(true);
        // Nothing that the handler leaves half done is used again: its future is dropped with the request.
        let polled = panic::catch_unwind(AssertUnwindSafe(|| inner.poll(cx)));
        IS_CATCHING.set(false);
        polled.unwrap_or_else(|payload| {
            this.counters.panics.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Ok(Error::internal(cause(&*payload)).into_response()))
        })
    }
}

fn cause(payload: &(dyn Any + Send)) -> String {
    PANIC.take().unwrap_or_else(|| {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        format!("a handler panicked: {}", text.unwrap_or("(no message)"))
    })
}

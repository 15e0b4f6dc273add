//! Returns the request's id, and writes the envelope of failures, which names it.

use crate::{
    access::{Call, request_id::RequestId},
    error::Error,
};
use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_layer::Layer;
use tower_service::Service;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
pub(crate) struct EnvelopeLayer;

impl<S> Layer<S> for EnvelopeLayer {
    type Service = Envelope<S>;

    fn layer(&self, inner: S) -> Envelope<S> {
        Envelope { inner }
    }
}

#[derive(Clone)]
pub(crate) struct Envelope<S> {
    inner: S,
}

impl<S> Service<Request> for Envelope<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Enveloped<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Enveloped<S::Future> {
        Enveloped {
            id: Call::of(&request).id,
            inner: self.inner.call(request),
        }
    }
}

pin_project! {
    pub(crate) struct Enveloped<F> {
        #[pin]
        inner: F,
        id: RequestId,
    }
}

impl<F, E> Future for Enveloped<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx)?);
        if let Some(error) = response.extensions_mut().remove::<Error>() {
            write_envelope(&mut response, &error, this.id.as_str());
        }
        response.headers_mut().insert(X_REQUEST_ID, this.id.header());
        Poll::Ready(Ok(response))
    }
}

fn write_envelope(response: &mut Response, error: &Error, id: &str) {
    let body = Bytes::from(error.render(id));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = body.into();
}

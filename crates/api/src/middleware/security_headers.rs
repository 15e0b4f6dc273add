//! Tells browsers to do nothing with our answers but what they were asked for.

use crate::access::Call;
use axum::{
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

/// For every answer that is not a page of ours: it may load nothing and stand in no frame.
const CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// For a year. Only what came encrypted says so: elsewhere the header means nothing, or locks people out.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

#[derive(Clone)]
pub(crate) struct SecurityHeadersLayer;

impl<S> Layer<S> for SecurityHeadersLayer {
    type Service = SecurityHeaders<S>;

    fn layer(&self, inner: S) -> SecurityHeaders<S> {
        SecurityHeaders { inner }
    }
}

#[derive(Clone)]
pub(crate) struct SecurityHeaders<S> {
    inner: S,
}

impl<S> Service<Request> for SecurityHeaders<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Secured<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Secured<S::Future> {
        Secured {
            is_https: Call::of(&request).client.is_https,
            inner: self.inner.call(request),
        }
    }
}

pin_project! {
    pub(crate) struct Secured<F> {
        #[pin]
        inner: F,
        is_https: bool,
    }
}

impl<F, E> Future for Secured<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx)?);
        add(&mut response, *this.is_https);
        Poll::Ready(Ok(response))
    }
}

/// Adds the headers; a page that needs a policy of its own has set it already.
fn add(response: &mut Response, is_https: bool) {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(CSP);
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

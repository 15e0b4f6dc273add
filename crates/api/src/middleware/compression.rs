//! Compresses answers over 1 KiB when asked, each coding with an entity tag of its own.
//!
//! The coder leaves entity tags alone. A strong one promises equal bytes, so the tag gets the coding's
//! name here; conditional requests know those tags too (see `answer`).

use crate::answer::coded_tag;
use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{self, HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_http::compression::{Compression as Coder, CompressionBody, Predicate, ResponseFuture};
use tower_layer::Layer;
use tower_service::Service;

/// The smallest body that is compressed: the first one over 1 KiB.
const BYTES_MIN: u64 = 1025;

/// Whether a body is large enough. `Content-Length` comes first: the answer to a HEAD has no body left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsLarge;

impl Predicate for IsLarge {
    fn should_compress<B: HttpBody>(&self, response: &http::Response<B>) -> bool {
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let has_body = !matches!(response.status().as_u16(), 204 | 304);
        // A coder would hold events back until it has enough of them.
        let is_told_bit_by_bit = response.headers().get(header::CONTENT_TYPE)
            == Some(&HeaderValue::from_static("text/event-stream"));
        has_body
            && !is_told_bit_by_bit
            && length
                .or(response.body().size_hint().exact())
                .is_none_or(|bytes| bytes >= BYTES_MIN)
    }
}

#[derive(Clone)]
pub(crate) struct CompressionLayer;

impl<S> Layer<S> for CompressionLayer {
    type Service = Compression<S>;

    fn layer(&self, inner: S) -> Compression<S> {
        Compression { inner }
    }
}

#[derive(Clone)]
pub(crate) struct Compression<S> {
    inner: S,
}

impl<S> Service<Request> for Compression<S>
where
    S: Service<Request, Response = Response> + Clone,
{
    type Response = Response;
    type Error = S::Error;
    type Future = MaybeCoded<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> MaybeCoded<S::Future> {
        // Nobody keeps the answer to a POST, so it needs no `Vary`, and without a wish no coder either.
        if !request.headers().contains_key(header::ACCEPT_ENCODING) && request.method() == Method::POST {
            return MaybeCoded::Plain {
                inner: self.inner.call(request),
            };
        }
        drop_refusals(request.headers_mut());
        // The coder is made here, so that requests without one do not pay for the copy of the service.
        // The service that is ready goes into it, and the copy stays for the next request.
        let next = self.inner.clone();
        let mut coder = Coder::new(std::mem::replace(&mut self.inner, next)).compress_when(IsLarge);
        MaybeCoded::Coded {
            inner: coder.call(request),
        }
    }
}

/// Takes `identity;q=0` and `*;q=0` out: an answer in a coding that is not wanted helps more than none.
fn drop_refusals(headers: &mut HeaderMap) {
    let Some(sent) = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
    else {
        return;
    };
    if !sent.contains('*') && !sent.contains("identity") {
        return;
    }
    let wanted = |one: &&str| !one.trim_start().starts_with('*') && !one.trim_start().starts_with("identity");
    let kept = sent.split(',').filter(wanted).collect::<Vec<_>>().join(",");
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_str(&kept).expect("parts of a header value are one"),
    );
}

pin_project! {
    #[project = MaybeCodedProjection]
    pub(crate) enum MaybeCoded<F> {
        Plain { #[pin] inner: F },
        Coded { #[pin] inner: ResponseFuture<F, IsLarge> },
    }
}

impl<F, E> Future for MaybeCoded<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            MaybeCodedProjection::Plain { inner } => inner.poll(cx),
            MaybeCodedProjection::Coded { inner } => Poll::Ready(Ok(finish(ready!(inner.poll(cx)?)))),
        }
    }
}

fn finish(mut response: http::Response<CompressionBody<Body>>) -> Response {
    if let Some(tag) = tag_of_coding(response.headers()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.map(Body::new)
}

fn tag_of_coding(headers: &HeaderMap) -> Option<HeaderValue> {
    let tag = headers.get(header::ETAG)?.to_str().ok()?;
    let coding = headers.get(header::CONTENT_ENCODING)?.to_str().ok()?;
    HeaderValue::from_str(&coded_tag(tag, coding)).ok()
}

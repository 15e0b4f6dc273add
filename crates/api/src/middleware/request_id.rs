//! Gives each request an id, returns it, and writes the envelope of failures, which names it.

use crate::error::Error;
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

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ID_BYTES_MAX: usize = 64;

/// Wraps a service; `random` gives 128 random bits a call.
#[derive(Clone)]
pub(crate) struct RequestIdLayer {
    pub(crate) random: fn() -> u128,
}

impl<S> Layer<S> for RequestIdLayer {
    type Service = RequestId<S>;

    fn layer(&self, inner: S) -> RequestId<S> {
        RequestId {
            inner,
            random: self.random,
        }
    }
}

#[derive(Clone)]
pub(crate) struct RequestId<S> {
    inner: S,
    random: fn() -> u128,
}

impl<S> Service<Request> for RequestId<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Identified<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Identified<S::Future> {
        let sent = request
            .headers()
            .get(X_REQUEST_ID)
            .filter(|id| is_acceptable(id.as_bytes()));
        let id = sent.cloned().unwrap_or_else(|| uuid((self.random)()));
        Identified {
            inner: self.inner.call(request),
            id: Some(id),
        }
    }
}

pin_project! {
    pub(crate) struct Identified<F> {
        #[pin]
        inner: F,
        id: Option<HeaderValue>,
    }
}

impl<F, E> Future for Identified<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx)?);
        let id = this.id.take().expect("a future is not polled after it is done");
        if let Some(error) = response.extensions_mut().remove::<Error>() {
            write_envelope(&mut response, &error, &id);
        }
        response.headers_mut().insert(X_REQUEST_ID, id);
        Poll::Ready(Ok(response))
    }
}

fn write_envelope(response: &mut Response, error: &Error, id: &HeaderValue) {
    let body = Bytes::from(error.render(id.to_str().unwrap_or_default()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = body.into();
}

fn is_acceptable(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.iter().all(allowed)
}

/// A UUID of version 4 from random bits.
fn uuid(random: u128) -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (n, byte) in versioned.to_be_bytes().into_iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 0xf)];
        at += 2;
    }
    HeaderValue::from_bytes(&text).expect("hexadecimal digits are a header value")
}

#[cfg(test)]
mod tests {
    use super::{is_acceptable, uuid};

    #[test]
    fn an_id_is_1_to_64_harmless_characters() {
        for id in ["a", "A-b_c.9", &"x".repeat(64)] {
            assert!(is_acceptable(id.as_bytes()), "{id}");
        }
        for id in ["", "a b", "a\"", "ä", "a\n", "a/b", &"x".repeat(65)] {
            assert!(!is_acceptable(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn a_uuid_has_version_4_and_the_rest_from_the_random_bits() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            uuid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
            "01234567-89ab-4def-8123-456789abcdef"
        );
    }
}

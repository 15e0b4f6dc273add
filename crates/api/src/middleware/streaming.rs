//! Keeps something until an answer has left: at once where its body is whole, else with the stream's end.

use axum::{
    body::{Body, Bytes, HttpBody},
    http::StatusCode,
    response::Response,
};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What is kept, and told of the answer and of every piece of it.
pub(crate) trait Kept: Send + 'static {
    /// There is an answer; for a client that does not wait for one there never is.
    fn answered(&mut self, _: StatusCode) {}

    /// The body is whole, or another piece of it has left.
    fn sent(&mut self, _: u64) {}
}

pin_project! {
    /// A request, and what is kept until its answer has left, if anything is.
    pub(crate) struct Observed<F, K> {
        #[pin]
        pub(super) inner: F,
        pub(super) kept: Option<K>,
    }
}

impl<F, E, K> Future for Observed<F, K>
where
    F: Future<Output = Result<Response, E>>,
    K: Kept,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx)?);
        Poll::Ready(Ok(match this.kept.take() {
            Some(kept) => keep(response, kept),
            None => response,
        }))
    }
}

/// Keeps it until the body has left.
pub(super) fn keep(response: Response, mut kept: impl Kept) -> Response {
    kept.answered(response.status());
    if let Some(bytes) = response.body().size_hint().exact() {
        kept.sent(bytes);
        return response;
    }
    response.map(|body| Body::new(Keeping { body, kept }))
}

pin_project! {
    struct Keeping<K> {
        #[pin]
        body: Body,
        kept: K,
    }
}

impl<K: Kept> HttpBody for Keeping<K> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            this.kept.sent(data.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

//! Keeps something until an answer has left: at once where its body is whole, else with the stream's end.

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What is kept, and told of every piece.
pub(super) trait Kept: Send + 'static {
    /// The body is whole, or another piece of it has left.
    fn sent(&mut self, bytes: u64);
}

/// Keeps it until the body has left.
pub(super) fn keep(response: Response, mut kept: impl Kept) -> Response {
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

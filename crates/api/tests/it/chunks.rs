//! Bodies in pieces.

use axum::body::{Body, Bytes};
use futures_core::Stream;
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

/// A body in pieces, without a `Content-Length`.
pub(crate) struct Chunks {
    /// The last one comes first.
    sizes: Vec<usize>,
    has_end: bool,
}

impl Chunks {
    /// Pieces of blanks.
    pub(crate) fn of(sizes: &[usize]) -> Body {
        Body::from_stream(Self {
            sizes: sizes.iter().rev().copied().collect(),
            has_end: true,
        })
    }

    /// A body that never comes.
    pub(crate) fn endless() -> Body {
        Body::from_stream(Self {
            sizes: Vec::new(),
            has_end: false,
        })
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.sizes.pop() {
            Some(size) => Poll::Ready(Some(Ok(vec![b' '; size].into()))),
            None if self.has_end => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

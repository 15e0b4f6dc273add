//! The bodies of a connection: a request's, whose reading fails when the client sends nothing for too long, and an
//! answer's, which says when it is handed over.

use super::activity::{Activity, Answering};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use pin_project_lite::pin_project;
use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// A body with a bound on each pause. The timer exists only while the next bytes are awaited.
pub(crate) struct RequestBody {
    body: Incoming,
    limit: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    has_ended: bool,
    activity: Arc<Activity>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, limit: Duration, activity: Arc<Activity>) -> Self {
        Self {
            has_ended: body.is_end_stream(),
            body,
            limit,
            pause: None,
            activity,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.pause = None;
            self.has_ended |= frame.is_none() || self.body.is_end_stream();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(limit)));
        let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "the client sent nothing");
        pause
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(timed_out().into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.has_ended {
            self.activity.leave_unread();
        }
    }
}

pin_project! {
    /// The body of an answer, which counts until it is handed over.
    pub(super) struct AnswerBody<B> {
        #[pin]
        body: B,
        answering: Answering,
    }
}

impl<B> AnswerBody<B> {
    pub(super) fn new(body: B, answering: Answering) -> Self {
        Self { body, answering }
    }
}

impl<B: Body> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

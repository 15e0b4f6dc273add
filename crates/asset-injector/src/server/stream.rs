//! A stream whose writes fail when the client takes nothing for too long, and which ends in order.

use super::activity::Activity;
use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The longest time for which what a client still sends after the last answer is read and thrown away. A
/// connection that is closed over unread bytes is reset, and the client may never see the answer.
const LINGER: Duration = Duration::from_secs(1);

/// The most bytes of it.
const LINGER_BYTES_MAX: usize = 8 << 20;

/// A stream with a bound on each pause in writing. The timer exists only while a write waits.
pub(super) struct TimedStream<S> {
    stream: S,
    limit: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    linger: Option<Linger>,
    activity: Arc<Activity>,
}

/// The time and the bytes that are left.
struct Linger {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> TimedStream<S> {
    pub(super) fn new(stream: S, limit: Duration, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            limit,
            pause: None,
            linger: None,
            activity,
        }
    }

    /// Lets a write wait as long as the pause is not too long.
    fn bounded<T>(&mut self, context: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            if self.pause.take().is_some() {
                self.activity.stall(false);
            }
            return write;
        }
        let (limit, activity) = (self.limit, &self.activity);
        let pause = self.pause.get_or_insert_with(|| {
            activity.stall(true);
            Box::pin(sleep(limit))
        });
        pause
            .as_mut()
            .poll(context)
            .map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the client took nothing")))
    }
}

impl<S: AsyncRead + Unpin> TimedStream<S> {
    /// Reads what the client still sends, until it ends or was given enough.
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            until: Box::pin(sleep(LINGER)),
            bytes: LINGER_BYTES_MAX,
        });
        loop {
            if linger.bytes == 0 || linger.until.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            let mut bytes = [MaybeUninit::uninit(); 16 * 1024];
            let mut buffer = ReadBuf::uninit(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            let count = buffer.filled().len();
            if read.is_err() || count == 0 {
                return Poll::Ready(());
            }
            linger.bytes = linger.bytes.saturating_sub(count);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bounded(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.stream).poll_flush(context);
        self.bounded(context, flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            let shutdown = Pin::new(&mut self.stream).poll_shutdown(context);
            ready!(self.bounded(context, shutdown))?;
        }
        match self.activity.is_unread() {
            true => self.drain(context).map(Ok),
            false => Poll::Ready(Ok(())),
        }
    }
}

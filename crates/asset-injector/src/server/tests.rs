//! The limits of a connection, on a clock that the tests move.

use super::stream::TimedStream;
use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex},
    time::{advance, pause},
};

const LIMIT: Duration = Duration::from_secs(5);

/// A stream with room for four bytes, and its other end.
fn narrow() -> (TimedStream<DuplexStream>, DuplexStream) {
    let (ours, theirs) = duplex(4);
    (TimedStream::new(ours, LIMIT), theirs)
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up() {
    pause();
    let (mut ours, _theirs) = narrow();
    // Nothing else runs, so the clock moves to the next timer by itself.
    let error = ours.write_all(b"more than four").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_slow_client_is_served_as_long_as_it_takes_something() {
    pause();
    let (mut ours, mut theirs) = narrow();
    let reader = tokio::spawn(async move {
        let mut taken = Vec::new();
        for _ in 0..5 {
            tokio::time::sleep(LIMIT - Duration::from_secs(1)).await;
            let mut bytes = [0; 4];
            let count = tokio::io::AsyncReadExt::read(&mut theirs, &mut bytes)
                .await
                .unwrap();
            taken.extend_from_slice(&bytes[..count]);
        }
        taken
    });
    ours.write_all(b"twenty bytes in all.").await.unwrap();
    assert_eq!(reader.await.unwrap(), b"twenty bytes in all.");
}

/// A stream that never takes anything and never wakes anyone.
struct Stuck;

impl AsyncWrite for Stuck {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn the_end_of_a_stream_is_bounded_too() {
    pause();
    advance(Duration::from_secs(1)).await;
    let error = TimedStream::new(Stuck, LIMIT).shutdown().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

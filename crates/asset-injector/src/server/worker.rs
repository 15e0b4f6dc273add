//! One thread that serves connections on its own runtime.

use super::{
    Accepted, Answers,
    connection::{self, Shared},
    sync::JoinSet,
};
use std::{io, net::TcpStream, thread};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};

/// Deep enough for the recursive parsers of rules' scripts; only what is touched becomes resident.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Starts the thread; it ends when the queue is closed and every connection has ended.
pub(super) fn start<A: Answers>(
    number: usize,
    accepted: UnboundedReceiver<Accepted<TcpStream>>,
    shared: Shared<A>,
    living: Sender<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = thread::Builder::new()
        .name(format!("http-{number}"))
        .stack_size(STACK_BYTES);
    thread.spawn(move || {
        // Whoever waits for the end of this thread may rely on it that nothing is shared any more.
        let serve = move |accepted| connection::serve(accepted, shared.clone());
        runtime.block_on(serve_all(accepted, serve));
        drop(living);
    })?;
    Ok(())
}

/// Serves connections until their queue is closed and each has ended.
pub(super) async fn serve_all<S, F>(
    mut accepted: UnboundedReceiver<Accepted<S>>,
    serve: impl Fn(Accepted<S>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            accepted = accepted.recv() => match accepted {
                Some(accepted) => {
                    connections.spawn(serve(accepted));
                }
                None => break,
            },
        }
    }
    while connections.join_next().await.is_some() {}
}

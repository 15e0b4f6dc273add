//! One thread that serves connections on its own runtime.

use super::{
    Accepted, Answers,
    connection::{self, Shared},
};
use std::{io, thread};
use tokio::{
    sync::mpsc::{Sender, UnboundedReceiver},
    task::JoinSet,
};

/// Deep enough for the recursive parsers of rules' scripts; only what is touched becomes resident.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Starts the thread; it ends when the queue is closed and every connection has ended.
pub(super) fn start<A: Answers>(
    number: usize,
    accepted: UnboundedReceiver<Accepted>,
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
        runtime.block_on(serve_all(accepted, shared));
        drop(living);
    })?;
    Ok(())
}

async fn serve_all<A: Answers>(mut accepted: UnboundedReceiver<Accepted>, shared: Shared<A>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accepted.recv() => match accepted {
                Some(accepted) => drop(connections.spawn(connection::serve(accepted, shared.clone()))),
                None => break,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    while connections.join_next().await.is_some() {}
}

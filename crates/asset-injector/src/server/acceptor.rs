//! Takes connections from the listener and hands them out in turn.

use super::Accepted;
use std::{cell::Cell, io, net::TcpListener as StdListener, time::Duration};
use tokio::{net::TcpListener, sync::mpsc::UnboundedSender};

/// The wait after the system has no more descriptors or memory for a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// The one that accepts. The queues need no bound: each entry is an open descriptor, which the system bounds.
pub(crate) struct Acceptor {
    listener: TcpListener,
    queues: Vec<UnboundedSender<Accepted>>,
    next: Cell<usize>,
}

impl Acceptor {
    pub(super) fn new(listener: StdListener, queues: Vec<UnboundedSender<Accepted>>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
            queues,
            next: Cell::new(0),
        })
    }

    /// Accepts until it is dropped.
    pub(crate) async fn run(&self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    self.hand_out(stream.into_std().map(|stream| Accepted { stream, peer }))
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "connections cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Closes the listener. Connections that the system has accepted already are served first.
    pub(crate) fn close(self) {
        if let Ok(listener) = self.listener.into_std() {
            while let Ok((stream, peer)) = listener.accept() {
                let nonblocking = stream.set_nonblocking(true);
                hand_out(
                    &self.queues,
                    &self.next,
                    nonblocking.map(|()| Accepted { stream, peer }),
                );
            }
        }
    }

    fn hand_out(&self, accepted: io::Result<Accepted>) {
        hand_out(&self.queues, &self.next, accepted);
    }
}

fn hand_out(queues: &[UnboundedSender<Accepted>], next: &Cell<usize>, accepted: io::Result<Accepted>) {
    let turn = next.get();
    next.set((turn + 1) % queues.len());
    let sent = match accepted {
        Ok(accepted) => queues[turn].send(accepted).is_ok(),
        Err(error) => {
            tracing::debug!(%error, "a connection was lost before it was served");
            return;
        }
    };
    if !sent {
        // Its thread has panicked; its turn is lost, not the service.
        tracing::error!("a thread that serves connections has ended");
    }
}

/// Whether the error is about the one connection, which its client has given up.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

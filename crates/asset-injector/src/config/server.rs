//! The settings of the listener and its connections.

use super::{Reader, keys};
use std::{net::SocketAddr, time::Duration};

/// How the listener and its connections behave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerConfig {
    /// Where to listen.
    pub(crate) address: SocketAddr,
    /// The longest wait for the end of a request's headers, then the longest pause in a body.
    pub(crate) read_timeout: Duration,
    /// The longest pause in which a client takes nothing.
    pub(crate) write_timeout: Duration,
    /// The hard end after the signal to stop.
    pub(crate) shutdown_timeout: Duration,
    /// The wait between "not ready" and closing the listener.
    pub(crate) shutdown_drain: Duration,
}

pub(super) fn read(reader: &mut Reader<'_>) -> ServerConfig {
    let config = ServerConfig {
        address: SocketAddr::new(reader.read(&keys::HOST), reader.read(&keys::PORT)),
        read_timeout: reader.read(&keys::READ_TIMEOUT),
        write_timeout: reader.read(&keys::WRITE_TIMEOUT),
        shutdown_timeout: reader.read(&keys::SHUTDOWN_TIMEOUT),
        shutdown_drain: reader.read(&keys::SHUTDOWN_DRAIN),
    };
    if config.shutdown_drain > config.shutdown_timeout {
        reader.refuse_unfit(keys::SHUTDOWN_DRAIN.row);
        reader.refuse_unfit(keys::SHUTDOWN_TIMEOUT.row);
    }
    config
}

//! Who calls, and from where: what the middleware finds out and handlers may ask for.

use std::{net::SocketAddr, sync::Arc};

/// The connection that a request came on; whoever serves the router puts it into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The address of the socket's other end.
    pub address: SocketAddr,
    /// Whether the connection is encrypted by this process.
    pub is_tls: bool,
}

/// What a caller may do; a greater role includes the smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads rules and resolves.
    Reader,
    /// Changes rules.
    Editor,
    /// Installs packs, imports from URLs, sets the log level.
    Admin,
}

/// Who makes a request: put into its extensions by authentication, read by writes and by the audit.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The name of the token; absent where no token was needed.
    pub(crate) name: Option<Arc<str>>,
    /// What the caller may do.
    pub(crate) role: Role,
}

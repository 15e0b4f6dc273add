//! Who calls, from where, and what they may do: what the middleware finds out and handlers may ask for.
//!
//! The parts are values and decisions without I/O; `middleware::gate` puts them in their order.

pub(crate) mod budget;
pub(crate) mod client;
pub(crate) mod host;
pub(crate) mod origin;
pub(crate) mod policy;
pub(crate) mod request_id;
pub(crate) mod right;
pub(crate) mod tokens;

use self::{client::Client, request_id::RequestId, right::Right};
use crate::metrics::requests::RouteIndex;
use axum::extract::Request;
use std::{net::SocketAddr, sync::Arc};

/// The connection that a request came on; whoever serves the router puts it into the request's extensions.
///
/// A request without one comes from nowhere in particular: it may read where reading is open, no more.
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

impl Role {
    /// All roles, the smallest first.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Editor, Self::Admin];

    /// The role's name, as tokens give it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

/// Who makes a request: put into its extensions by authentication, read by writes and by the audit.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The name of the token; absent where no token was needed.
    pub(crate) name: Option<Arc<str>>,
    /// What the caller may do.
    pub(crate) role: Role,
}

/// One request, as everything that handles it knows it: put into its extensions first of all.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The id that the answer and the log name.
    pub(crate) id: RequestId,
    /// Where it comes from.
    pub(crate) client: Client,
    /// Its route, if it has one.
    pub(crate) route: Option<RouteIndex>,
    /// What its route asks of callers.
    pub(crate) right: Right,
}

impl Call {
    pub(crate) fn of(request: &Request) -> &Self {
        let call = request.extensions().get();
        call.expect("the outermost layer identifies every request")
    }
}

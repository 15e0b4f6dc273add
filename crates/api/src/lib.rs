//! The HTTP API: routes, envelopes, errors, middleware, OpenAPI.
//!
//! `router(state)` is all of it, as a service; listening and shutting down are the caller's. The shapes
//! on the wire live here and nowhere else, and so do the status codes (in `error`).

mod access;
mod answer;
mod endpoints;
mod error;
mod extract;
mod middleware;
mod router;
mod state;
mod tree;
mod wire;

pub use access::{Peer, Role};
pub use error::{Code, ErrorCode};
pub use middleware::panic_recovery::install_panic_hook;
pub use router::{openapi, router};
pub use state::{Build, Config, State};

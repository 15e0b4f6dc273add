//! The HTTP API: routes, envelopes, errors, middleware, OpenAPI.
//!
//! `router(state)` is all of it, as a service; listening, shutting down, and saying whose connection a
//! request came on (`Peer`) are the caller's. The shapes
//! on the wire live here and nowhere else, and so do the status codes (in `error`).

mod access;
mod answer;
mod audit;
mod endpoints;
mod error;
mod events;
mod extract;
mod metrics;
mod middleware;
mod precondition;
mod router;
mod state;
mod tree;
mod wire;

pub use access::{
    Peer, Role,
    budget::RateLimit,
    client::Networks,
    host::Hosts,
    origin::{NamedOrigins, Origins},
    policy::Access,
    tokens::{BadTokens, NewToken, TokenList, Tokens},
};
pub use endpoints::system::log_level::LogLevel;
pub use error::{Code, ErrorCode};
pub use metrics::{Database, DatabaseStatus, ENVIRONMENT, Kind, Label, METRICS, Metric, Outside};
pub use middleware::panic_recovery::install_panic_hook;
#[cfg(feature = "openapi")]
pub use router::openapi;
pub use router::{in_process, router};
pub use state::{Build, Config, State};
pub use wire::value::Json as JsonValue;

/// The OpenAPI document, as `cargo xtask codegen` printed it from the routes.
pub const OPENAPI: &str = include_str!("../../../docs/reference/openapi.json");

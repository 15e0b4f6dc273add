//! What happens to every request before and after its handler.
//!
//! Written as plain tower services with futures that are not boxed: a request passes all of them, and
//! each box would cost as much as the service itself. Their order stands in `router`.

mod access_log;
pub(crate) mod compression;
pub(crate) mod envelope;
pub(crate) mod gate;
pub(crate) mod identify;
pub(crate) mod load_shedding;
pub(crate) mod observe;
pub(crate) mod panic_recovery;
pub(crate) mod security_headers;
mod streaming;
pub(crate) mod time_out;
pub(crate) mod trace_context;

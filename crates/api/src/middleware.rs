//! What happens to every request before and after its handler.
//!
//! Written as plain tower services with futures that are not boxed: a request passes all of them, and
//! each box would cost as much as the service itself.

pub(crate) mod compression;
pub(crate) mod panic_recovery;
pub(crate) mod request_id;
pub(crate) mod security_headers;
pub(crate) mod time_out;

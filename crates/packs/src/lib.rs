//! What comes from elsewhere. `fetch` is the only place that fetches something because a user asked for it.
//!
//! No HTTP server, no store and no rule is known here: URLs come in, bytes or the reason why not go out.

pub mod fetch;

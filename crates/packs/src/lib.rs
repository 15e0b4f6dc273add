//! What comes from elsewhere: `fetch` is the only place that fetches something because a user asked for it, and the
//! other modules take packs from bytes to a decision.
//!
//! No HTTP server and no store is known here, and no file is read or written: bytes come in, and what they mean, or
//! the reason why not, goes out. `archive` reads and builds zip archives, `content` checks what one holds, `index`
//! is what a repository offers, `signature` who vouches for it, `repository` asks for it, and `plan` decides what an installation changes.

pub mod archive;
pub mod content;
pub mod digest;
pub mod fetch;
pub mod index;
pub mod lock;
pub mod path;
pub mod plan;
pub mod repository;
pub mod signature;

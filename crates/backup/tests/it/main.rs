//! Archives from outside: stores become archives and archives stores, and nothing else is taken for one.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in what helps it too"
)]

mod changing;
mod damaged;
mod fields;
mod fixtures;
mod left_out;
mod outside;
mod round;

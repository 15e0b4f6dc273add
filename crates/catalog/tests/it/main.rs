//! The catalog from outside: what it publishes, when, and what it answers.

mod cache;
mod fixtures;
mod order;
mod problems;
mod refresh;

//! The binary from outside: a scrubbed environment, a folder of its own, real sockets and signals.

mod binary;
mod check;
mod configuration;
mod doctor;
mod expected;
mod fmt;
mod health_check;
mod help;
mod http;
mod init;
mod limits;
mod resolve;
mod scale;
mod serve;
mod serving;
mod shutdown;
mod wiring;

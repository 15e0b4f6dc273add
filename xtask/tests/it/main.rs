//! The scripts of the repository from outside, as a pipeline calls them.
#![expect(clippy::disallowed_methods, reason = "tests write files of their own")]

mod cases;
mod health_check_script;
mod receiver;
mod rollback_script;
mod sick_server;

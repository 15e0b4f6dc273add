//! The binary: parses the command line, dispatches, turns the outcome into an exit code.

mod assemble;
mod atomic;
mod build_info;
mod call;
mod cli;
mod client;
mod commands;
mod config;
mod descriptors;
mod events;
mod failure;
mod output;
mod outside;
mod pack_folder;
mod place;
mod progress;
mod reference;
mod refusal;
mod report;
mod repository_folder;
mod rule_files;
mod server;
mod shutdown;
mod target;
mod telemetry;
mod tls;
mod tokens;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = commands::run(cli::Cli::parse().command);
    failure::exit_code(outcome)
}

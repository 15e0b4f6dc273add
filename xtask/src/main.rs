//! The task runner: everything that a developer or a pipeline runs is `cargo xtask <task>`.
//!
//! It needs only cargo to start. Each task is one module; this file holds the command line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a task runner talks to a terminal, reads the environment and writes generated files"
)]

mod act;
mod alerts;
mod bench;
mod chaos;
mod ci;
mod cluster;
mod codegen;
mod collector;
mod coverage;
mod crash;
mod deploy;
mod deploy_check;
mod doctor;
mod fuzz;
mod github_settings;
mod http;
mod image;
mod manifests;
mod models;
mod prometheus;
mod release;
mod restore_drill;
mod run;
mod scanners;
mod schemathesis;
mod server;
mod shell;
mod simulate;
mod soak;
mod static_binary;
mod static_site;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// The tasks of the project.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
#[command(
    arg_required_else_help = true,
    subcommand_value_name = "TASK",
    subcommand_help_heading = "Tasks"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build in release mode, serve examples/rules, resolve one URL, go on serving until Ctrl-C
    Run(run::Args),
    /// Install what the checks need, then run all of them: format, lints, tests, benchmark, fuzzers, browser
    Test(test::Args),
    /// Run one job of the pipeline, or all of them
    Ci(ci::Args),
    /// Take one step of a release: check its tag, make its artifacts and its image, verify, publish
    Release(release::Args),
    /// Take one step of a deployment: try an image, roll it out, take it back
    Deploy(deploy::Args),
    /// Set what the repository on GitHub needs and no file can say, or show it (--dry-run)
    GithubSettings(github_settings::Args),
    /// Check the rules of the house that no compiler knows (under five seconds)
    Tidy,
    /// Write the generated files, or compare them (--check)
    Codegen(codegen::Args),
    /// Measure: the engine, HTTP beside a bare server, start and memory
    Bench(bench::Args),
    /// Run the fuzz targets
    Fuzz(fuzz::Args),
    /// Run the simulation of the catalog: one seed, told step by step, or many
    Simulate(simulate::Args),
    /// Compare the index with the naive matcher on very many random and hostile pairs
    Soak(soak::Args),
    /// Let a model checker order what threads do at the same time: many orders
    Models(models::Args),
    /// Kill the server at random points of a write load, and look whether anything is lost
    Crash(crash::Args),
    /// Let several servers share a store, break it in every way, and look whether anything is lost
    Chaos(chaos::Args),
    /// Destroy rules, restore them from their backup, and compare: a tree and a database
    RestoreDrill(restore_drill::Args),
    /// Build the container image and run it, to see that it keeps what it promises
    Image(image::Args),
    /// Run a real Kubernetes on this machine, for tests: build, up, status, load, down
    Cluster(cluster::Args),
    /// Look on a real Kubernetes whether what `deploy` and `scripts` promise holds
    DeployCheck(deploy_check::Args),
}

/// The names of all tasks, for the check that documents name no other.
fn task_names() -> Vec<String> {
    Cli::command()
        .get_subcommands()
        .map(|task| task.get_name().to_owned())
        .collect()
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = shell::enter_root().and_then(|()| match cli.task {
        Task::Run(args) => run::main(&args),
        Task::Test(args) => test::main(&args),
        Task::Ci(args) => ci::main(&args),
        Task::Release(args) => release::main(&args),
        Task::Deploy(args) => deploy::main(&args),
        Task::GithubSettings(args) => github_settings::main(&args),
        Task::Tidy => tidy::main(),
        Task::Codegen(args) => codegen::main(&args),
        Task::Bench(args) => bench::main(&args),
        Task::Fuzz(args) => fuzz::main(&args),
        Task::Simulate(args) => simulate::main(&args),
        Task::Soak(args) => soak::main(&args),
        Task::Models(args) => models::main(&args),
        Task::Crash(args) => crash::main(&args),
        Task::Chaos(args) => chaos::main(&args),
        Task::RestoreDrill(args) => restore_drill::main(&args),
        Task::Image(args) => image::main(&args),
        Task::Cluster(args) => cluster::main(&args),
        Task::DeployCheck(args) => deploy_check::main(&args),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The table of `test` says which checks failed, and its totals must be the last line.
            if !error.is::<test::Failed>() {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

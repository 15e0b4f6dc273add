//! What each check does.

use std::path::Path;

use anyhow::Result;

use super::Outcome;
use crate::{
    act, alerts, bench, chaos, cluster, codegen, collector, coverage, crash, deploy_check, fuzz, image,
    manifests, models, prometheus, restore_drill, scanners, schemathesis, server, shell, tidy,
};

/// How long each fuzz target runs here.
const FUZZ_SECONDS: u32 = 30;
/// How often the server is killed here.
const KILLS: u32 = 30;
/// How many rules are destroyed here.
const RESTORED: usize = 1000;
/// In how many orders each model runs here.
const ORDERS: u64 = 400;
/// The same numbers every time: these checks judge a change, and chance is for the long runs of `cargo xtask fuzz`.
const SEED: u32 = 1;

fn passed(done: Result<()>) -> Result<Outcome> {
    done.map(|()| Outcome::Passed)
}

pub(super) fn fmt() -> Result<Outcome> {
    passed(shell::run(shell::cargo().args(["fmt", "--all", "--check"])))
}

pub(super) fn tidy() -> Result<Outcome> {
    passed(tidy::main())
}

pub(super) fn clippy() -> Result<Outcome> {
    passed(clippy_over(&["--workspace"]))
}

fn clippy_over(what: &[&str]) -> Result<()> {
    let mut clippy = shell::cargo();
    clippy
        .args(["clippy", "--all-targets", "--locked"])
        .args(what)
        .args(["--", "--deny", "warnings"]);
    shell::run(&mut clippy)
}

pub(super) fn shellcheck() -> Result<Outcome> {
    let listed = shell::output(&mut shell::command("git", ["ls-files", "*.sh", ".ci/run"]))?;
    passed(shell::run(&mut shell::command("shellcheck", listed.lines())))
}

pub(super) fn tests() -> Result<Outcome> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    // Those that take longest wait: for a process to start, for a clock to go on.
    let threads = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    passed(shell::run(command.env("RUST_TEST_THREADS", threads.to_string())))
}

/// As the step before it has built them, where the same tests are left out if PgBouncer is not there.
pub(super) fn pgbouncer() -> Result<Outcome> {
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--test",
        "it",
        "--",
        "pooled::",
    ];
    passed(shell::run(
        shell::cargo().args(words).env("PGBOUNCER_IS_THERE", "1"),
    ))
}

pub(super) fn models() -> Result<Outcome> {
    // What runs under the model checker alone; here, since almost everything is compiled anew for it.
    clippy_over(&[
        "--package=catalog",
        "--package=asset-injector",
        "--features=shuttle",
    ])?;
    passed(models::run(SEED.into(), ORDERS))
}

pub(super) fn model_faults() -> Result<Outcome> {
    passed(models::self_test(SEED.into()))
}

pub(super) fn coverage() -> Result<Outcome> {
    passed(coverage::run())
}

pub(super) fn codegen() -> Result<Outcome> {
    passed(codegen::check())
}

pub(super) fn doc() -> Result<Outcome> {
    // With the examples, cargo asks for the same features as for tests: nothing that clippy has checked is checked again.
    let words = [
        "doc",
        "--workspace",
        "--no-deps",
        "--locked",
        "--lib",
        "--bins",
        "--examples",
    ];
    passed(shell::run(
        shell::cargo().args(words).env("RUSTDOCFLAGS", "--deny warnings"),
    ))
}

pub(super) fn deny() -> Result<Outcome> {
    passed(scanners::deny())
}

pub(super) fn advisories() -> Result<Outcome> {
    scanners::advisories()
}

pub(super) fn actionlint() -> Result<Outcome> {
    passed(scanners::actionlint())
}

pub(super) fn act() -> Result<Outcome> {
    passed(act::run())
}

pub(super) fn zizmor() -> Result<Outcome> {
    passed(scanners::zizmor())
}

pub(super) fn secrets() -> Result<Outcome> {
    scanners::gitleaks()
}

pub(super) fn licence_is_found() -> Result<Outcome> {
    passed(scanners::licence_is_found())
}

pub(super) fn vulnerability_is_found() -> Result<Outcome> {
    scanners::vulnerability_is_found()
}

pub(super) fn secret_is_found() -> Result<Outcome> {
    passed(scanners::secret_is_found())
}

pub(super) fn danger_is_found() -> Result<Outcome> {
    passed(scanners::danger_is_found())
}

/// A build with whole-program optimisation keeps one core busy for minutes: it begins early, beside tests that wait.
pub(super) fn release() -> Result<Outcome> {
    for build in [server::RELEASE_BUILD, bench::TOOL_BUILD] {
        shell::run(shell::quiet_cargo().args(build))?;
    }
    passed(shell::run(
        shell::quiet_cargo().args(bench::ENGINE_BENCH).arg("--no-run"),
    ))
}

pub(super) fn bench() -> Result<Outcome> {
    passed(bench::short())
}

pub(super) fn fuzz() -> Result<Outcome> {
    passed(fuzz::all(FUZZ_SECONDS, SEED))
}

pub(super) fn crash() -> Result<Outcome> {
    server::build_release()?;
    passed(crash::run(KILLS, SEED.into()))
}

pub(super) fn chaos() -> Result<Outcome> {
    server::build_release()?;
    passed(chaos::short(SEED.into()))
}

pub(super) fn restore_drill() -> Result<Outcome> {
    server::build_release()?;
    passed(restore_drill::run(RESTORED))
}

pub(super) fn schemathesis() -> Result<Outcome> {
    server::build_release()?;
    passed(schemathesis::run(SEED))
}

pub(super) fn prometheus() -> Result<Outcome> {
    server::build_release()?;
    passed(prometheus::run())
}

pub(super) fn alerts() -> Result<Outcome> {
    passed(alerts::run())
}

pub(super) fn collector() -> Result<Outcome> {
    server::build_release()?;
    passed(collector::run())
}

pub(super) fn image() -> Result<Outcome> {
    passed(image::run(None))
}

pub(super) fn image_arm64() -> Result<Outcome> {
    passed(image::run_arm64(None))
}

pub(super) fn cluster() -> Result<Outcome> {
    cluster::step()
}

pub(super) fn deploy_check() -> Result<Outcome> {
    passed(deploy_check::step())
}

pub(super) fn manifests() -> Result<Outcome> {
    passed(manifests::run())
}

/// The browser tests start the release binary and know nothing of cargo.
pub(super) fn browser() -> Result<Outcome> {
    server::build_release()?;
    let folder = Path::new("e2e");
    shell::run_aside(shell::command("npm", ["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    passed(shell::run_aside(
        shell::command("npm", ["test"]).current_dir(folder),
    ))
}

//! The list of checks. Adding one is one entry here; the order is the order in which they run.

use std::path::Path;

use anyhow::Result;

use super::needs::{
    self, ACTIONLINT, BUILDAH, CARGO_DENY, CARGO_FUZZ, CHROMIUM, COLLECTOR, CPLUSPLUS, CURL, FONTS, GITLEAKS,
    GO, HARFBUZZ_SUBSET, JQ, MUSL, NODE, NPM, Need, PANGO, PODMAN, POPPLER, POSTGRESQL, PROMETHEUS,
    PYTHON_VENV, RUNC, SCHEMATHESIS, SHELLCHECK, WKHTMLTOPDF, ZIGBUILD, ZIZMOR,
};
use super::report::Outcome;
use crate::{
    bench, chaos, cluster, codegen, collector, crash, fuzz, image, prometheus, scanners, schemathesis,
    server, shell, tidy,
};

/// How long each fuzz target runs here.
const FUZZ_SECONDS: u32 = 30;
/// How often the server is killed here.
const KILLS: u32 = 30;
/// The same numbers every time: these checks judge a change, and chance is for the long runs of `cargo xtask fuzz`.
const SEED: u32 = 1;

/// One check.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) needs: &'static [&'static Need],
    /// Depends on data from outside even when its tools are here.
    pub(crate) needs_data: bool,
    pub(crate) turn: Turn,
    pub(crate) run: fn() -> Result<Outcome>,
}

/// When a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// After the steps before it, alone.
    Own,
    /// From its place in the list on, beside those that follow: it keeps the cores busy while they wait.
    Aside,
    /// When nothing runs beside it any more: it measures.
    Quiet,
    /// Only when it is named: what it needs takes minutes to get or to build.
    OnRequest,
}

/// All of them: first what answers in seconds, then what takes minutes.
pub(crate) const STEPS: &[Step] = &[
    step("fmt", "rustfmt changes nothing", &[], fmt),
    step("tidy", "the rules of the house", &[], tidy_step),
    step("clippy", "no warnings in any target", &[], clippy),
    step(
        "shellcheck",
        "shell scripts without known mistakes",
        &[&SHELLCHECK],
        shellcheck,
    ),
    Step {
        turn: Turn::Aside,
        ..step("release", "the release builds that later steps run", &[], release)
    },
    Step {
        turn: Turn::Aside,
        ..step(
            "fuzz",
            "each fuzz target for 30 seconds",
            &[&CARGO_FUZZ, &CPLUSPLUS],
            fuzz_step,
        )
    },
    step("tests", "every test of every crate", &[&POSTGRESQL], tests),
    step("codegen", "generated files are up to date", &[], codegen_step),
    step("doc", "documentation builds without warnings", &[], doc),
    step(
        "deny",
        "licences, bans and sources of the dependencies",
        &[&CARGO_DENY],
        deny,
    ),
    Step {
        needs_data: true,
        ..step(
            "advisories",
            "known vulnerabilities of the dependencies",
            &[&CARGO_DENY],
            advisories,
        )
    },
    step(
        "actionlint",
        "every workflow is one that its runner accepts",
        &[&PYTHON_VENV, &GO, &ACTIONLINT],
        actionlint,
    ),
    step(
        "zizmor",
        "no workflow does what is dangerous",
        &[&PYTHON_VENV, &ZIZMOR],
        zizmor,
    ),
    // Where a clone is shallow there is nothing to read; the job `security` fetches every commit.
    Step {
        needs_data: true,
        turn: Turn::OnRequest,
        ..step(
            "secrets",
            "no commit holds a secret",
            &[&PYTHON_VENV, &GO, &GITLEAKS],
            secrets,
        )
    },
    Step {
        turn: Turn::Aside,
        ..step(
            "browser",
            "hostile pages, the example pages and the README's renderers, in real programs",
            &[
                &CHROMIUM,
                &POPPLER,
                &WKHTMLTOPDF,
                &PYTHON_VENV,
                &PANGO,
                &HARFBUZZ_SUBSET,
                &FONTS,
                &CURL,
                &JQ,
                &NODE,
                &NPM,
            ],
            browser,
        )
    },
    step(
        "crash",
        "30 kills of the release binary under a write load lose nothing",
        &[],
        crash_step,
    ),
    step(
        "chaos",
        "three servers on one PostgreSQL survive every fault once",
        &[&POSTGRESQL],
        chaos_step,
    ),
    step(
        "schemathesis",
        "the running service answers only what its OpenAPI document says",
        &[&PYTHON_VENV, &SCHEMATHESIS],
        schemathesis_step,
    ),
    step(
        "prometheus",
        "a real Prometheus stores every documented metric, and promtool accepts the page",
        &[&PROMETHEUS],
        prometheus_step,
    ),
    Step {
        turn: Turn::OnRequest,
        ..step(
            "collector",
            "a real OpenTelemetry Collector receives the spans, by HTTP and by gRPC",
            &[&PYTHON_VENV, &GO, &COLLECTOR],
            collector_step,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "image",
            "the container image, built and run: user, folders, health, memory, end under load",
            &[&BUILDAH, &PODMAN, &RUNC, &PYTHON_VENV, &ZIGBUILD, &MUSL],
            image_step,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "cluster",
            "a real Kubernetes comes up, does what one does, and leaves nothing behind",
            needs::CLUSTER,
            cluster::step,
        )
    },
    Step {
        turn: Turn::Quiet,
        ..step("bench", "the benchmarks, short form", &[], bench_step)
    },
];

const fn step(
    name: &'static str,
    about: &'static str,
    needs: &'static [&'static Need],
    run: fn() -> Result<Outcome>,
) -> Step {
    Step {
        name,
        about,
        needs,
        needs_data: false,
        turn: Turn::Own,
        run,
    }
}

impl Step {
    /// Whether a machine can lack what this step needs.
    pub(crate) fn is_skippable(&self) -> bool {
        self.needs_data || !self.needs.is_empty()
    }
}

fn passed(done: Result<()>) -> Result<Outcome> {
    done.map(|()| Outcome::Passed)
}

fn fmt() -> Result<Outcome> {
    passed(shell::run(shell::cargo().args(["fmt", "--all", "--check"])))
}

fn tidy_step() -> Result<Outcome> {
    passed(tidy::main())
}

fn clippy() -> Result<Outcome> {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ];
    passed(shell::run(shell::cargo().args(words)))
}

fn shellcheck() -> Result<Outcome> {
    let listed = shell::output(&mut shell::command("git", ["ls-files", "*.sh", ".ci/run"]))?;
    passed(shell::run(&mut shell::command("shellcheck", listed.lines())))
}

fn tests() -> Result<Outcome> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    // Those that take longest wait: for a process to start, for a clock to go on.
    let threads = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    passed(shell::run(command.env("RUST_TEST_THREADS", threads.to_string())))
}

fn codegen_step() -> Result<Outcome> {
    passed(codegen::check())
}

fn doc() -> Result<Outcome> {
    let mut command = shell::cargo();
    command
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "--deny warnings");
    passed(shell::run(&mut command))
}

fn deny() -> Result<Outcome> {
    passed(scanners::deny())
}

fn advisories() -> Result<Outcome> {
    scanners::advisories()
}

fn actionlint() -> Result<Outcome> {
    passed(scanners::actionlint())
}

fn zizmor() -> Result<Outcome> {
    passed(scanners::zizmor())
}

fn secrets() -> Result<Outcome> {
    scanners::gitleaks()
}

/// A build with whole-program optimisation keeps one core busy for minutes: it begins early and steps back.
fn release() -> Result<Outcome> {
    for build in [server::RELEASE_BUILD, bench::TOOL_BUILD] {
        shell::run(shell::cargo_aside().args(build))?;
    }
    passed(shell::run(
        shell::cargo_aside().args(bench::ENGINE_BENCH).arg("--no-run"),
    ))
}

fn bench_step() -> Result<Outcome> {
    passed(bench::short())
}

fn fuzz_step() -> Result<Outcome> {
    passed(fuzz::all(FUZZ_SECONDS, SEED))
}

fn crash_step() -> Result<Outcome> {
    server::build_release()?;
    passed(crash::run(KILLS, SEED.into()))
}

fn chaos_step() -> Result<Outcome> {
    server::build_release()?;
    passed(chaos::short(SEED.into()))
}

fn schemathesis_step() -> Result<Outcome> {
    server::build_release()?;
    passed(schemathesis::run(SEED))
}

fn prometheus_step() -> Result<Outcome> {
    server::build_release()?;
    passed(prometheus::run())
}

fn collector_step() -> Result<Outcome> {
    server::build_release()?;
    passed(collector::run())
}

fn image_step() -> Result<Outcome> {
    passed(image::run())
}

/// The browser tests start the release binary and know nothing of cargo.
fn browser() -> Result<Outcome> {
    server::build_release()?;
    let folder = Path::new("e2e");
    shell::run_aside(shell::command("npm", ["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    passed(shell::run_aside(
        shell::command("npm", ["test"]).current_dir(folder),
    ))
}

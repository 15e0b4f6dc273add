//! The list of checks. Adding one is one entry here; the order is the order in which they run.

mod self_tests;
mod work;

use anyhow::Result;

use super::needs::{self, Need};
use super::report::Outcome;
pub(crate) use self_tests::SELF_TESTS;

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

/// All of them: first what answers in seconds, then what takes minutes; but for the one that the most others wait for,
/// which has a core from the start.
pub(crate) const STEPS: &[Step] = &[
    Step {
        turn: Turn::Aside,
        ..step(
            "release",
            "the release builds that later steps run",
            &[],
            work::release,
        )
    },
    step("fmt", "rustfmt changes nothing", &[], work::fmt),
    step("tidy", "the rules of the house", &[], work::tidy),
    step("clippy", "no warnings in any target", &[], work::clippy),
    step(
        "shellcheck",
        "shell scripts without known mistakes",
        &[&needs::SHELLCHECK],
        work::shellcheck,
    ),
    Step {
        turn: Turn::Aside,
        ..step(
            "fuzz",
            "each fuzz target for 30 seconds",
            &[&needs::CARGO_FUZZ, &needs::CPLUSPLUS],
            work::fuzz,
        )
    },
    step(
        "tests",
        "every test of every crate",
        &[&needs::POSTGRESQL],
        work::tests,
    ),
    step(
        "pgbouncer",
        "the store's tests behind PgBouncer in transaction mode",
        &[&needs::POSTGRESQL, &needs::PGBOUNCER],
        work::pgbouncer,
    ),
    // Its crates are built once more, with the model checker in them.
    Step {
        turn: Turn::OnRequest,
        ..step(
            "models",
            "snapshots, refreshes and the end of the server in 400 orders that a model checker chooses",
            &[],
            work::models,
        )
    },
    // It builds two crates anew for each fault.
    Step {
        turn: Turn::OnRequest,
        ..step(
            "model-faults",
            "each fault of a list, planted in a copy of the sources, is found by its model",
            &[],
            work::model_faults,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "coverage",
            "as many lines are executed by tests as the floor says",
            &[&needs::LLVM_TOOLS, &needs::CARGO_LLVM_COV, &needs::POSTGRESQL],
            work::coverage,
        )
    },
    step("codegen", "generated files are up to date", &[], work::codegen),
    step("doc", "documentation builds without warnings", &[], work::doc),
    step(
        "deny",
        "licences, bans and sources of the dependencies",
        &[&needs::CARGO_DENY],
        work::deny,
    ),
    Step {
        needs_data: true,
        ..step(
            "advisories",
            "known vulnerabilities of the dependencies",
            &[&needs::CARGO_DENY],
            work::advisories,
        )
    },
    step(
        "actionlint",
        "every workflow is one that its runner accepts",
        &[&needs::PYTHON_VENV, &needs::GO, &needs::ACTIONLINT],
        work::actionlint,
    ),
    Step {
        turn: Turn::OnRequest,
        ..step(
            "act",
            "a job of a workflow that fails stops what comes after it, and nothing else",
            &[&needs::PYTHON_VENV, &needs::GO, &needs::ACT],
            work::act,
        )
    },
    step(
        "zizmor",
        "no workflow does what is dangerous",
        &[&needs::PYTHON_VENV, &needs::ZIZMOR],
        work::zizmor,
    ),
    // Where a clone is shallow there is nothing to read; the job `security` fetches every commit.
    Step {
        needs_data: true,
        turn: Turn::OnRequest,
        ..step(
            "secrets",
            "no commit holds a secret",
            &[&needs::PYTHON_VENV, &needs::GO, &needs::GITLEAKS],
            work::secrets,
        )
    },
    Step {
        turn: Turn::Aside,
        ..step(
            "browser",
            "hostile pages, the example pages and the README's renderers, in real programs",
            &[
                &needs::CHROMIUM,
                &needs::POPPLER,
                &needs::WKHTMLTOPDF,
                &needs::PYTHON_VENV,
                &needs::PANGO,
                &needs::HARFBUZZ_SUBSET,
                &needs::FONTS,
                &needs::CURL,
                &needs::JQ,
                &needs::NODE,
                &needs::NPM,
            ],
            work::browser,
        )
    },
    step(
        "crash",
        "30 kills of the release binary under a write load lose nothing",
        &[],
        work::crash,
    ),
    step(
        "chaos",
        "three servers on one PostgreSQL survive every fault once, and an upgrade",
        &[&needs::POSTGRESQL],
        work::chaos,
    ),
    step(
        "restore-drill",
        "1 000 rules of a tree and of a database come back from their backup after both were destroyed",
        &[&needs::POSTGRESQL],
        work::restore_drill,
    ),
    step(
        "schemathesis",
        "the running service answers only what its OpenAPI document says",
        &[&needs::PYTHON_VENV, &needs::SCHEMATHESIS],
        work::schemathesis,
    ),
    step(
        "prometheus",
        "a real Prometheus stores every documented metric, and promtool accepts the page",
        &[&needs::PROMETHEUS],
        work::prometheus,
    ),
    // Its tests take a minute.
    Step {
        turn: Turn::OnRequest,
        ..step(
            "alerts",
            "every alert fires and stays silent as its tests say, and Alertmanager tells what matters",
            &[&needs::PROMETHEUS, &needs::ALERTMANAGER],
            work::alerts,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "collector",
            "a real OpenTelemetry Collector receives the spans, by HTTP and by gRPC",
            &[&needs::PYTHON_VENV, &needs::GO, &needs::COLLECTOR],
            work::collector,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "image",
            "the container image, built and run: user, folders, health, memory, end under load; and the compose file with it",
            &[
                &needs::BUILDAH,
                &needs::BUSYBOX,
                &needs::PODMAN,
                &needs::RUNC,
                &needs::CARGO_AUDITABLE,
                &needs::PYTHON_VENV,
                &needs::ZIGBUILD,
                &needs::PODMAN_COMPOSE,
                &needs::MUSL,
            ],
            work::image,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "image-arm64",
            "the container image for arm64, built here and run by an emulator",
            &[
                &needs::BUILDAH,
                &needs::PODMAN,
                &needs::RUNC,
                &needs::QEMU,
                &needs::CARGO_AUDITABLE,
                &needs::PYTHON_VENV,
                &needs::ZIGBUILD,
                &needs::MUSL_ARM64,
            ],
            work::image_arm64,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "manifests",
            "what Kubernetes and compose are given is valid, and as the project's policies want it",
            &[
                &needs::PYTHON_VENV,
                &needs::GO,
                &needs::KUSTOMIZE,
                &needs::KUBECONFORM,
                &needs::KUBERNETES_SCHEMAS,
                &needs::OPERATOR_KINDS,
                &needs::KUBE_SCORE,
                &needs::CONFTEST,
                &needs::COMPOSE,
            ],
            work::manifests,
        )
    },
    // It says how the programs are built where they are not.
    Step {
        needs_data: true,
        ..step(
            "cluster",
            "a real Kubernetes comes up, does what one does, and leaves nothing behind",
            needs::CLUSTER,
            work::cluster,
        )
    },
    Step {
        turn: Turn::OnRequest,
        ..step(
            "deploy-check",
            "on a real Kubernetes the program goes through rollouts of all kinds",
            &[
                &needs::RUNC,
                &needs::NFTABLES,
                &needs::IPROUTE,
                &needs::OPENSSL,
                &needs::BUILDAH,
                &needs::PYTHON_VENV,
                &needs::ZIGBUILD,
                &needs::CARGO_AUDITABLE,
                &needs::MUSL,
                &needs::POSTGRESQL,
                &needs::PROMETHEUS,
                &needs::GO,
                &needs::OPERATOR_KINDS,
            ],
            work::deploy_check,
        )
    },
    Step {
        turn: Turn::Quiet,
        ..step("bench", "the benchmarks, short form", &[], work::bench)
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

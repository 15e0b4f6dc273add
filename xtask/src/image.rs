//! Builds the container image of a static binary and runs it, to see that it keeps what it promises.
//!
//! The binary is compiled as in the first stage of `Dockerfile` and given to it as a build context, so no image is
//! pulled. Images and containers lie in a folder of their own, which is gone afterwards.

mod composed;
mod engine;
mod load;
mod promises;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{shell, test};
pub(crate) use engine::Engine;

/// The version of all crates, and so of the image.
const VERSION: &str = env!("CARGO_PKG_VERSION");
const SCRATCH: &str = "target/xtask/image";
const MEGABYTE: u64 = 1_000_000;
/// The compressed image.
const SIZE_AIM: u64 = 5 * MEGABYTE;
const SIZE_MAX: u64 = 15 * MEGABYTE;

/// Where an image comes from, as its labels tell.
struct Origin {
    revision: String,
    /// When the commit was made, in RFC 3339.
    created: String,
    /// The same in seconds since 1970.
    epoch: String,
}

/// Builds, runs, looks.
pub(crate) fn run() -> Result<()> {
    let scratch = Path::new(SCRATCH);
    if scratch.exists() {
        fs::remove_dir_all(scratch)?;
    }
    fs::create_dir_all(scratch)?;
    let origin = Origin::of_head()?;
    let binary = compile_at(&origin)?;
    let engine = Engine::start(scratch)?;
    build(&engine, &binary, &origin)?;
    size(&engine, scratch)?;
    let token = promises::Token::new(&binary)?;
    promises::check(&engine, &token, &origin)?;
    composed::check(&engine, &token)
}

impl Origin {
    fn of_head() -> Result<Self> {
        let of_head = |format: &str| -> Result<String> {
            let format = format!("--format={format}");
            let words = ["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", &format];
            let told = shell::output(shell::command("git", words).env("TZ", "UTC"))?;
            Ok(told.trim().to_owned())
        };
        Ok(Self {
            revision: of_head("%H")?,
            created: of_head("%cd")?,
            epoch: of_head("%ct")?,
        })
    }
}

/// This machine's architecture, as Docker calls it, and Rust's target for it.
fn target() -> Result<(&'static str, &'static str)> {
    match std::env::consts::ARCH {
        "x86_64" => Ok(("amd64", "x86_64-unknown-linux-musl")),
        "aarch64" => Ok(("arm64", "aarch64-unknown-linux-musl")),
        other => bail!("the image is not built for {other}"),
    }
}

/// Compiles the static binary of this commit; returns where it lies.
pub(crate) fn compile() -> Result<PathBuf> {
    compile_at(&Origin::of_head()?)
}

/// Builds the image with this binary, and writes it as an OCI archive under that name.
pub(crate) fn archive(engine: &Engine, binary: &Path, name: &str, archive: &Path) -> Result<()> {
    build(engine, binary, &Origin::of_head()?)?;
    if archive.exists() {
        fs::remove_file(archive)?;
    }
    let mut push = engine.buildah("push");
    push.args(["--quiet", engine::IMAGE])
        .arg(format!("oci-archive:{}:{name}", archive.display()));
    shell::output(&mut push).map(drop)
}

fn compile_at(origin: &Origin) -> Result<PathBuf> {
    let (_, target) = target()?;
    // cargo finds the subcommand, and that finds Zig, by the path.
    let tools = std::path::absolute(test::tool("cargo-zigbuild"))?;
    let folder = tools.parent().context("a tool lies in a folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)))?;
    let mut command = shell::cargo();
    command
        .args(["zigbuild", "--release", "--locked", "--package", "asset-injector"])
        .args(["--target", target])
        .env("PATH", path)
        .env("SOURCE_COMMIT", &origin.revision)
        .env("SOURCE_DATE_EPOCH", &origin.epoch);
    shell::run(&mut command)?;
    Ok(Path::new("target").join(target).join("release/asset-injector"))
}

/// Builds the image with this binary in the place of the first stage.
fn build(engine: &Engine, binary: &Path, origin: &Origin) -> Result<()> {
    let (architecture, _) = target()?;
    let context = Path::new(SCRATCH).join("binary");
    fs::create_dir_all(context.join(architecture))?;
    fs::copy(binary, context.join(architecture).join("asset-injector"))?;
    for folder in ["folders/data", "folders/rules"] {
        let folder = context.join(folder);
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
    }
    let arguments = [
        format!("VERSION={VERSION}"),
        format!("REVISION={}", origin.revision),
        format!("CREATED={}", origin.created),
    ];
    let mut command = engine.buildah("build");
    command
        .args(["--quiet", "--format", "docker", "--build-context"])
        .arg(format!("binary={}", context.display()))
        .args(arguments.iter().flat_map(|argument| ["--build-arg", argument]))
        .args(["--tag", engine::IMAGE, "."]);
    shell::run(&mut command)
}

/// Compresses the image as a registry gets it.
fn size(engine: &Engine, scratch: &Path) -> Result<()> {
    let pushed = scratch.join("pushed");
    let mut push = engine.buildah("push");
    push.args(["--quiet", engine::IMAGE])
        .arg(format!("oci:{}", pushed.display()));
    shell::output(&mut push)?;
    let blobs = fs::read_dir(pushed.join("blobs/sha256"))?;
    let sizes: std::io::Result<Vec<u64>> = blobs.map(|blob| Ok(blob?.metadata()?.len())).collect();
    let bytes: u64 = sizes?.iter().sum();
    let verdict = if bytes <= SIZE_AIM { "met" } else { "missed" };
    println!(
        "compressed image: {} kB (aim ≤ {} kB: {verdict}; limit {} kB)",
        bytes / 1000,
        SIZE_AIM / 1000,
        SIZE_MAX / 1000,
    );
    ensure!(bytes <= SIZE_MAX, "the image is too large");
    Ok(())
}

#[cfg(test)]
mod tests {
    /// What compiles the image elsewhere is what compiles it here.
    #[test]
    fn the_dockerfile_compiles_with_the_same_tools() {
        let dockerfile = include_str!("../../Dockerfile");
        let toolchain = include_str!("../../rust-toolchain.toml");
        let channel = toolchain
            .lines()
            .find_map(|line| line.strip_prefix("channel = \""))
            .and_then(|rest| rest.strip_suffix('"'))
            .expect("a channel");
        for part in [
            format!("docker.io/library/rust:{channel}-slim-"),
            crate::test::zig_packages().join(" "),
            "cargo zigbuild --release --locked --package asset-injector --target".to_owned(),
        ] {
            assert!(dockerfile.contains(&part), "`Dockerfile` lacks `{part}`");
        }
    }
}

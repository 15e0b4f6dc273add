//! Builds the container image of a static binary and runs it, to see that it keeps what it promises.
//!
//! The binary is compiled as in the first stage of `Dockerfile` and given to it as a build context, so no image is
//! pulled. Images and containers lie in a folder of their own, which is gone afterwards.

mod composed;
mod context;
mod debug;
mod doctor;
mod emulated;
mod engine;
mod load;
mod promises;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::static_binary::{self, Architecture, Origin};
use crate::{shell, test};
pub(crate) use engine::Engine;

/// The version of all crates, and so of the image.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The images of all processors.
const LIST: &str = "localhost/asset-injector:list";
const SCRATCH: &str = "target/xtask/image";
const MEGABYTE: u64 = 1_000_000;
/// The compressed image.
const SIZE_AIM: u64 = 5 * MEGABYTE;
const SIZE_MAX: u64 = 15 * MEGABYTE;

/// Options of `image`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// For which processor
    #[arg(value_enum)]
    which: Which,
    /// Take this static binary, in place of compiling one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// An image that can be built and run here.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Which {
    /// For the processor of this machine
    Native,
    /// For arm64, run by an emulator
    Arm64,
}

pub(crate) fn main(args: &Args) -> Result<()> {
    let binary = args.binary.as_deref();
    match args.which {
        Which::Native => {
            test::provide_for("image")?;
            run(binary)
        }
        Which::Arm64 => {
            test::provide_for("image-arm64")?;
            run_arm64(binary)
        }
    }
}

/// Builds it for arm64, and has an emulator run it; the binary is compiled if none is given.
pub(crate) fn run_arm64(given: Option<&Path>) -> Result<()> {
    emulated::run(
        Architecture::Arm64,
        &given_or_compiled(given, Architecture::Arm64)?,
    )
}

/// Builds, runs, looks; the binary is compiled if none is given.
pub(crate) fn run(given: Option<&Path>) -> Result<()> {
    let scratch = fresh(SCRATCH)?;
    let origin = Origin::of_head()?;
    let architecture = Architecture::of_this_machine()?;
    let binary = given_or_compiled(given, architecture)?;
    let engine = Engine::start(scratch)?;
    let context = context(scratch, &[(architecture, binary.clone())])?;
    shell::run(build(&engine, &context, &origin, VERSION).args(["--tag", engine::IMAGE, "."]))?;
    size(&engine, scratch)?;
    let token = promises::Token::by(Command::new(std::path::absolute(&binary)?))?;
    promises::check(&engine, &token, &origin)?;
    doctor::check(&engine, &token)?;
    context::check(&engine, scratch)?;
    debug::check(&engine, &context, &origin)?;
    composed::check(&engine, &token)
}

/// Builds the image of each of these binaries, and writes them as one list into a folder, as a registry gets it.
pub(crate) fn build_list(
    binaries: &[(Architecture, PathBuf)],
    origin: &Origin,
    version: &str,
    into: &Path,
) -> Result<()> {
    let scratch = fresh(SCRATCH)?;
    let engine = Engine::start(scratch)?;
    let context = context(scratch, binaries)?;
    // One after the other, so that they stand in the list in this order.
    for (architecture, _) in binaries {
        let mut command = build(&engine, &context, origin, version);
        command
            .arg(format!("--platform=linux/{}", architecture.name()))
            .args(["--manifest", LIST, "."]);
        shell::run(&mut command)?;
    }
    let built = scratch.join("list");
    let mut push = engine.buildah("manifest");
    push.args(["push", "--quiet", "--all", "--format", "v2s2", LIST])
        .arg(format!("dir:{}", built.display()));
    shell::run(&mut push)?;
    let mut compress = shell::command("skopeo", ["copy", "--quiet", "--all", "--dest-compress"]);
    compress
        .arg(format!("dir:{}", built.display()))
        .arg(format!("dir:{}", into.display()));
    shell::run(&mut compress)
}

fn fresh(folder: &'static str) -> Result<&'static Path> {
    let folder = Path::new(folder);
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    Ok(folder)
}

/// The static binary of this commit for this machine, unless another one is given; returns where it lies.
pub(crate) fn binary(given: Option<&Path>) -> Result<PathBuf> {
    given_or_compiled(given, Architecture::of_this_machine()?)
}

fn given_or_compiled(given: Option<&Path>, architecture: Architecture) -> Result<PathBuf> {
    match given {
        Some(given) => Ok(given.to_owned()),
        None => static_binary::compile(Path::new("."), architecture, &Origin::of_head()?),
    }
}

/// Builds the image with this binary, and writes it as an OCI archive under that name.
pub(crate) fn archive(engine: &Engine, binary: &Path, name: &str, archive: &Path) -> Result<()> {
    let binaries = [(Architecture::of_this_machine()?, binary.to_owned())];
    let context = context(Path::new(SCRATCH), &binaries)?;
    let origin = Origin::of_head()?;
    shell::run(build(engine, &context, &origin, VERSION).args(["--tag", engine::IMAGE, "."]))?;
    if archive.exists() {
        fs::remove_file(archive)?;
    }
    let mut push = engine.buildah("push");
    push.args(["--quiet", engine::IMAGE])
        .arg(format!("oci-archive:{}:{name}", archive.display()));
    shell::output(&mut push).map(drop)
}

/// A folder that takes the place of the first stage.
fn context(scratch: &Path, binaries: &[(Architecture, PathBuf)]) -> Result<PathBuf> {
    let context = scratch.join("binary");
    for (architecture, binary) in binaries {
        let folder = context.join(architecture.name());
        fs::create_dir_all(&folder)?;
        fs::copy(binary, folder.join("asset-injector"))?;
    }
    for folder in ["folders/data", "folders/rules"] {
        let folder = context.join(folder);
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
    }
    Ok(context)
}

/// What all images are built with.
fn build(engine: &Engine, context: &Path, origin: &Origin, version: &str) -> Command {
    let arguments = [
        format!("VERSION={version}"),
        format!("REVISION={}", origin.revision),
        format!("CREATED={}", origin.created),
        format!("SOURCE_DATE_EPOCH={}", origin.epoch),
    ];
    let mut command = engine.buildah("build");
    command
        .args(["--quiet", "--format", "docker", "--timestamp", &origin.epoch])
        .arg(format!("--build-context=binary={}", context.display()))
        .args(arguments.iter().flat_map(|argument| ["--build-arg", argument]));
    command
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

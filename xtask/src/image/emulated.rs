//! The image for a processor that this machine may not have: built, and run by an emulator.
//!
//! The emulator is one static program, so it runs inside of the container too, where it is mounted. What the image
//! promises is looked at where it runs by itself; here it is enough that its program starts, answers and ends.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::engine::{self, Container, Engine};
use super::promises::{self, RESTRICTED, Token};
use super::{SCRATCH, VERSION};
use crate::static_binary::{Architecture, Origin};
use crate::{http, shell};

/// The emulator, as the container sees it.
const INSIDE: &str = "/emulator";
/// An emulator on a busy machine is slow, which is no fault of the image.
const PATIENT: &str = "REQUEST_TIMEOUT=60s";

/// Builds the image of this binary, runs it, and says how large both are.
pub(super) fn run(architecture: Architecture, binary: &Path) -> Result<()> {
    let scratch = super::fresh(SCRATCH)?;
    let origin = Origin::of_head()?;
    let engine = Engine::start(scratch)?;
    let context = super::context(scratch, &[(architecture, binary.to_owned())])?;
    let mut build = super::build(&engine, &context, &origin, VERSION);
    build
        .arg(format!("--platform=linux/{}", architecture.name()))
        .args(["--tag", engine::IMAGE, "."]);
    shell::run(&mut build)?;
    let image = engine.image()?;
    promises::description(&image, &origin).context("what the image says of itself")?;
    ensure!(
        image["Architecture"] == architecture.name(),
        "the image is for {}",
        image["Architecture"]
    );
    println!("binary: {} kB", fs::metadata(binary)?.len() / 1000);
    super::size(&engine, scratch)?;
    serve(&engine, architecture, binary)
}

/// Starts it, has it write a rule and resolve a URL by it, and ends it by its signal.
fn serve(engine: &Engine, architecture: Architecture, binary: &Path) -> Result<()> {
    let emulator = shell::find_program(architecture.emulator()).context("there is no emulator")?;
    let token = Token::by(shell::command(
        &emulator.to_string_lossy(),
        [std::path::absolute(binary)?],
    ))?;
    let mount = format!("{}:{INSIDE}:ro", emulator.display());
    let entry = json!([INSIDE, "/asset-injector", "serve"]).to_string();
    let setting = token.setting();
    let mut options = RESTRICTED.to_vec();
    options.extend(["--env", &setting, "--env", PATIENT]);
    options.extend(["--volume", &mount, "--entrypoint", &entry]);
    let container = engine.serve("emulated", &options)?;
    let asked = [INSIDE, "/asset-injector", "health-check"];
    shell::output(&mut container.podman("exec", &asked)).context("its health check fails")?;
    promises::write_rule(container.address, &token)?;
    resolve(&container)?;
    let took = promises::stop(&container)?;
    let code = container.told()?["State"]["ExitCode"].as_i64();
    ensure!(
        code == Some(0),
        "it ended with {code:?}; its log:\n{}",
        container.log()?
    );
    println!(
        "{} by {}: healthy {} ms after `podman run`, a rule is written, a URL resolved, and SIGTERM ends it after {} ms",
        architecture.name(),
        architecture.emulator(),
        container.started_in.as_millis(),
        took.as_millis(),
    );
    Ok(())
}

/// The rule that was written is the answer.
fn resolve(container: &Container<'_>) -> Result<()> {
    let question = json!({ "url": promises::PAGE }).to_string();
    let answer = http::post(container.address, "/v1/resolve", &question)?;
    let told: Value = serde_json::from_str(&answer.body)
        .with_context(|| format!("POST /v1/resolve answers {}", answer.status))?;
    ensure!(
        answer.status == 200
            && told["data"]["css"]
                .as_str()
                .is_some_and(|css| css.contains(promises::CSS)),
        "POST /v1/resolve answers {}: {told}",
        answer.status
    );
    Ok(())
}

//! Asks the running service what its OpenAPI document allows and what it does not, and compares the answers with it.
//!
//! The service has no tokens and listens on loopback, so that every call can be made; it runs on a copy of the example
//! rules, which the calls change and delete.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::server::{self, RELEASE_BINARY, Server};
use crate::{shell, test};

const SCRATCH: &str = "target/xtask/schemathesis";
const EXAMPLES: &str = "examples/rules";
/// Cases of each call and phase.
const CASES: &str = "30";
/// What is compared: no failure of the server, and nothing that the document does not name.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      allow_header_conformance";

/// Runs all calls with these random numbers.
pub(crate) fn run(seed: u32) -> Result<()> {
    let rules = Path::new(SCRATCH).join("rules");
    if rules.exists() {
        std::fs::remove_dir_all(&rules)?;
    }
    copy(Path::new(EXAMPLES), &rules.join("local"))?;
    let log = std::fs::File::create(Path::new(SCRATCH).join("server.log"))?;
    let mut serve = Command::new(RELEASE_BINARY);
    serve
        .arg("serve")
        .env("RULES_DIR", &rules)
        .env("DATA_DIR", Path::new(SCRATCH).join("data"))
        .stdout(Stdio::null())
        .stderr(log);
    let mut server = Server::spawn(serve, server::probe_port(0)?)?;
    server.wait_until_ready(Duration::from_millis(20))?;
    let document = format!("http://{}/openapi.json", server.address);
    let mut command = Command::new(test::tool("schemathesis").canonicalize()?);
    command
        .args(["run", &document, "--checks", CHECKS, "--max-examples", CASES])
        .args(["--seed", &seed.to_string(), "--request-timeout", "20"])
        .args(["--no-color", "--warnings", "off"])
        // It leaves its memory of earlier runs in the working directory.
        .current_dir(SCRATCH);
    shell::run(&mut command)?;
    server.stop(Duration::ZERO)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot create `{}`", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot list `{}`", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

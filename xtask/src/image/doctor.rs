//! What the image's `doctor` finds in a container: all well in one that is as it should be, and what is not elsewhere.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result, ensure};

use super::SCRATCH;
use super::engine::{Engine, IMAGE};
use super::promises::{RESTRICTED, Token};
use crate::doctor::{self, Expected, Said, WORDS};

const SOUND: [Expected<'_>; 7] = [
    ("DATA_DIR", "ok", "/data"),
    ("RULES_DIR", "ok", "/rules"),
    ("memory", "ok", "the limit is 64.00 MiB"),
    ("rules", "ok", "0 rules in force"),
    ("open files", "ok", "1024"),
    ("user", "ok", "65532"),
    ("port", "ok", "8080"),
];

/// What is wrong with a container: options of Podman, and what is found.
const ILL: [(&[&str], Expected<'_>); 9] = [
    (&["--memory=16m"], ("memory", "look", "the limit is 16.00 MiB")),
    (
        // Where one is said, all others have to be.
        &["--ulimit=nofile=512:512", "--ulimit=nproc=1000:1000"],
        ("open files", "look", "512 at the most"),
    ),
    (&["--user=0:0"], ("user", "look", "root")),
    (
        &["--env=DATABASE_URL=postgresql://rules@127.0.0.1:1/rules"],
        ("database", "wrong", "127.0.0.1"),
    ),
    (
        &["--env=COMMUNITY_REPO_URL=https://nowhere.invalid/"],
        ("DNS", "wrong", "nowhere.invalid"),
    ),
    (
        &[
            "--env=COMMUNITY_REPO_URL=https://known.example/",
            "--add-host=known.example:192.0.2.7",
        ],
        ("DNS", "ok", "known.example is 192.0.2.7"),
    ),
    (
        &[
            "--env=ENABLE_HTTPS=true",
            "--env=TLS_CERT_FILE=/data/none",
            "--env=TLS_KEY_FILE=/data/none",
        ],
        ("certificate", "wrong", "/data/none"),
    ),
    (&["--env=PORT=none"], ("configuration", "wrong", "PORT=`none`")),
    (&["--env=RULES_DIR=/nowhere"], ("RULES_DIR", "look", "/nowhere")),
];

/// Runs it in each of them.
pub(super) fn check(engine: &Engine, token: &Token) -> Result<()> {
    let setting = token.setting();
    let sound = ["--memory=64m", "--memory-swap=64m", "--env", &setting];
    let since = doctor::now()?;
    let said = run(engine, &sound).context("in a sound container")?;
    said.holds(&SOUND)?;
    said.tells_the_time(&since)?;
    said.is_well()?;
    for (options, expected) in ILL {
        let said = run(engine, options).with_context(|| format!("with {options:?}"))?;
        said.holds(&[expected])
            .with_context(|| format!("with {options:?}"))?;
    }
    let folder = std::path::absolute(SCRATCH)?.join("read-only");
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
    for (mount, name) in [("/data", "DATA_DIR"), ("/rules", "RULES_DIR")] {
        let volume = format!("--volume={}:{mount}:ro", folder.display());
        let said = run(engine, &[&volume])?;
        said.holds(&[(name, "look", mount)])
            .with_context(|| format!("where {mount} cannot be written"))?;
    }
    println!(
        "doctor: all is well in a container with 64 MiB, and each of {} faults is found",
        ILL.len() + 1
    );
    Ok(())
}

fn run(engine: &Engine, options: &[&str]) -> Result<Said> {
    let mut command = engine.podman("run");
    command
        .arg("--rm")
        .args(RESTRICTED)
        .args(options)
        .arg(IMAGE)
        .args(WORDS);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let code = output.status.code();
    let said = Said::parse(&text).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let expected = if text.contains("\"wrong\"") { 1 } else { 0 };
    ensure!(code == Some(expected), "it ended with {code:?}: {text}");
    Ok(said)
}

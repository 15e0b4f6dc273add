//! The compose files, read with the library that `docker compose` reads them with (`tools/compose`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::{SCRATCH, judge};
use crate::scanners::must_find;
use crate::test::tool;

const COMPOSE: &str = "deploy/docker-compose.yml";
const OVERRIDE: &str = "deploy/docker-compose.override.yml";
/// What is planted into the first file, and what is said of it.
const FAULTS: &[[&str; 3]] = &[
    ["mem_limit: 256m", "mem_limit: [1]", "mem_limit"],
    ["read_only: true", "read_onyl: true", "read_onyl"],
    ["      - data:/data\n", "      - date:/data\n", "date"],
    [
        "    restart: unless-stopped\n",
        "    depends_on: [nobody]\n",
        "nobody",
    ],
    ["      interval: 10s", "      interval: soon", "interval"],
];

/// Reads the file alone, and both together, each with every profile.
pub(super) fn run() -> Result<()> {
    let text = std::fs::read_to_string(COMPOSE)?;
    for [old, new, said] in FAULTS {
        ensure!(
            text.contains(old),
            "`{COMPOSE}` has no `{old}` to plant a fault in"
        );
        let file = Path::new(SCRATCH).join("planted-compose.yml");
        std::fs::write(&file, text.replacen(old, new, 1))?;
        must_find(over(&[file]), said)?;
    }
    judge(&mut over(&[PathBuf::from(COMPOSE)]))?;
    judge(&mut over(&[PathBuf::from(COMPOSE), PathBuf::from(OVERRIDE)]))?;
    println!(
        "compose accepts both files; {} planted faults were found",
        FAULTS.len()
    );
    Ok(())
}

fn over(files: &[PathBuf]) -> Command {
    let mut command = Command::new(tool("compose"));
    command.args(files);
    command
}

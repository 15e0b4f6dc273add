//! Property 3 on a real API server, by the test that knows what to compare.

use anyhow::{Result, ensure};

use crate::cluster::Running;
use crate::shell;

const TEST: &str = "rollback_script::several_times_is_once";

pub(super) fn run(cluster: &Running<'_>) -> Result<()> {
    let mut command = shell::cargo();
    command
        .args(["test", "--package", "xtask", "--locked", "--test", "it", "--"])
        .args(["--exact", TEST])
        .env("ROLLBACK_TEST_KUBECONFIG", cluster.kubeconfig());
    let told = shell::output(cluster.shown_to(&mut command))?;
    ensure!(told.contains(" 1 passed;"), "the test did not run:\n{told}");
    println!("  100 histories: several rollbacks led to where one does");
    Ok(())
}

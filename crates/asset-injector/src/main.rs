//! The binary: parses the command line and dispatches.
fn main() -> anyhow::Result<()> {
    Ok(())
}

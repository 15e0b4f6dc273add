//! tmp
pub(crate) fn main() -> anyhow::Result<()> {
    Ok(())
}

//! `version`: what was built, from what, with what.

use crate::{
    build_info,
    cli::Version,
    failure::Outcome,
    output::{self, Format},
};
use std::io::Write as _;

/// Prints version, commit, its time and the compiler.
pub(super) fn run(args: &Version) -> anyhow::Result<Outcome> {
    let mut stdout = output::stdout();
    let commit_time = build_info::commit_time();
    match args.format {
        Format::Human => {
            writeln!(stdout, "asset-injector {}", build_info::VERSION)?;
            writeln!(stdout, "commit  {} {commit_time}", known(build_info::COMMIT))?;
            writeln!(stdout, "rustc   {}", known(build_info::RUSTC))?;
        }
        Format::Json => output::json(
            &mut stdout,
            &serde_json::json!({
                "version": build_info::VERSION,
                "commit": build_info::COMMIT,
                "commit_time": commit_time,
                "rustc": build_info::RUSTC,
            }),
        )?,
    }
    Ok(Outcome::Done)
}

fn known(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

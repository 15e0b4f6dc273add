//! `openapi`: the document of the HTTP API.

use crate::{failure::Outcome, output};
use std::io::Write as _;

/// Prints the document that the server answers under `/openapi.json`.
pub(super) fn run() -> anyhow::Result<Outcome> {
    write!(output::stdout(), "{}", api::OPENAPI)?;
    Ok(Outcome::Done)
}

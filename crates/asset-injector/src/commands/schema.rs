//! `schema`: the published JSON Schemas.

use crate::{
    cli::{Schema, SchemaOf},
    failure::Outcome,
    output,
};
use std::io::Write as _;

/// Prints a schema.
pub(super) fn run(args: &Schema) -> anyhow::Result<Outcome> {
    let schema = match args.of {
        SchemaOf::Rule => rulefile::schema(),
        SchemaOf::Manifest => rulefile::manifest::schema(),
    };
    output::stdout().write_all(schema.as_bytes())?;
    Ok(Outcome::Done)
}

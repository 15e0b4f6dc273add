//! `export`: rules as one rule file.

use crate::{
    atomic,
    call::Call,
    cli::{Export, ExportFormat},
    failure::Outcome,
    output,
    target::Target,
};
use serde_json::{Value, json};
use std::io::Write as _;

/// Writes the file.
pub(super) fn run(args: &Export) -> anyhow::Result<Outcome> {
    let target = Target::choose(&args.target)?;
    let file = target
        .answer(&Call::post("/v1/rules/export", &question(args)).long())?
        .body;
    match &args.output {
        None => output::stdout().write_all(&file)?,
        Some(path) => {
            if !atomic::create(path, &file)? {
                atomic::replace(path, &file)?;
            }
            output::note(&format!("written to {}", path.display()));
        }
    }
    Ok(Outcome::Done)
}

fn question(args: &Export) -> Value {
    let format = match args.format {
        ExportFormat::Yaml => "yaml",
        ExportFormat::Json => "json",
    };
    match args.ids.is_empty() {
        true => json!({ "format": format }),
        false => json!({ "format": format, "ids": args.ids }),
    }
}

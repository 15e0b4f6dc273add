//! `packs verify`: whether a key signed archives and indexes.

use super::signed::{Signed, bounded, signature_of};
use crate::{
    cli::PacksVerify,
    failure::{Failure, Outcome},
    output::{self, BAD, FAINT, Format, GOOD, styled},
    pack_folder::unreadable,
};
use packs::signature::TrustedKeys;
use serde_json::{Value, json};
use std::{io::Write as _, path::Path};

/// Checks the signature of each file.
pub(super) fn run(args: &PacksVerify) -> anyhow::Result<Outcome> {
    let keys = keys(&args.key)?;
    let mut stdout = output::stdout();
    let mut outcome = Outcome::Done;
    let mut found = Vec::new();
    for path in &args.files {
        let file = Signed::read(path)?;
        let signature = bounded(&signature_of(path))?;
        let verdict = keys.verify(&file.subject(), &file.bytes, signature.as_deref());
        let reason = verdict.as_ref().err().map(ToString::to_string);
        if args.format == Format::Human {
            let (style, word, more) = match (&verdict, &reason) {
                (Ok(key), _) => (GOOD, "valid", styled(FAINT, format!("  by {key}"))),
                (Err(_), reason) => (
                    BAD,
                    "not valid",
                    format!(": {}", reason.as_deref().unwrap_or_default()),
                ),
            };
            writeln!(stdout, "{} {}{more}", styled(style, word), path.display())?;
        }
        if verdict.is_err() {
            outcome = Outcome::Findings;
        }
        found.push(json!({
            "path": path.to_string_lossy(),
            "valid": verdict.is_ok(),
            "key": verdict.ok(),
            "reason": reason,
        }));
    }
    if args.format == Format::Json {
        output::json(&mut stdout, &json!({ "files": Value::Array(found) }))?;
    }
    Ok(outcome)
}

/// The key that was named, or the one in the file that was named.
fn keys(text: &str) -> Result<TrustedKeys, Failure> {
    let file = Path::new(text);
    let content = match file.is_file() {
        true => bounded(file)?.ok_or_else(|| unreadable(file, "it is gone"))?,
        false => text.to_owned(),
    };
    let keys = TrustedKeys::parse(&content).map_err(|error| error.to_string());
    let keys = keys.and_then(|keys| match keys.is_empty() {
        true => Err(format!("`{text}` holds no key")),
        false => Ok(keys),
    });
    keys.map_err(|reason| {
        Failure::usage(
            reason,
            "name the file of a minisign public key (`.pub`), or its 56 characters of base64",
        )
    })
}

//! `rules source`: where a rule comes from, and what else has its id.

use super::{check_id, show};
use crate::{
    call::{Call, rule_path},
    cli::OneRule,
    failure::Outcome,
    output::{self, FAINT, Format, GOOD, STRONG, styled},
    target::Target,
};
use serde_json::Value;
use std::io::{self, Write};

/// Prints all sources of the id.
pub(in crate::commands) fn run(args: &OneRule) -> anyhow::Result<Outcome> {
    check_id(&args.id)?;
    let target = Target::choose(&args.target)?;
    let answer = target.data(&Call::get(rule_path(&args.id, "/source")))?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &answer)?,
        Format::Json => output::json(&mut stdout, &answer)?,
    }
    Ok(Outcome::Done)
}

/// Prints an id with all of its sources, the one that counts marked.
pub(super) fn human(stream: &mut dyn Write, answer: &Value) -> io::Result<()> {
    let id = answer["rule_id"].as_str().unwrap_or_default();
    writeln!(stream, "{} {}", styled(STRONG, id), styled(FAINT, why(answer)))?;
    let sources = answer["sources"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for source in sources {
        let (mark, style) = match *source == answer["active"] {
            true => ("*", GOOD),
            false => (" ", FAINT),
        };
        let state = source["state"].as_str().unwrap_or_default();
        let place = show::source(source);
        writeln!(
            stream,
            "{mark} {} {place}{}",
            styled(style, format!("{state:<9}")),
            attribution(source)
        )?;
    }
    Ok(())
}

/// Why the marked one counts, in words.
fn why(answer: &Value) -> String {
    let pinned = answer["pinned"].as_str();
    match (answer["why"].as_str(), pinned) {
        (Some("pinned"), Some(source)) => format!("its {source} source is pinned"),
        (Some("precedence"), Some(source)) => {
            format!("local before override before community; {source} is pinned and has no rule")
        }
        (Some("precedence"), None) => "local before override before community".to_owned(),
        (Some("only"), Some(source)) => format!("has no other source; {source} is pinned"),
        (Some("only"), None) => "has no other source".to_owned(),
        (other, _) => other.unwrap_or_default().to_owned(),
    }
}

/// Who made it, and when it changed.
fn attribution(source: &Value) -> String {
    let named = [
        ("by", "author"),
        ("changed by", "modified_by"),
        ("made from", "base_version"),
        ("changed at", "updated_at"),
    ];
    named
        .iter()
        .filter_map(|(word, name)| Some(format!(", {word} {}", source[*name].as_str()?)))
        .collect()
}

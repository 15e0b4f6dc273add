//! `resolve`: what a page gets.

use crate::{
    call::Call,
    cli::{Resolve, ResolveFormat},
    failure::{Failure, Outcome},
    output::{self, FAINT, GOOD, STRONG, styled},
    target::{self, Target},
};
use serde_json::Value;
use std::io::{self, Write};

/// Prints the answer for each URL.
pub(super) fn run(args: &Resolve) -> anyhow::Result<Outcome> {
    let bare = matches!(args.format, ResolveFormat::Css | ResolveFormat::Js);
    if bare && args.urls.len() > 1 {
        return Err(Failure::usage(
            "a bare asset is that of one page",
            "name one URL, or use --format json",
        )
        .into());
    }
    args.urls.iter().try_for_each(|url| target::check_url(url))?;
    let target = Target::choose(&args.target)?;
    let mut stdout = output::stdout();
    for (number, url) in args.urls.iter().enumerate() {
        let answer = target.data(&Call::post("/v1/resolve", &target::question(url, args.mode)))?;
        match args.format {
            ResolveFormat::Human => human(&mut stdout, number, url, &answer)?,
            ResolveFormat::Json => output::json(&mut stdout, &with_url(url, answer))?,
            ResolveFormat::Css => asset(&mut stdout, &answer, "css")?,
            ResolveFormat::Js => asset(&mut stdout, &answer, "js")?,
        }
    }
    Ok(Outcome::Done)
}

fn human(stream: &mut dyn Write, number: usize, url: &str, answer: &Value) -> io::Result<()> {
    if number > 0 {
        writeln!(stream)?;
    }
    writeln!(stream, "{}", styled(STRONG, url))?;
    let rules = answer["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    if rules.is_empty() {
        return writeln!(stream, "no rule matches; `asset-injector explain {url}` says why");
    }
    for rule in rules {
        let id = rule["id"].as_str().unwrap_or_default();
        writeln!(
            stream,
            "{} {}",
            styled(GOOD, id),
            styled(FAINT, format!("score {}", rule["score"]))
        )?;
    }
    if answer["truncated"] == true {
        writeln!(
            stream,
            "more rules match than MAX_STACKED_RULES and MAX_RESOLVE_BYTES let in"
        )?;
    }
    for name in ["css", "js"] {
        let text = answer[name].as_str().unwrap_or_default();
        if !text.is_empty() {
            writeln!(stream, "\n{}\n{}", styled(STRONG, name), text.trim_end())?;
        }
    }
    Ok(())
}

/// The bare asset, byte for byte.
fn asset(stream: &mut dyn Write, answer: &Value, name: &str) -> io::Result<()> {
    stream.write_all(answer[name].as_str().unwrap_or_default().as_bytes())
}

/// The answer with its URL; whether a cache had it says nothing here.
fn with_url(url: &str, answer: Value) -> Value {
    let mut all = serde_json::Map::from_iter([("url".to_owned(), Value::from(url))]);
    if let Value::Object(fields) = answer {
        all.extend(fields.into_iter().filter(|(name, _)| name != "cache_hit"));
    }
    Value::Object(all)
}

//! Reads a body that is one rule, or a part of one.

use crate::{
    error::{Error, Problem},
    extract::{self, YAML},
};
use ::rules::Value;
use axum::extract::Request;
use rulefile::{Code, Diagnostic, Format};
use tokio::task;

/// The fields of a rule, in one of the accepted media types.
pub(super) async fn fields(
    request: Request,
    limit: usize,
    accepted: &'static [&'static str],
) -> Result<Value, Error> {
    let (media_type, body) = extract::body(request, limit, accepted).await?;
    let format = format_of(media_type);
    // A body may be large, so it is not parsed on a thread that answers resolves.
    let parsed = task::spawn_blocking(move || rulefile::parse_value(&body, format)).await;
    let parsed = parsed.map_err(|error| Error::internal(error.to_string()))?;
    match parsed.map_err(|diagnostics| refusal(&diagnostics))? {
        fields @ Value::Map(_) => Ok(fields),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::List(_) => {
            let problem = Problem::new("", "the body is not an object with the fields of a rule");
            Err(Error::invalid_input(vec![problem]))
        }
    }
}

/// The language of a media type.
pub(super) fn format_of(media_type: &str) -> Format {
    if media_type == YAML {
        Format::Yaml
    } else {
        Format::Json
    }
}

/// Everything that is wrong: 400 if it is no well-formed text, else 422.
pub(super) fn refusal(diagnostics: &[Diagnostic]) -> Error {
    let problems = diagnostics.iter().map(problem).collect();
    match diagnostics
        .iter()
        .any(|diagnostic| matches!(diagnostic.code, Code::Unreadable | Code::Syntax))
    {
        true => Error::invalid_input(problems),
        false => Error::validation(problems),
    }
}

fn problem(diagnostic: &Diagnostic) -> Problem {
    let Diagnostic {
        line,
        column,
        field,
        reason,
        hint,
        ..
    } = diagnostic;
    let reason = format!("{reason} (line {line}, column {column})");
    Problem {
        field: field.clone(),
        reason,
        hint: hint.clone(),
    }
}

//! The fields of a rule from options, as the API takes them.

use crate::{
    cli::{Fields, name_of},
    failure::Failure,
};
use anyhow::Context as _;
use serde_json::{Map, Value};
use std::{
    fs::File,
    io::{self, Read},
};

/// Bytes of a file that holds an asset; the API says what is allowed, this is a bound of what is read.
const ASSET_BYTES_MAX: u64 = 1024 * 1024;

/// The fields that were given.
///
/// # Errors
///
/// When a file that holds a field cannot be read.
pub(super) fn given(fields: &Fields) -> anyhow::Result<Map<String, Value>> {
    let text = |value: &Option<String>| value.clone().map(Value::from);
    let list = |values: &[String]| (!values.is_empty()).then(|| Value::from(values));
    if fields.css.as_deref() == Some("@-") && fields.js.as_deref() == Some("@-") {
        return Err(Failure::usage(
            "standard input cannot be both the style sheet and the script",
            "put one of them into a file",
        )
        .into());
    }
    let all = [
        ("type", fields.kind.map(name_of).map(Value::from)),
        ("pattern", text(&fields.pattern)),
        ("css", asset("--css", fields.css.as_deref())?),
        ("js", asset("--js", fields.js.as_deref())?),
        ("priority", fields.priority.map(Value::from)),
        ("exclude", list(&fields.exclude)),
        ("tags", list(&fields.tag)),
        ("description", text(&fields.description)),
        ("author", text(&fields.author)),
        ("modified_by", text(&fields.modified_by)),
        ("expires_at", text(&fields.expires_at)),
    ];
    let given = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(given.collect())
}

/// The asset itself, or that of the file that is named.
fn asset(option: &str, value: Option<&str>) -> anyhow::Result<Option<Value>> {
    let Some(value) = value else { return Ok(None) };
    let Some(file) = file_of(value) else {
        return Ok(Some(value.into()));
    };
    let read = if file == "-" {
        text(io::stdin().lock())
    } else {
        File::open(file).and_then(text)
    };
    let text = read.map_err(|error| {
        Failure::usage(
            format!("{option}: `{file}` cannot be read: {error}"),
            "after @ stands the name of a text file, or `-` for standard input",
        )
    });
    Ok(Some(text.context("the rule")?.into()))
}

/// The file that a value names. At-rules of CSS begin with @ too; they hold what no such value holds.
fn file_of(value: &str) -> Option<&str> {
    value
        .strip_prefix('@')
        .filter(|name| !name.contains(['{', ';', '\n']))
}

fn text(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(ASSET_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::file_of;

    #[test]
    fn an_at_rule_is_no_file() {
        assert_eq!(file_of("@banner.css"), Some("banner.css"));
        assert_eq!(file_of("@-"), Some("-"));
        for text in [
            "@media print { nav { display: none } }",
            "@import 'a.css';",
            "nav {}",
            "",
        ] {
            assert_eq!(file_of(text), None, "{text}");
        }
    }
}

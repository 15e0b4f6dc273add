//! Parses `.env`: `NAME=value` a line.
//!
//! A value may hold blanks, so that `BODY_LIMIT=2 MiB` means what it says; ` #` begins a comment, and
//! quotes keep one from beginning. Nothing is expanded: a setting that holds a `$` holds a `$`.

use std::{collections::BTreeMap, fmt};

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Error {
    line: usize,
    reason: &'static str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {}", self.line, self.reason)
    }
}

/// The settings of a file; of a name that stands twice the last line counts.
///
/// # Errors
///
/// The first line that is not understood.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut settings = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = setting(line).map_err(|reason| Error { line: number, reason })?;
        settings.insert(name.to_owned(), value);
    }
    Ok(settings)
}

fn setting(line: &str) -> Result<(&str, String), &'static str> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("has no `=`")?;
    let name = name.trim();
    let is_name = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if name.is_empty() || !is_name(name) {
        return Err("has something else than a name before its `=`");
    }
    Ok((name, unquoted(value.trim())?))
}

fn unquoted(value: &str) -> Result<String, &'static str> {
    for quote in ['"', '\''] {
        let Some(inner) = value.strip_prefix(quote) else {
            continue;
        };
        let (inner, rest) = inner.split_once(quote).ok_or("has a quote that is not closed")?;
        let rest = rest.trim_start();
        return match rest.is_empty() || rest.starts_with('#') {
            true => Ok(inner.to_owned()),
            false => Err("goes on after its closing quote"),
        };
    }
    let end = [" #", "\t#"]
        .into_iter()
        .filter_map(|comment| value.find(comment))
        .min();
    Ok(value[..end.unwrap_or(value.len())].trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn value(text: &str) -> String {
        parse(text).unwrap()["A"].clone()
    }

    #[test]
    fn a_value_is_what_stands_there() {
        assert_eq!(value("A=b"), "b");
        assert_eq!(value("\u{feff}# c\r\n\r\n  export A = 2 MiB  # two\r\n"), "2 MiB");
        assert_eq!(value("A=b#c"), "b#c");
        assert_eq!(value("A='b # c' # d"), "b # c");
        assert_eq!(value("A=\"b 'c'\""), "b 'c'");
        assert_eq!(value("A=$HOME\\n"), "$HOME\\n");
        assert_eq!(value("A=a=b"), "a=b");
        assert_eq!(value("A=1\nA="), "");
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        let error = |text| parse(text).unwrap_err().to_string();
        assert_eq!(error("A=1\nPORT 8080"), "line 2 has no `=`");
        assert_eq!(
            error("=1"),
            "line 1 has something else than a name before its `=`"
        );
        assert_eq!(
            error("A B=1"),
            "line 1 has something else than a name before its `=`"
        );
        assert_eq!(error("A='1"), "line 1 has a quote that is not closed");
        assert_eq!(error("A='1'2"), "line 1 goes on after its closing quote");
    }
}

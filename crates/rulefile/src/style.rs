//! The one style of rule files.
//!
//! What is rewritten holds the same values and the same comments, which is checked and not hoped for: where the
//! formatter of YAML would lose one, or would not come to rest, a file keeps its own layout.

mod blanks;
mod json_style;

use self::blanks::with_blanks;
use crate::{
    Diagnostic, Format,
    node::{Content, Node},
    parse_tree,
    text::Text,
    tree::{FILE_DEPTH_MAX, Tree},
};
use granit_parser::{Event, Parser};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, Quotes};
use std::{cell::Cell, panic};

/// Columns up to which lists and mappings in brackets stay on one line.
const COLUMNS: usize = 110;

/// Values and bytes of a file up to which its YAML is laid out anew: the formatter takes time with the square of
/// both. A larger file keeps its layout.
const NODES_MAX: usize = 1 << 16;
const BYTES_MAX: usize = 1 << 20;

/// Why a file keeps its layout.
const LARGE: &str = "has more than 65536 values or 1 MiB";
const FRAGILE: &str = "holds something that a new layout could lose or change";

/// A byte order mark, which may also stand between a file's own one and its text.
const BOM: char = '\u{feff}';

/// How often the formatter may take its own result until that no longer changes.
const ROUNDS_MAX: usize = 4;

thread_local! {
    /// Whether this thread is inside of the formatter of YAML, whose panics are caught.
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread is one of the formatter of YAML, which becomes a file that keeps its layout.
///
/// For hooks of panics: they run before anything is caught, and should say nothing then.
pub fn catches_panic() -> bool {
    IS_CATCHING.get()
}

/// Rewrites a file in the one style, its comments kept; rewriting it again changes nothing.
///
/// ```
/// use rulefile::{Format, format};
///
/// let text = "# why\ntype:   \"exact\"\npattern: https://example.com/   # where\n";
/// let expected = "# why\ntype: 'exact'\npattern: https://example.com/ # where\n";
/// assert_eq!(format(text.as_bytes(), Format::Yaml).unwrap(), expected);
/// ```
///
/// # Errors
///
/// The problems of the text, when it is not one well-formed document within the bounds. Whether it holds valid
/// rules does not matter.
pub fn format(bytes: &[u8], format: Format) -> Result<String, Vec<Diagnostic>> {
    formatted(bytes, format).map(|formatted| formatted.text)
}

/// A file in the one style, as far as that is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The whole text.
    pub text: String,
    /// Why it keeps its layout all the same, as what is said of the file; nothing where it is in the style.
    pub kept: Option<&'static str>,
}

impl Formatted {
    fn kept(text: String, reason: &'static str) -> Self {
        Self {
            text,
            kept: Some(reason),
        }
    }
}

/// Rewrites a file like [`format()`], and says whether it kept its own layout.
///
/// # Errors
///
/// As [`format()`].
pub fn formatted(bytes: &[u8], format: Format) -> Result<Formatted, Vec<Diagnostic>> {
    let text = Text::decode(bytes).map_err(|diagnostic| vec![diagnostic])?;
    let whole = parse_tree(text, format, FILE_DEPTH_MAX);
    let faults = match whole {
        Ok(tree) if tree.faults.list.is_empty() => return Ok(styled(text, format, &tree)),
        Ok(tree) => tree.faults.list,
        Err(fault) => vec![fault],
    };
    let lines = text.lines();
    Err(faults
        .into_iter()
        .map(|fault| lines.diagnostic(fault, String::new(), None))
        .collect())
}

fn styled(text: Text<'_>, format: Format, tree: &Tree) -> Formatted {
    match format {
        Format::Json => Formatted {
            text: json_style::print(text),
            kept: None,
        },
        Format::Yaml => styled_yaml(text.str, tree),
    }
}

fn styled_yaml(text: &str, tree: &Tree) -> Formatted {
    let keeps = |candidate: &String| keeps_meaning(text, candidate, tree);
    let plain = plain(text);
    if !keeps(&plain) {
        return Formatted::kept(text.trim_start_matches(BOM).to_owned(), FRAGILE);
    }
    let nodes = tree.root.as_ref().map_or(0, |root| root.weight().nodes);
    if nodes > NODES_MAX || plain.len() > BYTES_MAX {
        return Formatted::kept(plain, LARGE);
    }
    let lay_out = |text: &str| {
        let settled = settle(text).filter(keeps);
        settled.or_else(|| with_blanks(text, settle).filter(keeps))
    };
    // What puts blanks back comes after the formatter came to rest, so rest is asked for once more.
    let rests = |text: &String| lay_out(text).as_ref() == Some(text);
    match lay_out(&plain).filter(rests) {
        Some(text) => Formatted { text, kept: None },
        None => Formatted::kept(plain, FRAGILE),
    }
}

/// No byte order marks, LF at the end of every line, the last one included, and nothing of a blank file. To YAML
/// a CR alone ends a line too.
fn plain(text: &str) -> String {
    let text = text.trim_start_matches(BOM);
    if text.trim().is_empty() {
        return String::new();
    }
    let mut plain = text.replace("\r\n", "\n").replace('\r', "\n");
    if !plain.ends_with('\n') {
        plain.push('\n');
    }
    plain
}

/// Formats until nothing changes.
fn settle(text: &str) -> Option<String> {
    let options = FormatOptions {
        layout: LayoutOptions {
            print_width: COLUMNS,
            ..LayoutOptions::default()
        },
        language: LanguageOptions {
            quotes: Quotes::PreferSingle,
            trailing_comma: false,
            ..LanguageOptions::default()
        },
    };
    let mut current = text.to_owned();
    for _ in 0..ROUNDS_MAX {
        // Its parser counts levels of indentation in the bits of a number, and overflows past the last one; and
        // it cuts lines of a block where the first one is indented, in the middle of a character perhaps.
        IS_CATCHING.set(true);
        let formatted = panic::catch_unwind(|| pretty_yaml::format_text(&current, &options));
        IS_CATCHING.set(false);
        let next = plain(&formatted.ok()?.ok()?);
        if next == current {
            return Some(current);
        }
        current = next;
    }
    None
}

/// Whether a text holds the same values and the same comments, in the same order.
fn keeps_meaning(before: &str, after: &str, tree: &Tree) -> bool {
    let Ok(parsed) = parse_tree(Text { str: after }, Format::Yaml, FILE_DEPTH_MAX) else {
        return false;
    };
    let is_same = match (&tree.root, &parsed.root) {
        (None, None) => true,
        (Some(a), Some(b)) => is_same(a, b),
        (None, Some(_)) | (Some(_), None) => false,
    };
    is_same && comments(before) == comments(after)
}

/// Whether two trees hold the same data; unlike numbers, two `.nan` are the same.
fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.content, &b.content) {
        (Content::List(a), Content::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Content::Map(a), Content::Map(b)) => {
            let pairs = || a.iter().zip(b);
            a.len() == b.len() && pairs().all(|(a, b)| a.key == b.key && is_same(&a.value, &b.value))
        }
        (Content::Float(a), Content::Float(b)) => a.to_bits() == b.to_bits(),
        (Content::Text(a), Content::Text(b)) => a == b,
        (Content::Integer(a), Content::Integer(b)) => a == b,
        (Content::Bool(a), Content::Bool(b)) => a == b,
        (Content::Null, Content::Null) => true,
        _ => false,
    }
}

/// The comments of a text that was parsed before.
fn comments(text: &str) -> Vec<String> {
    let options = granit_parser::options! {
        max_buffered_comment_events: usize::MAX,
    };
    let events = Parser::new_from_str_with_options(text, options);
    events
        .filter_map(|event| match event {
            Ok((Event::Comment(text, _), _)) => Some(text.trim().to_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;

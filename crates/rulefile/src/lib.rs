//! Rule files: bytes to rules and diagnostics, and back. Knows no file system.
//!
//! YAML and JSON become the same tree with places (`tree`), and the tree becomes rules (`file`): both
//! languages give the same diagnostics, each with line, column and field. Everything on the way is bounded.
//! What describes a pack (`manifest`, `pack_source`) is read by the same means.

mod core_schema;
mod diagnostic;
mod document;
mod edit;
mod entries;
mod file;
mod file_name;
mod json;
pub mod manifest;
mod node;
pub mod pack_source;
mod place;
mod print;
mod requires;
mod schema;
mod style;
mod text;
mod tree;
mod workers;
mod yaml;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use edit::{EditError, EntryEdit, edit, edit_all};
pub use entries::{Bounds, ParsedEntries, ParsedEntry, Progress, parse_entries};
pub use file_name::{default_id, rule_file};
pub use print::print;
pub use schema::schema;
pub use style::{Formatted, catches_panic, format, formatted};

use rules::{IdSpace, Rule};
use text::Text;
use tree::{DEPTH_MAX, Tree};

/// The most bytes of one rule file.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The most diagnostics of one file; beyond, they are counted.
pub const DIAGNOSTICS_MAX: usize = 1_000;

/// How a file's bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, core schema, one document.
    Yaml,
    /// JSON.
    Json,
}

/// What is known of a file before it is read.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// The language.
    pub format: Format,
    /// In which space its ids stand.
    pub space: IdSpace,
    /// The id of a single rule that has none (from the path); `None` makes a missing id an error.
    pub default_id: Option<&'a str>,
}

/// A rule and the place of its entry in the file.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The rule.
    pub rule: Rule,
    /// Where its entry begins: 1-based line.
    pub line: usize,
}

/// The rules of a file and what is wrong with the others; one bad rule never hides the good ones.
#[derive(Clone, Debug, Default)]
pub struct ParsedFile {
    /// The valid rules, in the order of the file.
    pub rules: Vec<Parsed>,
    /// Errors (a rule or the file was skipped) and warnings, by place; at most [`DIAGNOSTICS_MAX`].
    pub diagnostics: Vec<Diagnostic>,
    /// Diagnostics beyond those listed.
    pub diagnostics_more: usize,
}

/// Parses a rule file.
///
/// ```
/// use rulefile::{Format, Source, parse};
///
/// let bytes = b"- {id: a, type: exact, pattern: https://example.com/, css: 'nav {}'}\n- {id: b, pattern: 1}\n";
/// let source = Source { format: Format::Yaml, space: rules::IdSpace::Local, default_id: None };
/// let file = parse(bytes, &source);
/// assert_eq!(file.rules[0].rule.id().as_str(), "a");
/// let fields: Vec<_> = file.diagnostics.iter().map(|d| (d.line, d.column, d.field.as_str())).collect();
/// assert_eq!(fields, [(2, 3, "[1].css"), (2, 3, "[1].type"), (2, 20, "[1].pattern")]);
/// ```
pub fn parse(bytes: &[u8], source: &Source<'_>) -> ParsedFile {
    match Text::decode(bytes) {
        Ok(text) => file::parse(text, source),
        Err(diagnostic) => ParsedFile {
            diagnostics: vec![diagnostic],
            ..ParsedFile::default()
        },
    }
}

/// Parses bytes to a plain tree, for request bodies in YAML.
///
/// # Errors
///
/// The problems of the text, when it is not one well-formed document within the bounds.
pub fn parse_value(bytes: &[u8], format: Format) -> Result<rules::Value, Vec<Diagnostic>> {
    let text = Text::decode(bytes).map_err(|diagnostic| vec![diagnostic])?;
    let faults = match parse_tree(text, format, DEPTH_MAX) {
        Ok(Tree { root: None, .. }) => return Ok(rules::Value::Null),
        Ok(Tree {
            root: Some(root),
            faults,
        }) => match root.to_value() {
            Some(value) => return Ok(value),
            None => faults.list,
        },
        Err(fault) => vec![fault],
    };
    let lines = text.lines();
    Err(faults
        .into_iter()
        .map(|fault| lines.diagnostic(fault, String::new(), None))
        .collect())
}

fn parse_tree(text: Text<'_>, format: Format, depth_max: usize) -> Result<Tree, diagnostic::Fault> {
    parse_tree_within(text, format, depth_max, tree::NODES_MAX)
}

fn parse_tree_within(
    text: Text<'_>,
    format: Format,
    depth_max: usize,
    nodes_max: usize,
) -> Result<Tree, diagnostic::Fault> {
    match format {
        Format::Yaml => yaml::parse(text, depth_max, nodes_max),
        Format::Json => json::parse(text, depth_max, nodes_max),
    }
}

#[cfg(test)]
mod tests;

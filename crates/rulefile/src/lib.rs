//! Rule files: bytes to rules and diagnostics, and back. Knows no file system.

mod diagnostic;

pub use diagnostic::{Code, Diagnostic, Severity};

use rules::{IdSpace, Rule};

/// The most bytes of one rule file.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

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
    /// Errors (a rule or the file was skipped) and warnings, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a rule file.
pub fn parse(_bytes: &[u8], _source: &Source<'_>) -> ParsedFile {
    todo!()
}

/// Parses bytes to a plain tree, for request bodies in YAML.
///
/// # Errors
///
/// The problems of the text, when it is not one well-formed document within the bounds.
pub fn parse_value(_bytes: &[u8], _format: Format) -> Result<rules::Value, Vec<Diagnostic>> {
    todo!()
}

/// Prints rules as one YAML file that parses to equal rules.
pub fn print(_rules: &[&Rule]) -> String {
    todo!()
}

//! What the name of a file says: whether it is a rule file, in which language, and which id its path stands for.

use crate::Format;

/// The endings of rule files.
const ENDINGS: [(&str, Format); 3] = [
    (".rule.yaml", Format::Yaml),
    (".rule.yml", Format::Yaml),
    (".rule.json", Format::Json),
];

/// The language of a rule file and its path without the ending; `None` for other files and for hidden ones.
///
/// ```
/// assert_eq!(rulefile::rule_file("print/a.rule.yml"), Some((rulefile::Format::Yaml, "print/a")));
/// assert_eq!(rulefile::rule_file("print/.a.rule.yml"), None);
/// ```
pub fn rule_file(path: &str) -> Option<(Format, &str)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.starts_with('.') {
        return None;
    }
    ENDINGS
        .into_iter()
        .find_map(|(ending, format)| Some((format, path.strip_suffix(ending)?)))
}

/// The id that a path below its source folder, without its ending, stands for.
pub fn default_id(stem: &str) -> String {
    let fold = |c: char| match c {
        '/' => '.',
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
        _ => '-',
    };
    stem.chars().map(fold).collect()
}

//! Paths of files in packs: what is safe on every system, and when two of them are one file.

use icu_normalizer::ComposingNormalizerBorrowed;
use rulefile::rule_file;

/// The most bytes of a path.
pub const PATH_BYTES_MAX: usize = 512;
/// The most bytes of one part of it; file systems take 255, and a writer may put something before it.
pub const PART_BYTES_MAX: usize = 200;

/// The most parts of a path: stores follow folders not much deeper.
pub const PARTS_MAX: usize = 30;

/// What Windows takes for a device, whatever follows a dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Checks a relative path with `/` between its parts: it stays in its folder and is a plain file's on every system.
///
/// # Errors
///
/// The reason, when it is not.
pub fn check(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("has an empty name".to_owned());
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(format!(
            "has a name of {} bytes, {PATH_BYTES_MAX} are allowed",
            path.len()
        ));
    }
    if path.starts_with('/') {
        return Err("has an absolute path".to_owned());
    }
    if let Some(wrong) = path.chars().find(|c| is_refused(*c)) {
        return Err(format!("has {wrong:?} in its name"));
    }
    let parts = path.split('/').count();
    if parts > PARTS_MAX {
        return Err(format!("has {parts} parts in its name, {PARTS_MAX} are allowed"));
    }
    path.split('/').try_for_each(check_part)
}

/// Characters that no name has: separators of other systems, streams and drives, wildcards, and what cannot be seen.
fn is_refused(c: char) -> bool {
    let is_hidden =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || is_hidden || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn check_part(part: &str) -> Result<(), String> {
    if part.len() > PART_BYTES_MAX {
        return Err(format!(
            "has a part of {} bytes in its name, {PART_BYTES_MAX} are allowed",
            part.len()
        ));
    }
    match part {
        "" => return Err("has an empty part in its name".to_owned()),
        "." | ".." => return Err(format!("has `{part}` in its name")),
        _ => {}
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Err(format!(
            "has `{part}` in its name, which begins with a blank or ends with a blank or dot"
        ));
    }
    if is_device(part) {
        return Err(format!(
            "has `{part}` in its name, which is a device on some systems"
        ));
    }
    Ok(())
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            let mut rest = rest.chars();
            let is_number = |c: char| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³');
            rest.next().is_some_and(is_number) && rest.next().is_none()
        })
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// Whether a folder in the path has the name of a rule file, which may be there, too.
pub(crate) fn is_in_rule_file(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| rule_file(folder).is_some())
}

/// What two paths have in common that are one file on some system: without case and without ways of writing a
/// character.
pub fn fold(path: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let caseless = normalizer.normalize(path).to_uppercase().to_lowercase();
    normalizer.normalize(&caseless).into_owned()
}

#[cfg(test)]
mod tests;

//! Rules about Rust files as files: how they begin, how long they are, where they lie.

use super::{File, Finding, Tree};

/// A file with more code than this is cut, or stands in the list of exceptions.
const CODE_LINES_MAX: usize = 350;
/// The longest body of a handler.
const HANDLER_LINES_MAX: usize = 25;
/// Where handlers lie.
const ENDPOINTS: &str = "crates/api/src/endpoints/";
/// `PATH LINES` a line; a file that became a tenth shorter must have its number lowered.
const EXCEPTIONS: &str = "xtask/length-exceptions.txt";

/// Has every file say what it is.
pub(super) fn header(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| {
            let remedy =
                "open it with one to five `//!` lines: what is here, what is not, which invariant it keeps";
            Finding::new(file, 1, "the file does not say what it is", remedy)
        })
        .collect()
}

/// Keeps files short, and makes the exceptions shrink only.
pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let list = tree.get(EXCEPTIONS);
    let exceptions: Vec<_> = list.map(exceptions).unwrap_or_default();
    for file in tree.rust() {
        let lines = file.code().count();
        let exception = exceptions.iter().find(|(_, path, _)| *path == file.path);
        match exception {
            None if lines > CODE_LINES_MAX => {
                let message = format!("{lines} lines of code; the limit is {CODE_LINES_MAX}");
                findings.push(Finding::new(file, 1, message, "cut it where it has two subjects"));
            }
            Some((_, _, allowed)) if lines > *allowed => {
                let message = format!("{lines} lines of code; its exception allows {allowed}");
                findings.push(Finding::new(
                    file,
                    1,
                    message,
                    "an exception may only shrink: cut the file",
                ));
            }
            Some((line, path, allowed)) if lines * 10 < allowed * 9 || lines <= CODE_LINES_MAX => {
                let remedy = if lines <= CODE_LINES_MAX {
                    "remove the line".to_owned()
                } else {
                    format!("write `{path} {lines}`")
                };
                let message = format!("`{path}` has only {lines} lines of code left");
                findings.push(Finding::at(EXCEPTIONS, *line, message, remedy));
            }
            _ => {}
        }
    }
    let gone = exceptions.iter().filter(|(_, path, _)| !tree.exists(path));
    findings.extend(gone.map(|(line, path, _)| {
        Finding::at(
            EXCEPTIONS,
            *line,
            format!("there is no `{path}`"),
            "remove the line",
        )
    }));
    findings
}

fn exceptions(file: &File) -> Vec<(usize, &str, usize)> {
    file.lines()
        .filter_map(|(line, text)| {
            let (path, lines) = text.split_once(' ')?;
            Some((line, path, lines.trim().parse().ok()?))
        })
        .collect()
}

/// Keeps handlers thin: they translate, and leave the work to the crates below.
pub(super) fn handlers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with(ENDPOINTS)) {
        let mut open: Option<(usize, usize)> = None;
        for (line, text) in file.code() {
            open = match open {
                None if text.contains("async fn ") && text.starts_with(['p', 'a']) => Some((line, 0)),
                Some((start, lines)) if text == "}" => {
                    // The signature's line and the closing brace do not count.
                    if lines > HANDLER_LINES_MAX {
                        let message = format!("a handler of {lines} lines; the limit is {HANDLER_LINES_MAX}");
                        findings.push(Finding::new(
                            file,
                            start,
                            message,
                            "move the work below, or cut it up",
                        ));
                    }
                    None
                }
                Some((start, lines)) => Some((start, lines + 1)),
                None => None,
            };
        }
    }
    findings
}

/// Keeps the names of open files apart in an editor.
pub(super) fn mod_rs(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| file.name() == "mod.rs")
        .map(|file| {
            let folder = file.path.trim_end_matches("/mod.rs");
            Finding::new(
                file,
                1,
                "a file called `mod.rs`",
                format!("move it to `{folder}.rs`"),
            )
        })
        .collect()
}

/// Keeps integration tests in one binary a crate: each further one is linked anew.
pub(super) fn test_binary(tree: &Tree) -> Vec<Finding> {
    let is_other_root = |file: &&File| {
        let mut parts = file.path.split('/').rev();
        let name = parts.next();
        let folder = parts.next();
        match folder {
            Some("tests") => !file.path.contains("/src/"),
            Some(inner) => name == Some("main.rs") && parts.next() == Some("tests") && inner != "it",
            None => false,
        }
    };
    tree.rust()
        .filter(is_other_root)
        .map(|file| {
            let remedy = "make it a module of `tests/it/main.rs`";
            Finding::new(file, 1, "a second integration test binary", remedy)
        })
        .collect()
}

/// Keeps every test running.
pub(super) fn ignored(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The rule's own tests plant the fault as text.
    for file in tree
        .rust()
        .filter(|file| !file.path.starts_with("xtask/src/tidy"))
    {
        for (line, text) in file.code() {
            if text.trim_start().starts_with("#[ignore") {
                let remedy = "assert what happens today, with a note why that is wrong";
                findings.push(Finding::new(file, line, "an ignored test", remedy));
            }
        }
    }
    findings
}

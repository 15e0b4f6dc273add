//! Whether CSS tokenizes, and what must change in it so that it can stand before other CSS.
//!
//! A CSS parser forgives everything at the end of its input: open strings, comments and blocks are closed, an
//! unfinished rule is dropped. In a stack the end of one style sheet is the beginning of the next, so what the
//! parser would have done there is written out. Rules that count only at the beginning are moved there.

mod scan;

use scan::{Kind, Scan, Statement};

/// What stacking changes in a style sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The `@charset` rule, if there is one.
    pub(crate) charset: Option<Box<str>>,
    /// `@import` rules, and the `@layer` statements whose order with them matters.
    pub(crate) imports: Box<str>,
    /// `@namespace` rules.
    pub(crate) namespaces: Box<str>,
    /// Everything else, closed.
    pub(crate) body: Box<str>,
}

/// Checks that the text tokenizes; the result is absent for a style sheet that stacks as it is.
///
/// # Errors
///
/// The reason, with the place.
pub(crate) fn check_stylesheet(css: &str) -> Result<Option<Box<Shape>>, String> {
    if css.is_empty() {
        return Ok(None);
    }
    // A byte order mark is one at the beginning only; inside of a stack it would be part of a selector.
    let unmarked = css.trim_start_matches('\u{feff}');
    let scan = scan::scan(unmarked)?;
    let moved = scan
        .statements
        .iter()
        .any(|statement| statement.kind.is_hoisted());
    let unchanged =
        unmarked.len() == css.len() && !moved && scan.close.is_empty() && scan.dropped_from.is_none();
    Ok((!unchanged).then(|| Box::new(shape(unmarked, &scan))))
}

fn shape(css: &str, scan: &Scan) -> Shape {
    let last_import = scan
        .statements
        .iter()
        .rposition(|statement| statement.kind == Kind::Import);
    let (mut imports, mut namespaces, mut body) = (String::new(), String::new(), String::new());
    let mut charset = None;
    let mut kept_from = 0;
    for (n, statement) in scan.statements.iter().enumerate() {
        let text = whole(css, scan, statement);
        match statement.kind {
            Kind::Charset => _ = charset.get_or_insert_with(|| text.into()),
            Kind::Import => push_line(&mut imports, &text),
            Kind::Layer if last_import.is_some_and(|last| n < last) => push_line(&mut imports, &text),
            Kind::Namespace => push_line(&mut namespaces, &text),
            Kind::Layer | Kind::Other => continue,
        }
        body.push_str(&css[kept_from..statement.start]);
        kept_from = statement.end;
    }
    let end = scan.dropped_from.unwrap_or(css.len());
    if kept_from < end {
        body.push_str(&css[kept_from..end]);
        if scan.dropped_from.is_none() {
            body.push_str(&scan.close);
        }
    }
    Shape {
        charset,
        imports: imports.into(),
        namespaces: namespaces.into(),
        body: body.into(),
    }
}

/// A statement's text, closed if it is the last one and unfinished.
fn whole(css: &str, scan: &Scan, statement: &Statement) -> String {
    let close = if statement.end == css.len() {
        scan.close.as_str()
    } else {
        ""
    };
    format!("{}{close}", &css[statement.start..statement.end])
}

fn push_line(lines: &mut String, text: &str) {
    lines.push_str(text);
    lines.push('\n');
}

#[cfg(test)]
pub(crate) mod tests;

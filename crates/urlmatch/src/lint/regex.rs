//! Findings about regular expressions.

use super::Lint;
use crate::regex::{literals, to_hir};
use regex_syntax::hir::{Hir, HirKind, Look, literal::Extractor};

/// The findings about a regular expression.
pub(crate) fn regex(text: &str) -> Vec<Lint> {
    let hir = to_hir(text).expect("the pattern was parsed");
    [
        other_than_ascii(&hir),
        wrong_beginning(text, &hir),
        glob(text),
        everything(&hir),
    ]
    .into_iter()
    .flatten()
    .take(1)
    .collect()
}

/// Text that a URL never holds as such.
fn other_than_ascii(hir: &Hir) -> Option<Lint> {
    let found = first_other_than_ascii(hir)?;
    let encoded: String = found.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let reason = format!(
        "the matched URL is ASCII and never holds `{found}`; in a path or query it is `{encoded}`, in a host name punycode"
    );
    let required = literals::required(hir);
    if !required.is_empty() && required.iter().all(|literal| !literal.bytes.is_ascii()) {
        return Some(Lint::never_matches(reason, None));
    }
    Some(Lint {
        code: "part-never-matches",
        reason: format!("a part of it can never match: {reason}"),
        suggestion: None,
    })
}

/// The first run of characters outside ASCII in a literal.
fn first_other_than_ascii(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            let found: String = text
                .chars()
                .skip_while(char::is_ascii)
                .take_while(|c| !c.is_ascii())
                .collect();
            Some(found).filter(|found| !found.is_empty())
        }
        HirKind::Capture(capture) => first_other_than_ascii(&capture.sub),
        HirKind::Repetition(repetition) => first_other_than_ascii(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(first_other_than_ascii),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

/// `^example\.com`: the matched URL begins with its scheme.
fn wrong_beginning(text: &str, hir: &Hir) -> Option<Lint> {
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let beginnings = Extractor::new().extract(hir);
    let fits = |literal: &[u8]| {
        [&b"http://"[..], b"https://"]
            .iter()
            .any(|scheme| scheme.starts_with(literal) || literal.starts_with(scheme))
    };
    if beginnings
        .literals()?
        .iter()
        .any(|literal| fits(literal.as_bytes()))
    {
        return None;
    }
    let suggestion = text.strip_prefix('^').map(|after| format!("^https?://{after}"));
    Some(Lint::never_matches(
        "the matched URL begins with `http://` or `https://`",
        suggestion,
    ))
}

/// `https://example.com/*`: a glob.
fn glob(text: &str) -> Option<Lint> {
    let before = text.strip_suffix("/*")?;
    let reason = "in a regular expression `/*` is any number of slashes; the search is unanchored, so anything may follow anyway";
    Some(Lint::new("not-a-plain-glob", reason, format!("{before}/")))
}

/// `x*`: it finds nothing at the beginning of every URL.
fn everything(hir: &Hir) -> Option<Lint> {
    let properties = hir.properties();
    let is_everything = properties.minimum_len() == Some(0) && properties.look_set().is_empty();
    is_everything.then(|| Lint {
        code: "matches-everything",
        reason: "it can match no text at all, which every URL holds; so it matches every URL".to_owned(),
        suggestion: None,
    })
}

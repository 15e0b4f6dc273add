//! Findings about what follows the host part of a wildcard.

use super::{Lint, Parts, escape};
use crate::glob::is_literal;
use url::{Position, Url};

/// A literal beginning of the rest that no URL has, since the parser spells it in another way: `/a/../b`, `/{id}`.
///
/// Past the first wildcard it is not known whether path, query or fragment is meant, so nothing is said.
pub(super) fn never_matches(parts: &Parts<'_>) -> Option<Lint> {
    let program = parts.wildcard.rest();
    let literal_len = program.iter().take_while(|&&byte| is_literal(byte)).count();
    let written = std::str::from_utf8(&program[..literal_len]).expect("literals are ASCII");
    // Where a wildcard follows, the last segment goes on; a letter keeps the parser from taking it as finished.
    let sentinel = if literal_len < program.len() { "x" } else { "" };
    let url = Url::parse(&format!("http://host{written}{sentinel}")).ok()?;
    let spelled = url[Position::BeforePath..].strip_suffix(sentinel)?;
    if spelled == written {
        return None;
    }
    let reason = format!("URLs write `{written}` as `{spelled}`");
    let suggestion = [
        parts.scheme,
        parts.host,
        &escape(spelled),
        after_literal(parts.rest),
    ]
    .concat();
    Some(Lint::never_matches(reason, Some(suggestion)))
}

/// What is left of a rest as written from its first wildcard on.
fn after_literal(rest: &str) -> &str {
    let mut escaped = false;
    let is_wildcard = |c: char| {
        let found = !escaped && matches!(c, '*' | '?');
        escaped = c == '\\' && !escaped;
        found
    };
    rest.find(is_wildcard).map_or("", |at| &rest[at..])
}

/// `example.com`, which is one page, and `*/print/*`, which is about the beginning of the path.
pub(super) fn not_a_plain_glob(parts: &Parts<'_>) -> Option<Lint> {
    let Parts {
        scheme,
        host,
        rest,
        wildcard,
    } = parts;
    if rest.is_empty() && wildcard.rest() == b"/" {
        let reason = "it matches the site's root page and nothing else; add `/*` for every page";
        return Some(Lint::new("root-page-only", reason, format!("{scheme}{host}/*")));
    }
    let begins_with_literal = wildcard.rest().get(1).is_some_and(|&byte| is_literal(byte));
    if wildcard.is_any_host() && scheme.is_empty() && begins_with_literal {
        let begin = rest.split(['*', '?']).next().unwrap_or(rest);
        let reason = format!(
            "`*` before the first `/` is the host, so it matches pages whose path begins with `{begin}`; for anywhere in the path, add `/*`"
        );
        return Some(Lint::new("not-a-plain-glob", reason, format!("*/*{rest}")));
    }
    None
}

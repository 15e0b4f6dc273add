//! CSS that makes pages ask other servers: a selector on a field's value and a `url()` can carry it away.

use super::Finding;
use cssparser::{ParseError, Parser, Token};

/// The finding about a style sheet that tokenizes; at most one, naming the first address.
pub(super) fn lint(css: &str) -> Option<Finding> {
    let (is_import, url) = first_external(&mut Parser::new(css))?;
    let what = if is_import { "`@import`" } else { "`url()`" };
    let reason = format!(
        "{what} makes the page ask another server (`{url}`), and CSS can send it what a form holds; what is needed can stand in the rule itself, an image as a `data:` URL"
    );
    Some(Finding {
        code: "external-css",
        field: "css".to_owned(),
        reason,
        // What that server answers is not known here.
        suggestion: None,
    })
}

/// The first address of another server, and whether an `@import` names it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what other tokens there are makes no difference"
)]
fn first_external(parser: &mut Parser<'_>) -> Option<(bool, String)> {
    let mut after_import = false;
    while let Ok(token) = parser.next().cloned() {
        match token {
            Token::UnquotedUrl(url) if is_external(&url) => return Some((after_import, url.to_string())),
            Token::QuotedString(url) if after_import && is_external(&url) => {
                return Some((true, url.to_string()));
            }
            Token::Function(name) => {
                let takes_url = ["url", "src", "image", "image-set", "-webkit-image-set"];
                let takes_url = takes_url.iter().any(|known| name.eq_ignore_ascii_case(known));
                let found = nested(parser, |inner| first_url(inner, takes_url));
                if let Some(url) = found {
                    return Some((after_import, url));
                }
            }
            Token::CurlyBracketBlock | Token::ParenthesisBlock | Token::SquareBracketBlock => {
                after_import = false;
                if let Some(found) = nested(parser, first_external) {
                    return Some(found);
                }
            }
            Token::AtKeyword(name) => after_import = name.eq_ignore_ascii_case("import"),
            Token::Semicolon => after_import = false,
            _ => {}
        }
    }
    None
}

/// The first address inside of a function; a string is one only where the function takes an address.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what other tokens there are makes no difference"
)]
fn first_url(parser: &mut Parser<'_>, takes_url: bool) -> Option<String> {
    while let Ok(token) = parser.next().cloned() {
        match token {
            Token::UnquotedUrl(url) if is_external(&url) => return Some(url.to_string()),
            Token::QuotedString(url) if takes_url && is_external(&url) => return Some(url.to_string()),
            Token::Function(name) => {
                let takes_url = takes_url || name.eq_ignore_ascii_case("url");
                if let Some(url) = nested(parser, |inner| first_url(inner, takes_url)) {
                    return Some(url);
                }
            }
            Token::CurlyBracketBlock | Token::ParenthesisBlock | Token::SquareBracketBlock => {
                if let Some(url) = nested(parser, |inner| first_url(inner, takes_url)) {
                    return Some(url);
                }
            }
            _ => {}
        }
    }
    None
}

fn nested<T>(parser: &mut Parser<'_>, f: impl FnOnce(&mut Parser<'_>) -> Option<T>) -> Option<T> {
    let mut found = None;
    // What the block still holds after the find is no error here.
    let _ = parser.parse_nested_block(|inner| {
        found = f(inner);
        Ok::<(), ParseError<()>>(())
    });
    found
}

fn is_external(url: &str) -> bool {
    let url = url.trim_start().to_ascii_lowercase();
    ["http:", "https:", "//", "\\\\", "ftp:", "ws:", "wss:"]
        .iter()
        .any(|prefix| url.starts_with(prefix))
}

//! Tokens of a wildcard, escapes resolved and runs of `*` made one.

use crate::{
    ErrorKind,
    glob::{ANY, STAR},
};
use std::ops::Range;

/// One element of a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`
    Star,
    /// `?`
    Any,
    /// Any other character, or one that was escaped.
    Literal(char),
}

/// Reads a part of a pattern; the whole text is given so that errors can say where they are.
pub(super) fn tokenize(text: &str, part: Range<usize>) -> Result<Vec<Token>, ErrorKind> {
    let mut tokens = Vec::with_capacity(part.len());
    let mut chars = text[part.clone()].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '*' if tokens.last() == Some(&Token::Star) => {}
            '*' => tokens.push(Token::Star),
            '?' => tokens.push(Token::Any),
            '\\' => match chars.next() {
                Some((_, escaped @ ('*' | '?' | '\\'))) => tokens.push(Token::Literal(escaped)),
                other => {
                    let at = text[..part.start + at].chars().count() + 1;
                    return Err(ErrorKind::Escape {
                        at,
                        found: found_after(text, part.end, other),
                    });
                }
            },
            _ => tokens.push(Token::Literal(c)),
        }
    }
    Ok(tokens)
}

/// The character after a stray `\`, which may be the one that ended the part.
fn found_after(text: &str, part_end: usize, next: Option<(usize, char)>) -> Option<char> {
    next.map(|(_, c)| c).or_else(|| text[part_end..].chars().next())
}

/// The text with each run of `*` made one.
pub(super) fn collapse_stars(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '*' || !collapsed.ends_with('*') {
            collapsed.push(c);
        }
    }
    collapsed
}

/// The number of runs of `*` in a whole pattern whose escapes are sound.
pub(super) fn stars(text: &str) -> usize {
    let tokens = tokenize(text, 0..text.len()).expect("escapes were checked part by part");
    tokens.iter().filter(|&&token| token == Token::Star).count()
}

/// Appends the program of a rest, encoded as every part of a URL is: bytes outside ASCII, control characters, space,
/// `"`, `<` and `>`.
pub(super) fn encode_rest(rest: &[Token], program: &mut Vec<u8>) {
    for token in rest {
        match token {
            Token::Star => program.push(STAR),
            Token::Any => program.push(ANY),
            Token::Literal(c) => {
                for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                    encode(byte, program);
                }
            }
        }
    }
}

fn encode(byte: u8, program: &mut Vec<u8>) {
    if !byte.is_ascii() || byte.is_ascii_control() || matches!(byte, b' ' | b'"' | b'<' | b'>') {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        program.extend([
            b'%',
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
    } else {
        program.push(byte);
    }
}

//! The host part of a wildcard: host name glob and port glob, in the form that URLs have.

use super::{Schemes, token::Token};
use crate::{
    ErrorKind,
    glob::{ANY, STAR},
};

/// A normalized host part.
pub(super) struct HostPart {
    /// The program of the host name.
    pub(super) name: Vec<u8>,
    /// The program of the port.
    pub(super) port: Option<Vec<u8>>,
    /// Whether it is `*` alone, which is any host with any port.
    pub(super) any: bool,
}

/// Splits off the port, lower-cases and punycodes the name, drops a default port and a final dot.
pub(super) fn normalize(tokens: Vec<Token>, schemes: Schemes) -> Result<HostPart, ErrorKind> {
    let any = tokens == [Token::Star];
    let (mut name, port) = split_port(&tokens);
    let port = match port {
        Some([]) => return Err(ErrorKind::NoPort),
        Some(port) if !is_default(port, schemes) => Some(port_program(port)),
        _ => None,
    };
    if let [before @ .., Token::Literal('.')] = name {
        name = before;
    }
    if name.is_empty() {
        return Err(ErrorKind::NoHost);
    }
    Ok(HostPart {
        name: name_program(name)?,
        port,
        any,
    })
}

/// Splits at the last `:` outside `[…]`.
fn split_port(tokens: &[Token]) -> (&[Token], Option<&[Token]>) {
    let mut colon = None;
    let mut in_brackets = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Literal('[') => in_brackets = true,
            Token::Literal(']') => in_brackets = false,
            Token::Literal(':') if !in_brackets => colon = Some(at),
            Token::Literal(_) | Token::Star | Token::Any => {}
        }
    }
    colon.map_or((tokens, None), |at| (&tokens[..at], Some(&tokens[at + 1..])))
}

fn is_default(port: &[Token], schemes: Schemes) -> bool {
    let digits = match schemes {
        Schemes::Both => return false,
        Schemes::Http => "80",
        Schemes::Https => "443",
    };
    port.iter().copied().eq(digits.chars().map(Token::Literal))
}

fn port_program(port: &[Token]) -> Vec<u8> {
    let mut program = Vec::with_capacity(port.len());
    push_tokens(port, &mut program);
    program
}

/// The program of a host name, label by label.
fn name_program(name: &[Token]) -> Result<Vec<u8>, ErrorKind> {
    let mut program = Vec::with_capacity(name.len());
    for (n, label) in name.split(is_dot).enumerate() {
        if n > 0 {
            program.push(b'.');
        }
        if label
            .iter()
            .all(|token| !matches!(token, Token::Literal(c) if !c.is_ascii()))
        {
            push_tokens(label, &mut program);
        } else {
            program.extend(punycode(label)?.bytes());
        }
    }
    Ok(program)
}

/// Whether the token is one of the four characters that separate labels.
fn is_dot(token: &Token) -> bool {
    matches!(token, Token::Literal('.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}'))
}

fn punycode(label: &[Token]) -> Result<String, ErrorKind> {
    let written: String = label
        .iter()
        .map(|token| match token {
            Token::Star => '*',
            Token::Any => '?',
            Token::Literal(c) => *c,
        })
        .collect();
    if label
        .iter()
        .any(|token| matches!(token, Token::Star | Token::Any))
    {
        return Err(ErrorKind::WildcardInLabel(written));
    }
    match idna::domain_to_ascii_cow(written.as_bytes(), idna::AsciiDenyList::URL) {
        Ok(ascii) => Ok(ascii.into_owned()),
        Err(_) => Err(ErrorKind::Label(written)),
    }
}

/// Appends ASCII tokens, lower-cased. What is not ASCII in a port can never match and is kept from looking like a
/// token by its UTF-8 bytes being replaced.
fn push_tokens(tokens: &[Token], program: &mut Vec<u8>) {
    program.extend(tokens.iter().map(|token| {
        match token {
            Token::Star => STAR,
            Token::Any => ANY,
            Token::Literal(c) => u8::try_from(c.to_ascii_lowercase())
                .ok()
                .filter(u8::is_ascii)
                .unwrap_or(0x7f),
        }
    }));
}

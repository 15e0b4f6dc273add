//! The `*` and `?` language: parsing, normalizing and matching.
//!
//! A parsed wildcard is one byte program (see [`crate::glob`]) for everything after the scheme, cut into host name,
//! port and rest. Each part is matched against the same part of the URL only, so no `*` of the host reaches the path.

mod host;
mod token;

use crate::{
    Candidate, ErrorKind,
    glob::{self, STAR},
};
use token::Token;

/// Which schemes a wildcard covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schemes {
    Http,
    Https,
    Both,
}

impl Schemes {
    pub(crate) fn covers(self, candidate: &Candidate) -> bool {
        match self {
            Self::Both => true,
            Self::Https => candidate.is_https(),
            Self::Http => !candidate.is_https(),
        }
    }
}

/// A parsed wildcard.
#[derive(Debug)]
pub(crate) struct Wildcard {
    /// Host name, `:` and port if there is one, rest.
    program: Box<[u8]>,
    shape: Shape,
}

/// How the program of a wildcard is read: small, so that an index keeps a copy beside the program's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    name_end: u16,
    rest_start: u16,
    literal_start: u16,
    literal_end: u16,
    stars: u16,
    schemes: Schemes,
    host: Host,
}

/// How the host part is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// `*` alone: any host, any port.
    Any,
    /// The glob as it is.
    Glob,
    /// It begins with `*.`, which also matches nothing.
    Apex,
}

/// Parses trimmed text that is not empty.
pub(crate) fn parse(text: &str) -> Result<Wildcard, ErrorKind> {
    let (schemes, after_scheme) = split_scheme(text)?;
    let rest_at = text[after_scheme..]
        .find('/')
        .map_or(text.len(), |slash| after_scheme + slash);
    let mut host = token::tokenize(text, after_scheme..rest_at)?;
    let mut rest = token::tokenize(text, rest_at..text.len())?;
    if rest.is_empty() {
        rest = complete(&mut host);
    }
    let parts = host::normalize(host, schemes)?;
    let mut program = parts.name;
    let name_end = program.len();
    if let Some(port) = parts.port {
        program.push(b':');
        program.extend(port);
    }
    let rest_start = program.len();
    token::encode_rest(&rest, &mut program);
    let host = match &program[..name_end] {
        _ if parts.any => Host::Any,
        [STAR, b'.', _, ..] => Host::Apex,
        _ => Host::Glob,
    };
    let literal = longest_literal(&program, if host == Host::Apex { 2 } else { 0 });
    let short = |n: usize| u16::try_from(n).map_err(|_| ErrorKind::TooLong { bytes: program.len() });
    short(program.len())?;
    let shape = Shape {
        name_end: short(name_end)?,
        rest_start: short(rest_start)?,
        literal_start: short(literal.start)?,
        literal_end: short(literal.end)?,
        stars: short(token::stars(text))?,
        schemes,
        host,
    };
    Ok(Wildcard {
        program: program.into_boxed_slice(),
        shape,
    })
}

/// Cuts a wildcard into scheme (with its `://`), host part and rest, as written.
pub(crate) fn cut(text: &str) -> Result<(&str, &str, &str), ErrorKind> {
    let (_, after_scheme) = split_scheme(text)?;
    let (scheme, after_scheme) = text.split_at(after_scheme);
    let (host, rest) = after_scheme.split_at(after_scheme.find('/').unwrap_or(after_scheme.len()));
    Ok((scheme, host, rest))
}

/// Reads a scheme: what stands before a `://` that comes before the first `/`; also returns where the host begins.
fn split_scheme(text: &str) -> Result<(Schemes, usize), ErrorKind> {
    let Some(slash) = text.find('/') else {
        return Ok((Schemes::Both, 0));
    };
    let Some(scheme) = text[..slash]
        .strip_suffix(':')
        .filter(|_| text[slash..].starts_with("//"))
    else {
        return Ok((Schemes::Both, 0));
    };
    let schemes = match token::collapse_stars(scheme).to_ascii_lowercase().as_str() {
        "http" => Schemes::Http,
        "https" => Schemes::Https,
        "*" | "http*" => Schemes::Both,
        _ => return Err(ErrorKind::Scheme(scheme.to_owned())),
    };
    Ok((schemes, slash + 2))
}

/// The rest of a pattern that has none: every page for `*` and for `host*`, else the root page.
fn complete(host: &mut Vec<Token>) -> Vec<Token> {
    let every_page = match host.as_slice() {
        [Token::Star] => true,
        [.., Token::Literal(c), Token::Star] if c.is_alphanumeric() || *c == ']' => {
            host.pop();
            true
        }
        _ => false,
    };
    if every_page {
        vec![Token::Literal('/'), Token::Star]
    } else {
        vec![Token::Literal('/')]
    }
}

/// The longest run of literal bytes, the first of equals.
fn longest_literal(program: &[u8], from: usize) -> std::ops::Range<usize> {
    let mut longest = from..from;
    let mut start = from;
    for end in from..=program.len() {
        if program.get(end).is_some_and(|&byte| glob::is_literal(byte)) {
            continue;
        }
        if end - start > longest.len() {
            longest = start..end;
        }
        start = end + 1;
    }
    longest
}

impl Shape {
    /// Whether the program of this shape matches the URL.
    pub(crate) fn is_match(self, program: &[u8], candidate: &Candidate) -> bool {
        let (rest, bare_len) = candidate.rest();
        self.schemes.covers(candidate)
            && self.is_host_match(program, candidate)
            && glob::matches_either(self.rest(program), rest, bare_len)
    }

    fn is_host_match(self, program: &[u8], candidate: &Candidate) -> bool {
        let name = self.name(program);
        let is_name_match = match self.host {
            Host::Any => return true,
            Host::Glob => glob::matches(name, candidate.host()),
            Host::Apex => {
                glob::matches(&name[2..], candidate.host()) || glob::matches(name, candidate.host())
            }
        };
        is_name_match
            && match (self.port(program), candidate.port()) {
                (None, None) => true,
                (Some(glob), Some(port)) => glob::matches(glob, port),
                _ => false,
            }
    }

    fn name(self, program: &[u8]) -> &[u8] {
        &program[..self.name_end.into()]
    }

    fn port(self, program: &[u8]) -> Option<&[u8]> {
        (self.name_end < self.rest_start)
            .then(|| &program[usize::from(self.name_end) + 1..self.rest_start.into()])
    }

    fn rest(self, program: &[u8]) -> &[u8] {
        &program[self.rest_start.into()..]
    }

    /// Where the longest literal begins in the program.
    pub(crate) fn literal_start(self) -> usize {
        self.literal_start.into()
    }
}

impl Wildcard {
    pub(crate) fn is_match(&self, candidate: &Candidate) -> bool {
        self.shape.is_match(&self.program, candidate)
    }

    /// Host name, `:` and port if there is one, rest, as a glob.
    pub(crate) fn program(&self) -> &[u8] {
        &self.program
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// The program of the port.
    pub(crate) fn port(&self) -> Option<&[u8]> {
        self.shape.port(&self.program)
    }

    /// The program of the host name.
    pub(crate) fn name(&self) -> &[u8] {
        self.shape.name(&self.program)
    }

    /// The program of the rest.
    pub(crate) fn rest(&self) -> &[u8] {
        self.shape.rest(&self.program)
    }

    /// Whether the host part is `*` alone.
    pub(crate) fn is_any_host(&self) -> bool {
        self.shape.host == Host::Any
    }

    pub(crate) fn schemes(&self) -> Schemes {
        self.shape.schemes
    }

    /// The longest run of literal bytes; may be empty.
    pub(crate) fn literal(&self) -> &[u8] {
        &self.program[self.shape.literal_start.into()..self.shape.literal_end.into()]
    }

    /// Whether the literal stands directly after the scheme.
    pub(crate) fn is_anchored(&self) -> bool {
        self.shape.literal_start == 0 && self.shape.literal_end > 0
    }

    /// Where the rest begins in the program.
    pub(crate) fn rest_start(&self) -> usize {
        self.shape.rest_start.into()
    }

    /// Whether the host part begins with `*.`, and the literal is what follows, beyond the end of the host part.
    pub(crate) fn is_below_domain(&self) -> bool {
        let shape = self.shape;
        shape.host == Host::Apex && shape.literal_start == 2 && shape.literal_end > shape.rest_start
    }

    /// How much of such a literal is domain and port.
    pub(crate) fn domain_len(&self) -> usize {
        usize::from(self.shape.rest_start.saturating_sub(2))
    }

    /// Whether the pattern holds no `*` and no `?`.
    pub(crate) fn is_literal(&self) -> bool {
        self.shape.literal_start == 0 && usize::from(self.shape.literal_end) == self.program.len()
    }

    /// Whether nothing but one last `*` follows the literal.
    pub(crate) fn ends_in_star(&self) -> bool {
        self.program[self.shape.literal_end.into()..] == [STAR]
    }

    /// The number of `*`, a run counting as one.
    pub(crate) fn stars(&self) -> u16 {
        self.shape.stars
    }
}

//! The naive matcher: says slowly and obviously what the contract says.

use crate::{Candidate, PatternKind};
use regex_automata::{meta, util::syntax};

/// Whether a pattern that parses matches the URL.
pub(crate) fn is_match(kind: PatternKind, pattern: &str, candidate: &Candidate) -> bool {
    [candidate.as_str(), candidate.without_fragment()]
        .iter()
        .any(|form| match kind {
            PatternKind::Exact => {
                Candidate::parse(pattern)
                    .expect("it parsed as a pattern")
                    .as_str()
                    == *form
            }
            PatternKind::Wildcard => wildcard(pattern, form),
            PatternKind::Regex => {
                let syntax = syntax::Config::new().unicode(false).utf8(false);
                meta::Builder::new()
                    .syntax(syntax)
                    .build(pattern)
                    .unwrap()
                    .is_match(form.as_bytes())
            }
        })
}

/// Cuts both sides at the same places and compares part by part.
fn wildcard(pattern: &str, url: &str) -> bool {
    let tokens = tokens(&pattern.chars().collect::<Vec<_>>());
    let (scheme, host, rest) = cut(&tokens);
    let (url_scheme, after) = url.split_once("://").unwrap();
    let (url_host, url_rest) = after.split_at(after.find('/').unwrap());
    let scheme = scheme.map(|scheme| lower(&scheme));
    let covers = |url_scheme: &str| {
        scheme
            .as_ref()
            .is_none_or(|scheme| glob(scheme, url_scheme.as_bytes()))
    };
    let any_host = host == [Token::Star];
    let every_page = rest.is_empty() && (any_host || ends_host_with_star(&host));
    let host = if every_page && !any_host {
        &host[..host.len() - 1]
    } else {
        &host[..]
    };
    let rest = match (every_page, rest.is_empty()) {
        (true, _) => vec![Token::One(b'/'), Token::Star],
        (_, true) => vec![Token::One(b'/')],
        _ => encode(&rest),
    };
    let default = match (covers("http"), covers("https")) {
        (true, false) => "80",
        (false, true) => "443",
        _ => "",
    };
    covers(url_scheme)
        && (any_host || host_matches(host, default, url_host))
        && glob(&rest, url_rest.as_bytes())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<T> {
    Star,
    Any,
    One(T),
}

fn tokens(text: &[char]) -> Vec<Token<char>> {
    match text {
        [] => vec![],
        ['*', '*', ..] => tokens(&text[1..]),
        ['*', rest @ ..] => [vec![Token::Star], tokens(rest)].concat(),
        ['?', rest @ ..] => [vec![Token::Any], tokens(rest)].concat(),
        ['\\', c, rest @ ..] => [vec![Token::One(*c)], tokens(rest)].concat(),
        [c, rest @ ..] => [vec![Token::One(*c)], tokens(rest)].concat(),
    }
}

type Parts = (Option<Vec<Token<char>>>, Vec<Token<char>>, Vec<Token<char>>);

fn cut(tokens: &[Token<char>]) -> Parts {
    let slash = |tokens: &[Token<char>]| {
        tokens
            .iter()
            .position(|t| *t == Token::One('/'))
            .unwrap_or(tokens.len())
    };
    let first = slash(tokens);
    let has_scheme =
        first > 0 && tokens[first - 1] == Token::One(':') && tokens.get(first + 1) == Some(&Token::One('/'));
    let (scheme, tokens) = if has_scheme {
        (Some(tokens[..first - 1].to_vec()), &tokens[first + 2..])
    } else {
        (None, tokens)
    };
    let (host, rest) = tokens.split_at(slash(tokens));
    (scheme, host.to_vec(), rest.to_vec())
}

fn ends_host_with_star(host: &[Token<char>]) -> bool {
    matches!(host, [.., Token::One(c), Token::Star] if c.is_alphanumeric() || *c == ']')
}

fn host_matches(host: &[Token<char>], default_port: &str, url_host: &str) -> bool {
    let mut depth = 0;
    let colon = host.iter().enumerate().filter(|(_, token)| {
        depth = match token {
            Token::One('[') => 1,
            Token::One(']') => 0,
            Token::Star | Token::Any | Token::One(_) => depth,
        };
        depth == 0 && **token == Token::One(':')
    });
    let (name, port) = match colon.last() {
        Some((at, _)) => (&host[..at], Some(lower(&host[at + 1..]))),
        None => (host, None),
    };
    let port = port.filter(|port| *port != default_port.bytes().map(Token::One).collect::<Vec<_>>());
    let (url_name, url_port) = match url_host
        .rfind(':')
        .filter(|colon| !url_host[*colon..].contains(']'))
    {
        Some(colon) => (&url_host[..colon], Some(&url_host[colon + 1..])),
        None => (url_host, None),
    };
    let name = if name.len() > 1 && name.last() == Some(&Token::One('.')) {
        &name[..name.len() - 1]
    } else {
        name
    };
    let name = punycode(name);
    let name_matches = glob(&name, url_name.as_bytes())
        || (name.len() > 2
            && name[..2] == [Token::Star, Token::One(b'.')]
            && glob(&name[2..], url_name.as_bytes()));
    let port_matches = match (port, url_port) {
        (None, None) => true,
        (Some(port), Some(url_port)) => glob(&port, url_port.as_bytes()),
        _ => false,
    };
    name_matches && port_matches
}

fn lower(tokens: &[Token<char>]) -> Vec<Token<u8>> {
    tokens
        .iter()
        .flat_map(|token| bytes(*token, |c| c.to_ascii_lowercase().to_string()))
        .collect()
}

fn bytes(token: Token<char>, print: impl Fn(char) -> String) -> Vec<Token<u8>> {
    match token {
        Token::Star => vec![Token::Star],
        Token::Any => vec![Token::Any],
        Token::One(c) => print(c).bytes().map(Token::One).collect(),
    }
}

fn punycode(name: &[Token<char>]) -> Vec<Token<u8>> {
    let dot = |token: &Token<char>| matches!(token, Token::One('.' | '。' | '．' | '｡'));
    let labels: Vec<_> = name
        .split(dot)
        .map(|label| {
            let text: String = label
                .iter()
                .filter_map(|t| if let Token::One(c) = t { Some(*c) } else { None })
                .collect();
            if text.is_ascii() {
                return lower(label);
            }
            idna::domain_to_ascii(&text)
                .unwrap()
                .bytes()
                .map(Token::One)
                .collect()
        })
        .collect();
    labels.join(&Token::One(b'.'))
}

fn encode(rest: &[Token<char>]) -> Vec<Token<u8>> {
    let print = |c: char| match c {
        '!'..='~' if !"\"<>".contains(c) => c.to_string(),
        _ => c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    };
    rest.iter().flat_map(|token| bytes(*token, print)).collect()
}

/// One row of a table: which beginnings of the text the tokens so far match.
fn glob(tokens: &[Token<u8>], text: &[u8]) -> bool {
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for token in tokens {
        let before = std::mem::replace(&mut row, vec![false; text.len() + 1]);
        for end in 0..row.len() {
            row[end] = match token {
                Token::Star => before[end] || (end > 0 && row[end - 1]),
                Token::Any => end > 0 && before[end - 1],
                Token::One(byte) => end > 0 && text[end - 1] == *byte && before[end - 1],
            };
        }
    }
    row[text.len()]
}

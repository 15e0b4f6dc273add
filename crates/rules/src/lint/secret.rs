//! What looks like a secret: every reader of the service sees the rules.
//!
//! A finding names the line and the kind, never the text itself: findings end up in logs.

use super::Finding;

/// The beginnings of well-known credentials, and how many characters of a token must follow.
const PREFIXES: [(&str, usize, &str); 12] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("glpat-", 18, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("sk_live_", 16, "a Stripe key"),
    ("AIza", 35, "a Google API key"),
    ("Bearer ", 20, "an access token"),
];

/// Names that secrets are assigned to, in lower case and without separators.
const NAMES: [&str; 8] = [
    "password",
    "passwd",
    "secret",
    "apikey",
    "accesstoken",
    "authtoken",
    "privatekey",
    "clientsecret",
];

/// The characters that a quoted secret has at least.
const QUOTED_LEN_MIN: usize = 8;

/// The finding about a field's text; at most one, naming the first place.
pub(super) fn lint(field: &str, text: &str) -> Option<Finding> {
    let (line, what) = text
        .lines()
        .enumerate()
        .find_map(|(n, line)| Some((n + 1, secret_in(line)?)))?;
    Some(Finding {
        code: "secret",
        field: field.to_owned(),
        reason: format!(
            "line {line} holds what looks like {what}, and everyone who may read the rules can read it"
        ),
        suggestion: None,
    })
}

fn secret_in(line: &str) -> Option<&'static str> {
    if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let prefixed = PREFIXES.iter().find(|(prefix, len, _)| {
        line.match_indices(prefix).any(|(at, _)| {
            let starts = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            starts && token_len(&line[at + prefix.len()..]) >= *len
        })
    });
    if let Some((_, _, what)) = prefixed {
        return Some(what);
    }
    if has_json_web_token(line) {
        return Some("an access token");
    }
    if has_credentials_in_url(line) {
        return Some("a password in a URL");
    }
    assigns_secret(line).then_some("a password or key")
}

fn token_len(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count()
}

/// `eyJ….eyJ….…`: two JSON objects and a signature in Base64.
fn has_json_web_token(line: &str) -> bool {
    line.match_indices("eyJ").any(|(at, _)| {
        let token = &line[at..at + token_len(&line[at..])];
        let parts: Vec<_> = token.split('.').collect();
        parts.len() == 3 && parts[1].starts_with("eyJ") && parts.iter().all(|part| part.len() >= 10)
    })
}

fn has_credentials_in_url(line: &str) -> bool {
    line.match_indices("://").any(|(at, separator)| {
        let rest = &line[at + separator.len()..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "/?#\"'`<>".contains(c))
            .unwrap_or(rest.len());
        let user_info = rest[..end].rsplit_once('@').map(|(user_info, _)| user_info);
        user_info
            .and_then(|user_info| user_info.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}

/// `name = "…"` or `name: "…"`, where the name says that it is a secret and the text looks like no selector,
/// label or placeholder.
fn assigns_secret(line: &str) -> bool {
    line.match_indices([':', '=']).any(|(at, _)| {
        let name: String = line[..at]
            .trim_end()
            .trim_end_matches(['"', '\'', ']'])
            .chars()
            .rev()
            .take(40)
            .collect();
        let name: String = name
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let name: String = name.chars().rev().collect();
        NAMES.iter().any(|secret| name.ends_with(secret)) && is_quoted_secret(line[at + 1..].trim_start())
    })
}

fn is_quoted_secret(text: &str) -> bool {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
        return false;
    };
    let Some((value, _)) = text[1..].split_once(quote) else {
        return false;
    };
    let is_token = value.bytes().all(|byte| byte.is_ascii_graphic());
    // A word alone is a label (`"password"`); a secret mixes letters with something else.
    let is_mixed =
        value.bytes().any(|byte| byte.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
    value.len() >= QUOTED_LEN_MIN && is_token && is_mixed
}

//! Who calls: whoever's token it is, or somebody on this machine where there are no tokens.

use super::{Added, Refusal, rate};
use crate::{
    access::{Call, Caller, Peer, Role, host::Authority, policy::Policy, tokens::Tokens},
    error::{Error, Problem},
};
use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What only a proxy adds: who comes through one is not on this machine, wherever the proxy is.
const OF_PROXIES: [&str; 3] = ["forwarded", "x-real-ip", "via"];
const OF_PROXIES_PREFIX: &str = "x-forwarded-";

/// Anyone, where nobody needs a token.
const ANYONE: Caller = Caller {
    name: None,
    role: Role::Reader,
};

/// Finds out who calls. Whether that is enough is another question.
pub(super) fn check(
    policy: &Policy,
    call: &Call,
    request: &Request,
    authority: Option<&Authority<'_>>,
    added: &mut Added,
) -> Result<Caller, Refusal> {
    let Some(role) = call.right.role else {
        return Ok(ANYONE);
    };
    let Some(tokens) = &policy.access.tokens else {
        return without_tokens(policy, role, request, authority).map_err(Into::into);
    };
    match Sent::by(request, call.right.asset) {
        Sent::Nothing if policy.needs_token(role) => Err(Error::unauthorized(missing()).into()),
        Sent::Nothing => Ok(ANYONE),
        Sent::Nonsense => Err(attempt(policy, call, None, added)
            .expect_err("nothing is no token")
            .into()),
        Sent::Header(token) => Ok(attempt(policy, call, Some((tokens, token.as_bytes())), added)?),
        Sent::Query(token) => in_query(attempt(policy, call, Some((tokens, token.as_bytes())), added)?),
    }
}

/// Where there are no tokens, who reads is not asked, and only this machine itself may write.
fn without_tokens(
    policy: &Policy,
    role: Role,
    request: &Request,
    authority: Option<&Authority<'_>>,
) -> Result<Caller, Error> {
    if !policy.needs_token(role) {
        return Ok(ANYONE);
    }
    let is_local =
        role > Role::Reader && policy.access.listens_on_loopback && is_from_here(request, authority);
    match is_local {
        true => Ok(Caller {
            name: None,
            role: Role::Admin,
        }),
        false => Err(Error::unauthorized(missing())),
    }
}

fn is_from_here(request: &Request, authority: Option<&Authority<'_>>) -> bool {
    let peer = request.extensions().get::<Peer>();
    peer.is_some_and(|peer| peer.address.ip().to_canonical().is_loopback())
        && authority.is_some_and(|authority| authority.host.is_loopback())
        && !came_through_proxy(request.headers())
}

fn came_through_proxy(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| OF_PROXIES.contains(&name.as_str()) || name.as_str().starts_with(OF_PROXIES_PREFIX))
}

/// What a request shows as its token.
enum Sent<'a> {
    Nothing,
    /// Something that cannot be one.
    Nonsense,
    Header(&'a str),
    Query(Cow<'a, str>),
}

impl<'a> Sent<'a> {
    fn by(request: &'a Request, in_query: bool) -> Self {
        let mut sent = request.headers().get_all(header::AUTHORIZATION).iter();
        match (sent.next(), sent.next()) {
            (None, _) if in_query => Self::in_query(request.uri().query().unwrap_or_default()),
            (None, _) => Self::Nothing,
            (Some(_), Some(_)) => Self::Nonsense,
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(bearer)
                .map_or(Self::Nonsense, Self::Header),
        }
    }

    fn in_query(query: &'a str) -> Self {
        let mut keys = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| *name == "key");
        match (keys.next(), keys.next()) {
            (None, _) => Self::Nothing,
            (Some(_), Some(_)) => Self::Nonsense,
            (Some((_, key)), None) => percent_decode_str(key)
                .decode_utf8()
                .map_or(Self::Nonsense, Self::Query),
        }
    }
}

/// The token of `Authorization: Bearer`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Looks a token up. Who has failed too often is not looked at, whatever is sent.
fn attempt(
    policy: &Policy,
    call: &Call,
    token: Option<(&Tokens, &[u8])>,
    added: &mut Added,
) -> Result<Caller, Error> {
    let too_often = |spent, added: &mut Added| rate::refuse(policy, "too many wrong tokens", spent, added);
    let client = call.client.address;
    policy
        .failures
        .check(client)
        .map_err(|spent| too_often(spent, added))?;
    let found = token.and_then(|(tokens, token)| tokens.find(token));
    found.ok_or_else(|| match policy.failures.take(client) {
        Ok(_) => Error::unauthorized(
            Problem::new("authorization", "the token is not known")
                .hint("send `Authorization: Bearer TOKEN`"),
        ),
        Err(spent) => too_often(spent, added),
    })
}

/// A URL is logged and kept in many places, so it carries no token that could do more than read.
fn in_query(caller: Caller) -> Result<Caller, Refusal> {
    if caller.role == Role::Reader {
        return Ok(caller);
    }
    let problem = Problem::new("key", "key").hint("make one with `asset-injector token new NAME reader`");
    Err(Refusal {
        error: Error::refused("only a reader's token may stand in a URL", problem),
        caller: Some(caller),
    })
}

fn missing() -> Problem {
    Problem::new("authorization", "this call needs a token").hint(
        "make one with `asset-injector token new NAME ROLE`, put its line into AUTH_TOKENS_FILE, and send `Authorization: Bearer TOKEN`",
    )
}

//! What a hostile page could make its browser send is refused: foreign names, foreign origins, forms.

use crate::{
    access::{Call, host::Authority, origin::Origin, policy::Policy, right::Right},
    error::{Error, Problem},
};
use axum::{
    body::HttpBody as _,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a write may carry; a page can send none of it without asking first.
const WRITABLE: [&str; 4] = [
    "application/json",
    "application/merge-patch+json",
    "application/yaml",
    "application/zip",
];

/// Where there are no tokens, the service answers only to names that no stranger can own.
pub(super) fn check_host(
    policy: &Policy,
    right: Right,
    authority: Option<&Authority<'_>>,
) -> Result<(), Error> {
    if right.any_host || policy.access.tokens.is_some() {
        return Ok(());
    }
    match authority {
        Some(authority) if policy.access.allowed_hosts.allow(&authority.host) => Ok(()),
        Some(_) => Err(Error::refused(
            "the request is addressed to a host that this service is not known as",
            Problem::new("host", "host")
                .hint("without tokens it answers to addresses, `localhost`, names without a dot, and those in ALLOWED_HOSTS"),
        )),
        None => Err(Error::refused(
            "the request says nowhere to which host it is addressed",
            Problem::new("host", "host"),
        )),
    }
}

/// A page may write if its origin is our own or is named; it may load bare assets if pages may at all.
pub(super) fn check_origin(
    policy: &Policy,
    call: &Call,
    request: &Request,
    authority: Option<&Authority<'_>>,
) -> Result<(), Error> {
    let headers = request.headers();
    if call.right.asset {
        return match sites(headers).any(|site| site == "cross-site") && !policy.inject_from_pages {
            true => Err(Error::forbidden(
                "pages of other sites may not load the assets",
                "cross_site",
            )),
            false => Ok(()),
        };
    }
    if !call.right.is_write() {
        return Ok(());
    }
    let refuse = |reason: &str| {
        let message = "pages of other origins may not write";
        Err(Error::refused(message, Problem::new("origin", reason)))
    };
    let mut sent = headers.get_all(header::ORIGIN).iter();
    match (sent.next(), sent.next()) {
        (None, _) if sites(headers).any(|site| !matches!(site, "same-origin" | "none")) => {
            refuse("cross_site")
        }
        (None, _) => Ok(()),
        (Some(origin), None) if may_write(policy, call, origin, authority) => Ok(()),
        (Some(_), _) => refuse("origin"),
    }
}

fn may_write(policy: &Policy, call: &Call, origin: &HeaderValue, authority: Option<&Authority<'_>>) -> bool {
    let Some(origin) = origin.to_str().ok().and_then(Origin::parse) else {
        return false;
    };
    let own = authority.map(|authority| Origin::of_service(call.client.is_https, authority));
    own.as_ref() == Some(&origin) || policy.access.cors_origins.name(&origin)
}

/// The values of `Sec-Fetch-Site`.
fn sites(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(SEC_FETCH_SITE).iter();
    all.map(|site| site.to_str().unwrap_or("?"))
}

/// A write is never a form or plain text, which any page can send to any address.
///
/// What has no body needs no type: a browser names the origin of such a request.
pub(super) fn check_media_type(right: Right, request: &Request) -> Result<(), Error> {
    if !right.is_write() {
        return Ok(());
    }
    let mut sent = request.headers().get_all(header::CONTENT_TYPE).iter();
    let reason = match (sent.next(), sent.next()) {
        (None, _) if request.body().is_end_stream() => return Ok(()),
        (None, _) => "the header is missing",
        (Some(_), Some(_)) => "the header is sent more than once",
        (Some(sent), None) => {
            let essence = sent
                .to_str()
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap_or_default();
            if WRITABLE
                .iter()
                .any(|known| known.eq_ignore_ascii_case(essence.trim()))
            {
                return Ok(());
            }
            "it is not one that a write may have"
        }
    };
    Err(Error::unsupported_media_type(reason.to_owned(), &WRITABLE))
}

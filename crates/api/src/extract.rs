//! Reads requests so that whatever is wrong with them fails in our envelope.
//!
//! Bodies are read here and nowhere else, so their bound is enforced here: each handler names it.

mod object;
mod query;

pub(crate) use object::Object;
pub(crate) use query::{Query, required_url};

use crate::error::{Error, Problem};
use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use rules::Mode;
use std::borrow::Cow;

/// JSON, which every call with a body accepts.
pub(crate) const JSON: &str = "application/json";
/// JSON Merge Patch, where rules are changed.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
/// YAML, where rules are sent.
pub(crate) const YAML: &str = "application/yaml";
/// A pack's archive.
pub(crate) const ZIP: &str = "application/zip";

/// The modes by their names on the wire.
pub(crate) const MODES: [(&str, Mode); 2] = [("best", Mode::Best), ("all", Mode::All)];

/// Reads a JSON body of at most `limit` bytes.
pub(crate) async fn json_body(request: Request, limit: usize) -> Result<Bytes, Error> {
    Ok(body(request, limit, &[JSON]).await?.1)
}

/// Reads a body of at most `limit` bytes in one of the accepted media types; says which one it is.
pub(crate) async fn body(
    request: Request,
    limit: usize,
    accepted: &'static [&'static str],
) -> Result<(&'static str, Bytes), Error> {
    let media_type = media_type(request.headers(), accepted)?;
    Ok((media_type, read(request.into_body(), limit).await?))
}

fn media_type(headers: &HeaderMap, accepted: &'static [&'static str]) -> Result<&'static str, Error> {
    let refuse = |reason: String| Err(Error::unsupported_media_type(reason, accepted));
    if let Some(coding) = headers.get(header::CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return refuse("compressed bodies are not accepted".to_owned());
    }
    let Some(sent) = headers.get(header::CONTENT_TYPE) else {
        return refuse("the header is missing".to_owned());
    };
    let sent = sent.to_str().unwrap_or_default();
    let (essence, parameters) = sent.split_once(';').unwrap_or((sent, ""));
    let Some(known) = accepted
        .iter()
        .find(|known| known.eq_ignore_ascii_case(essence.trim()))
    else {
        return refuse(format!("`{}` is not accepted here", essence.trim()));
    };
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find_map(|(name, value)| {
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"'))
        });
    match charset {
        Some(charset) if !charset.eq_ignore_ascii_case("utf-8") => {
            refuse(format!("the charset `{charset}` is not accepted"))
        }
        Some(_) | None => Ok(known),
    }
}

/// Reads the body of a call that takes none: nothing, or an empty JSON object.
///
/// Where there is a media type it is checked all the same, so that no form of a page can make the call.
pub(crate) async fn no_body(request: Request, limit: usize) -> Result<(), Error> {
    if request.headers().contains_key(header::CONTENT_TYPE) {
        media_type(request.headers(), &[JSON])?;
    }
    let body = read(request.into_body(), limit).await?;
    match body.is_empty() {
        true => Ok(()),
        false => Object::parse(&body)?.finish(Some(())),
    }
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes, Error> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Error::payload_too_large(limit));
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let incomplete = |_| Error::invalid_input(vec![Problem::new("", "the body ended early")]);
        let Ok(data) = frame.map_err(incomplete)?.into_data() else {
            continue;
        };
        if first.len() + rest.len() + data.len() > limit {
            return Err(Error::payload_too_large(limit));
        }
        // Small bodies come in one piece, which is not copied.
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

/// What to do about a name that is not known: the nearest one, or all of them.
fn known_names(name: &str, known: &[&str]) -> String {
    let all = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let name = shortened(name).to_lowercase();
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(&name, candidate);
    match known
        .iter()
        .min_by_key(distance)
        .filter(|nearest| distance(nearest) <= 2)
    {
        Some(nearest) => format!("did you mean `{nearest}`? known here: {all}"),
        None => format!("known here: {all}"),
    }
}

/// Input as a problem names it: never more of it than a line.
fn shortened(input: &str) -> Cow<'_, str> {
    const CHARS_MAX: usize = 64;
    match input.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &input[..end]).into(),
        None => input.into(),
    }
}

/// The names of a choice, for its problem.
fn one_of<T>(choices: &[(&str, T)]) -> String {
    let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
    format!("one of {}", names.join(", "))
}

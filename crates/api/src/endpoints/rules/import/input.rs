//! What is imported: the body itself, or what a URL in it leads to.

use super::ON_CONFLICT;
use crate::{
    error::{Error, Problem},
    events::{Progress, Teller},
    extract::{JSON, Object, ZIP},
};
use ::rules::FIELDS;
use bytes::Bytes;
use catalog::ImportOptions;
use packs::fetch::{self, Fetched, Fetcher};
use rulefile::Format;

/// The most bytes of a body that names a URL; a longer one holds rules.
const URL_BODY_BYTES_MAX: usize = 64 * 1024;

/// What is imported.
pub(super) enum Input {
    /// This.
    Given(Given),
    /// What this URL leads to.
    Url(String),
}

/// What holds rules.
pub(super) enum Given {
    /// The text of rules.
    Text(Bytes, Format),
    /// A pack's archive.
    Archive(Bytes),
}

impl Input {
    /// Tells the two apart, and reads the options that stand beside a URL.
    pub(super) fn of(
        media_type: &str,
        body: Bytes,
        options: ImportOptions,
    ) -> Result<(Self, ImportOptions), Error> {
        match media_type {
            JSON => {}
            ZIP => return Ok((Self::Given(Given::Archive(body)), options)),
            _ => return Ok((Self::Given(Given::Text(body, Format::Yaml)), options)),
        }
        let object = Some(&body)
            .filter(|body| body.len() <= URL_BODY_BYTES_MAX)
            .and_then(|body| Object::parse(body).ok())
            .filter(names_a_url);
        match object {
            Some(object) => read_url(object, options),
            None => Ok((Self::Given(Given::Text(body, Format::Json)), options)),
        }
    }
}

/// Whether it has `url` and no field that a rule or a rule file has.
fn names_a_url(object: &Object<'_>) -> bool {
    let of_rules = |name: &str| name == "rules" || FIELDS.iter().any(|field| field.name == name);
    object.names().any(|name| name == "url") && !object.names().any(of_rules)
}

fn read_url(mut object: Object<'_>, options: ImportOptions) -> Result<(Input, ImportOptions), Error> {
    let url = object.text("url");
    let options = ImportOptions {
        on_conflict: object
            .choice("on_conflict", &ON_CONFLICT)
            .unwrap_or(options.on_conflict),
        atomic: object.flag("atomic").unwrap_or(options.atomic),
    };
    let url = object.finish(url)?;
    Ok((Input::Url(url.into_owned()), options))
}

/// Fetches what a URL leads to. It blocks.
pub(super) fn fetch(fetcher: &Fetcher, url: &str, bytes_max: usize, teller: &Teller) -> Result<Given, Error> {
    let name = fetch::name_of(url);
    let told = &mut |bytes, bytes_total| {
        teller.tell(Progress::Downloaded {
            name: name.clone(),
            number: 1,
            of: 1,
            bytes,
            bytes_total,
        });
    };
    let fetched = fetcher.fetch_traced(url, bytes_max, told).map_err(|error| {
        let problem = Problem::new("url", error.to_string());
        match error.is_refusal() {
            true => Error::validation(vec![problem]),
            false => Error::upstream_unavailable(problem),
        }
    })?;
    if fetched.bytes.starts_with(b"PK\x03\x04") {
        return Ok(Given::Archive(fetched.bytes.into()));
    }
    let format = format_of(&fetched);
    Ok(Given::Text(fetched.bytes.into(), format))
}

/// The language of what was fetched: as the answer says, or else as the path does.
fn format_of(fetched: &Fetched) -> Format {
    let is_json = match &*fetched.media_type {
        "application/json" => true,
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => false,
        _ => fetched.path.ends_with(".json"),
    };
    if is_json { Format::Json } else { Format::Yaml }
}

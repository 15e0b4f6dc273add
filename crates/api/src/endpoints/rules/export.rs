//! `POST /v1/rules/export`: rules as one rule file, or as a pack; both can be imported again.

mod pack;

use crate::{
    answer,
    error::{Error, ErrorBody, Problem},
    extract::{self, Object, Query},
    state::State,
    wire::value::Json,
};
use ::rules::{Layer, Rule, Value};
use axum::{
    body::Body,
    extract::{Request, State as Shared},
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use catalog::Snapshot;
use futures_core::Stream;
use std::{
    collections::HashSet,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::task;
use utoipa::ToSchema;

/// The most ids of one call.
const IDS_MAX: usize = 10_000;
/// Rules in one piece of the answer.
const PIECE: usize = 128;

/// What is to be exported.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape is for the document; the fields are read one by one"
)]
pub(crate) struct ExportRequest {
    /// `yaml`, `json`, or `pack`: a zip archive that can be installed.
    #[schema(example = "yaml")]
    format: String,
    /// Effective ids, of any source; without them, all local rules.
    ids: Option<Vec<String>>,
    /// With `pack`: what the pack says of itself, as in `manifest.yaml`.
    #[schema(value_type = Option<Object>)]
    manifest: Option<()>,
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Yaml,
    Json,
}

/// The form of what is exported.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    File(Language),
    Pack,
}

/// The forms by their names on the wire.
const FORMS: [(&str, Form); 3] = [
    ("yaml", Form::File(Language::Yaml)),
    ("json", Form::File(Language::Json)),
    ("pack", Form::Pack),
];

/// Exports rules with all that their authors wrote.
#[utoipa::path(
    post, path = "/v1/rules/export", tag = "rules", operation_id = "export_rules",
    request_body = ExportRequest,
    responses(
        (status = 200, description = "A rule file or an archive, with `Content-Disposition`", content((serde_json::Value = "application/yaml"), (Vec<Object> = "application/json"), (Vec<u8> = "application/zip"))),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn post(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let body = extract::json_body(request, state.config.body_limit).await?;
    let mut object = Object::parse(&body)?;
    let form = object.required_choice("format", &FORMS);
    let ids = object.optional_texts("ids", IDS_MAX);
    let manifest = match form {
        Some(Form::Pack) => object.object("manifest"),
        Some(Form::File(_)) => Some(()),
        None => {
            object.pass_over("manifest");
            None
        }
    };
    let (form, ids) = object.finish(form.zip(manifest).map(|(form, ())| (form, ids)))?;
    let ids: Option<Vec<String>> = ids.map(|ids| ids.into_iter().map(Into::into).collect());
    let snapshot = state.snapshot()?;
    let engine = state.packs.sources().engine.clone();
    // All rules are looked at, which is not done on a thread that answers resolves.
    let export = move || -> Result<Response, Error> {
        match form {
            Form::File(language) => Ok(language.response(choose(&snapshot, ids.as_deref(), Some(language))?)),
            Form::Pack => pack::response(&body, &choose(&snapshot, ids.as_deref(), None)?, &engine),
        }
    };
    let exported = task::spawn_blocking(export).await;
    exported.map_err(|error| Error::internal(error.to_string()))?
}

/// The rules that are asked for, by id and else in the order of their ids.
fn choose(
    snapshot: &Snapshot,
    ids: Option<&[String]>,
    language: Option<Language>,
) -> Result<Vec<Arc<Rule>>, Error> {
    let set = snapshot.set();
    let rules: Vec<Arc<Rule>> = match ids {
        None => {
            let local = set
                .entries()
                .iter()
                .filter(|entry| entry.sourced.origin.layer == Layer::Local);
            local.map(|entry| Arc::clone(&entry.sourced.rule)).collect()
        }
        Some(ids) => {
            let find = |(n, id): (usize, &String)| {
                let missing = || Problem::new(format!("ids[{n}]"), "there is no rule with this id");
                set.find(id.trim())
                    .map(|entry| Arc::clone(&entry.sourced.rule))
                    .ok_or_else(missing)
            };
            let (found, missing): (Vec<_>, Vec<_>) =
                ids.iter().enumerate().map(find).partition(Result::is_ok);
            let missing: Vec<_> = missing.into_iter().filter_map(Result::err).collect();
            if !missing.is_empty() {
                return Err(Error::validation(missing));
            }
            let mut seen = HashSet::new();
            let found = found.into_iter().filter_map(Result::ok);
            found.filter(|rule| seen.insert(rule.id().clone())).collect()
        }
    };
    match rules
        .iter()
        .find(|rule| language == Some(Language::Json) && !fits_json(rule))
    {
        Some(rule) => Err(Error::validation(vec![unfit(rule)])),
        None => Ok(rules),
    }
}

/// Whether JSON can hold it: it has no infinity, and the fields that begin with `x-` may hold anything.
fn fits_json(rule: &Rule) -> bool {
    fn is_finite(value: &Value) -> bool {
        match value {
            Value::Float(number) => number.is_finite(),
            Value::List(items) => items.iter().all(is_finite),
            Value::Map(entries) => entries.iter().all(|(_, value)| is_finite(value)),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => true,
        }
    }
    rule.extensions().iter().all(|(_, value)| is_finite(value))
}

fn unfit(rule: &Rule) -> Problem {
    let reason = format!("`{}` holds a number that JSON cannot", rule.id());
    Problem::new("format", reason).hint("export it as `yaml`")
}

impl Language {
    fn response(self, rules: Vec<Arc<Rule>>) -> Response {
        let (media_type, name) = match self {
            Self::Yaml => ("application/yaml", "rules.rule.yaml"),
            Self::Json => ("application/json", "rules.rule.json"),
        };
        let file = File {
            language: self,
            rules,
            next: 0,
            is_done: false,
        };
        attached(
            Body::from_stream(file),
            HeaderValue::from_static(media_type),
            name,
        )
    }
}

/// An answer that is kept as a file of that name.
fn attached(body: impl Into<Body>, media_type: HeaderValue, name: &str) -> Response {
    let mut response = answer::typed(body, media_type);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        disposition.expect("a plain name is a header value"),
    );
    response
}

/// A rule file that is written while it is sent, so that very many rules do not stand in memory twice.
struct File {
    language: Language,
    rules: Vec<Arc<Rule>>,
    next: usize,
    is_done: bool,
}

impl Stream for File {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.piece().map(|piece| Ok(piece.into())))
    }
}

impl File {
    fn piece(&mut self) -> Option<Vec<u8>> {
        if self.is_done {
            return None;
        }
        let start = self.next;
        // One rule alone would be printed as a mapping and not as the last entry of a list.
        let rest = self.rules.len() - start;
        self.next += if rest <= PIECE + 1 { rest } else { PIECE };
        self.is_done = self.next == self.rules.len();
        let rules = &self.rules[start..self.next];
        Some(match self.language {
            Language::Yaml => {
                let rules: Vec<_> = rules.iter().map(|rule| &**rule).collect();
                rulefile::print(&rules).into_bytes()
            }
            Language::Json => json(rules, start == 0, self.is_done),
        })
    }
}

/// A part of a list.
fn json(rules: &[Arc<Rule>], is_first: bool, is_last: bool) -> Vec<u8> {
    let mut piece = Vec::with_capacity(rules.len() * 512);
    for (n, rule) in rules.iter().enumerate() {
        piece.extend_from_slice(if is_first && n == 0 { b"[\n" } else { b",\n" });
        serde_json::to_writer(&mut piece, &Json(&rule.to_value())).expect("plain data serializes");
    }
    if is_last {
        piece.extend_from_slice(if is_first && rules.is_empty() {
            b"[]\n"
        } else {
            b"\n]\n"
        });
    }
    piece
}

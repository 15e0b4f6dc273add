//! `POST /v1/rules/check`: validates and lints rules without storing them.

use super::body::{format_of, refusal};
use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody, Problem},
    extract::{self, JSON, Query, YAML},
    state::State,
};
use ::rules::{Finding, IdSpace, Layer, Origin, Sourced, Value, lint_rule, lint_rules};
use axum::{
    extract::{Request, State as Shared},
    response::Response,
};
use rulefile::{Code, Diagnostic, Format, Parsed, Source};
use serde::Serialize;
use std::sync::Arc;
use tokio::task;
use utoipa::ToSchema;

/// The id that stands in for a missing one: a request may leave it out, the service would make one.
const NO_ID: &str = "unnamed";

/// Valid rules, and what is legal in them and probably not meant.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckData {
    /// How many rules were checked; all of them are valid.
    rules: usize,
    findings: Vec<CheckFinding>,
}

/// Something that is legal and probably not meant.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckFinding {
    /// A stable code.
    #[schema(example = "never-matches")]
    pub(super) code: &'static str,
    /// The path of the field.
    #[schema(example = "rules[3].pattern")]
    pub(super) field: String,
    pub(super) reason: String,
    /// The corrected form, or what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suggestion: Option<String>,
}

/// Checks one rule, a list of rules, or `{"rules": […]}`, as in rule files.
#[utoipa::path(
    post, path = "/v1/rules/check", tag = "rules", operation_id = "check_rules",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 200, description = "All rules are valid", body = Success<CheckData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub(crate) async fn post(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Error> {
    Query::parse(request.uri().query()).finish()?;
    let (media_type, body) = extract::body(request, state.config.body_limit, &[JSON, YAML]).await?;
    let format = format_of(media_type);
    // Scripts are parsed, which takes its time, so it is not done on a thread that answers resolves.
    let checked = task::spawn_blocking(move || check(&body, format)).await;
    Ok(answer::success(
        checked.map_err(|error| Error::internal(error.to_string()))??,
    ))
}

fn check(body: &[u8], format: Format) -> Result<CheckData, Error> {
    let tree = rulefile::parse_value(body, format).map_err(|diagnostics| refusal(&diagnostics))?;
    let Some(shape) = Shape::of(&tree) else {
        let problem = Problem::new(
            "",
            "the body is not a rule, a list of rules, or an object with `rules`",
        );
        return Err(Error::invalid_input(vec![problem]));
    };
    let source = Source {
        format,
        space: IdSpace::Local,
        default_id: Some(NO_ID),
    };
    let parsed = rulefile::parse(body, &source);
    let (warnings, errors): (Vec<_>, Vec<_>) = parsed
        .diagnostics
        .into_iter()
        .partition(|diagnostic| diagnostic.code == Code::Ignored);
    if !errors.is_empty() {
        return Err(refusal(&errors));
    }
    let origin = Arc::new(Origin {
        layer: Layer::Local,
        pack_name: None,
        pack_version: None,
        source_url: None,
        file: None,
        trusted: true,
    });
    let sourced = |parsed: Parsed| Sourced {
        rule: Arc::new(parsed.rule),
        origin: Arc::clone(&origin),
        line: u32::try_from(parsed.line).ok(),
    };
    let rules: Vec<_> = parsed.rules.into_iter().map(sourced).collect();
    let mut findings: Vec<_> = warnings.into_iter().map(CheckFinding::ignored).collect();
    findings.extend(lint(&rules, shape));
    Ok(CheckData {
        rules: rules.len(),
        findings,
    })
}

/// How a body holds its rules, which is how the paths of their fields begin.
#[derive(Clone, Copy)]
enum Shape {
    One,
    List,
    UnderRules,
}

impl Shape {
    fn of(tree: &Value) -> Option<Self> {
        match tree {
            Value::List(_) => Some(Self::List),
            Value::Map(_) if tree.get("rules").is_some() => Some(Self::UnderRules),
            Value::Map(_) => Some(Self::One),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => None,
        }
    }

    fn path(self, n: usize, field: &str) -> String {
        match self {
            Self::One => field.to_owned(),
            Self::List => format!("[{n}].{field}"),
            Self::UnderRules => format!("rules[{n}].{field}"),
        }
    }
}

fn lint(rules: &[Sourced], shape: Shape) -> Vec<CheckFinding> {
    let alone = rules.iter().enumerate();
    let alone =
        alone.flat_map(|(n, sourced)| lint_rule(&sourced.rule).into_iter().map(move |found| (n, found)));
    let together = lint_rules(rules);
    let finding = |(
        n,
        Finding {
            code,
            field,
            reason,
            suggestion,
        },
    )| CheckFinding {
        code,
        field: shape.path(n, &field),
        reason,
        suggestion,
    };
    alone.chain(together).map(finding).collect()
}

impl CheckFinding {
    pub(super) fn ignored(
        Diagnostic {
            field, reason, hint, ..
        }: Diagnostic,
    ) -> Self {
        Self {
            code: "ignored",
            field,
            reason,
            suggestion: hint,
        }
    }
}

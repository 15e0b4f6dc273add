//! Every error that a client can get: the closed list of codes, their status, and the envelope.
//!
//! This is the only place with status codes of failures. A handler returns an [`Error`]; it travels
//! through the middleware as an extension of an empty response, and the outermost layer, which knows
//! the request's id, writes the envelope. What a client may not see (a panic's message, a store's
//! cause) is logged there and never rendered.

mod code;
mod of_catalog;
mod of_import;
mod of_packs;

pub use code::{Code, ErrorCode};

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::{borrow::Cow, sync::Arc};
use utoipa::ToSchema;

/// The most problems that one answer lists.
pub(crate) const PROBLEMS_MAX: usize = 1000;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The path of the field, the name of the query parameter, or empty for the request as a whole.
    #[schema(example = "rules[3].pattern")]
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A request that failed.
#[derive(Clone, Debug)]
pub(crate) struct Error(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    message: Cow<'static, str>,
    problems: Vec<Problem>,
    /// For the log only.
    cause: Option<String>,
    /// What became of each part of the request.
    report: Option<Report>,
}

/// What became of each part of a request.
#[derive(Debug)]
enum Report {
    /// Of the rules of an import.
    Import(serde_json::Value),
    /// Of the packs of an update.
    Packs(serde_json::Value),
}

/// The envelope of every failure.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    #[schema(example = "error")]
    status: &'static str,
    code: Code,
    /// What happened, for people.
    message: &'a str,
    details: ErrorDetails<'a>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorDetails<'a> {
    /// The field, when there is exactly one error.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// The reason, when there is exactly one error.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Everything that is wrong, not only the first thing.
    errors: &'a [Problem],
    /// The request's id, which is in the log too.
    request_id: &'a str,
    /// The trace that the request belongs to, which is in the log too.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// What became of each rule, where an import took none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<&'a serde_json::Value>,
    /// What became of each pack, where an update failed for some.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    packs: Option<&'a serde_json::Value>,
}

impl Error {
    fn new(code: Code, message: impl Into<Cow<'static, str>>, problems: Vec<Problem>) -> Self {
        Self(Arc::new(Inner {
            code,
            message: message.into(),
            problems,
            cause: None,
            report: None,
        }))
    }

    fn about(code: Code, what: &'static str, mut problems: Vec<Problem>) -> Self {
        let message = summary(what, &problems);
        problems.truncate(PROBLEMS_MAX);
        Self::new(code, message, problems)
    }

    pub(crate) fn invalid_input(problems: Vec<Problem>) -> Self {
        Self::about(Code::InvalidInput, "the request is not understood", problems)
    }

    pub(crate) fn validation(problems: Vec<Problem>) -> Self {
        Self::about(Code::ValidationFailed, "the request is not valid", problems)
    }

    pub(crate) fn forbidden(message: &'static str, reason: &'static str) -> Self {
        Self::new(Code::Forbidden, message, vec![Problem::new("", reason)])
    }

    /// As `forbidden`, with what it is about and what to do.
    pub(crate) fn refused(message: &'static str, problem: Problem) -> Self {
        Self::new(Code::Forbidden, message, vec![problem])
    }

    pub(crate) fn unauthorized(problem: Problem) -> Self {
        Self::about(Code::Unauthorized, "the caller is not known", vec![problem])
    }

    pub(crate) fn rate_limited(message: &'static str) -> Self {
        Self::new(Code::RateLimited, message, Vec::new())
    }

    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::NotFound, message, Vec::new())
    }

    pub(crate) fn no_such_rule() -> Self {
        Self::not_found("there is no rule with this id")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            Code::MethodNotAllowed,
            "this route does not have that method",
            Vec::new(),
        )
    }

    pub(crate) fn timeout() -> Self {
        Self::new(
            Code::Timeout,
            "the request took longer than its time-out",
            Vec::new(),
        )
    }

    pub(crate) fn payload_too_large(limit: usize) -> Self {
        Self::new(
            Code::PayloadTooLarge,
            format!("the body is over its limit of {limit} bytes"),
            Vec::new(),
        )
    }

    pub(crate) fn unsupported_media_type(reason: String, accepted: &[&str]) -> Self {
        let hint = format!("send one of: {}", accepted.join(", "));
        let problem = Problem::new("content-type", reason).hint(hint);
        Self::new(
            Code::UnsupportedMediaType,
            "the body's media type is not accepted",
            vec![problem],
        )
    }

    pub(crate) fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unavailable, message, Vec::new())
    }

    /// As `unavailable`, with a cause that is logged.
    pub(crate) fn unavailable_because(message: String, cause: String) -> Self {
        Self(Arc::new(Inner {
            code: Code::Unavailable,
            message: message.into(),
            problems: Vec::new(),
            cause: Some(cause),
            report: None,
        }))
    }

    pub(crate) fn conflict(problem: Problem) -> Self {
        Self::about(Code::Conflict, "the change is refused", vec![problem])
    }

    pub(crate) fn precondition_failed() -> Self {
        let problem = Problem::new("if-match", "the rule is not the one that this header names")
            .hint("read the rule again and decide anew");
        Self::about(Code::PreconditionFailed, "nothing was changed", vec![problem])
    }

    /// Nothing can be written here; `why` is for people.
    pub(crate) fn read_only(why: String) -> Self {
        Self::new(Code::Forbidden, why, vec![Problem::new("", "read_only")])
    }

    /// Something unforeseen; the cause is logged and never shown.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let message = Cow::Borrowed("something unforeseen happened; the log has it under this request's id");
        let cause = Some(cause.into());
        Self(Arc::new(Inner {
            code: Code::InternalError,
            message,
            problems: Vec::new(),
            cause,
            report: None,
        }))
    }

    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// What is wrong, in one phrase, for the log.
    pub(crate) fn reason(&self) -> &str {
        let first = self.0.problems.first();
        first.map_or(&self.0.message, |problem| &problem.reason)
    }

    /// The envelope. Logs the cause of what is our fault, once, under the request's id.
    pub(crate) fn render(&self, request_id: &str) -> Vec<u8> {
        let Inner {
            code,
            message,
            problems,
            cause,
            report,
        } = &*self.0;
        if let Some(cause) = cause {
            tracing::error!(request.id = request_id, error.cause = %cause, "a request failed: {cause}");
        }
        let single = match problems.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let details = ErrorDetails {
            field: single.map(|problem| &*problem.field),
            reason: single.map(|problem| &*problem.reason),
            errors: problems,
            request_id,
            trace_id: trace::with_current(|current| Some(current?.trace_id.to_string())),
            report: match report {
                Some(Report::Import(report)) => Some(report),
                _ => None,
            },
            packs: match report {
                Some(Report::Packs(packs)) => Some(packs),
                _ => None,
            },
        };
        let body = ErrorBody {
            status: "error",
            code: *code,
            message,
            details,
        };
        serde_json::to_vec(&body).expect("an envelope of strings serializes")
    }
}

/// The message of an error about fields: what it is all about, and the problem itself when it is one.
fn summary(what: &'static str, problems: &[Problem]) -> Cow<'static, str> {
    match problems {
        [] => Cow::Borrowed(what),
        [only] if only.field.is_empty() => format!("{what}: {}", only.reason).into(),
        [only] => format!("{what}: `{}`: {}", only.field, only.reason).into(),
        [_, ..] => format!("{what}: {} problems", problems.len()).into(),
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.code().status().into_response();
        let headers = response.headers_mut();
        if self.code() == Code::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.code() == Code::Unauthorized {
            let scheme = HeaderValue::from_static("Bearer realm=\"asset-injector\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response.extensions_mut().insert(self);
        response
    }
}

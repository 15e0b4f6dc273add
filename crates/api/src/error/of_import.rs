//! How an import fails: what was to be fetched cannot be had, or no rule was taken.

use super::{Code, Error, Inner, Problem, Report, summary};
use std::sync::Arc;

impl Error {
    pub(crate) fn upstream_unavailable(problem: Problem) -> Self {
        Self::about(Code::UpstreamUnavailable, "nothing was fetched", vec![problem])
    }

    /// No rule of an import was taken; the report says why.
    pub(crate) fn refused_import(problems: Vec<Problem>, report: serde_json::Value) -> Self {
        let message = summary("no rule was taken", &problems);
        Self(Arc::new(Inner {
            code: Code::ValidationFailed,
            message,
            problems,
            cause: None,
            report: Some(Report::Import(report)),
        }))
    }
}

//! What is refused or fails about packs, as a client gets it.

use super::{Code, Error, Inner, Problem, Report};
use catalog::PackError;
use packs::{content, plan::Refusal};
use std::sync::Arc;

impl From<PackError> for Error {
    fn from(error: PackError) -> Self {
        let reason = error.to_string();
        match error {
            PackError::Refused { refusal, problems } => Self::of_refusal(&refusal, &problems),
            PackError::NoRepository => Self::conflict(
                Problem::new("", reason).hint("name an archive by its https:// URL, or send it"),
            ),
            PackError::Repository(_) => Self::upstream_unavailable(Problem::new("", reason)),
            PackError::Index(_) => Self::upstream_unavailable(
                Problem::new("", reason)
                    .hint("where that is right, `POST /v1/packs/sync` with `force` follows it"),
            ),
            PackError::Fetch(error) if error.is_refusal() => {
                Self::validation(vec![Problem::new("source", error.to_string())])
            }
            PackError::Fetch(error) => Self::upstream_unavailable(Problem::new("source", error.to_string())),
            PackError::Lock(_) | PackError::Busy => Self::conflict(Problem::new("", reason)),
            PackError::Catalog(error) => error.into(),
            _ => Self::internal(reason),
        }
    }
}

impl From<content::Refusal> for Error {
    fn from(refused: content::Refusal) -> Self {
        PackError::from(refused).into()
    }
}

impl Error {
    pub(crate) fn pack_not_found(message: String) -> Self {
        Self::new(Code::PackNotFound, message, Vec::new())
    }

    fn of_refusal(refusal: &Refusal, problems: &[content::Problem]) -> Self {
        let code = match refusal {
            Refusal::NotFound(_) => Code::PackNotFound,
            Refusal::Invalid(_) => Code::PackInvalid,
            Refusal::Manifest(_) => Code::ManifestInvalid,
            Refusal::Version(_) => Code::VersionConflict,
            Refusal::Signature(_) => Code::SignatureInvalid,
        };
        let mut problems: Vec<_> = problems.iter().map(of_content).collect();
        problems.truncate(super::PROBLEMS_MAX);
        Self::new(code, refusal.to_string(), problems)
    }

    /// An update that failed for some packs: the first failure, with what became of each.
    pub(crate) fn partly_updated(first: PackError, packs: serde_json::Value) -> Self {
        let Self(inner) = first.into();
        Self(Arc::new(Inner {
            code: inner.code,
            message: inner.message.clone(),
            problems: inner.problems.clone(),
            cause: inner.cause.clone(),
            report: Some(Report::Packs(packs)),
        }))
    }
}

/// A problem of a pack's file; a field of the manifest stands for itself.
fn of_content(problem: &content::Problem) -> Problem {
    let content::Problem {
        file, line, column, ..
    } = problem;
    let place = match line {
        0 => format!("in `{file}`"),
        _ => format!("in `{file}`, line {line}, column {column}"),
    };
    Problem {
        field: problem.field.clone(),
        reason: format!("{} ({place})", problem.reason),
        hint: problem.hint.clone(),
    }
}

//! Why a store cannot answer, or does not do what it is asked for.

use rules::RuleId;

/// What a caller can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store cannot be reached, read or written at the moment.
    Unavailable,
    /// What is stored cannot be understood.
    Corrupt,
    /// What stands in the place of a change is not what its writer has seen: look again.
    Changed,
    /// What is to be changed cannot be rewritten without losing something of it.
    Unwritable,
    /// Nothing can be written here.
    ReadOnly,
    /// A change broke off and could not be taken back: only another look tells what of it is stored.
    Torn,
    /// Another process owns what is stored, and only one may write to it.
    InUse,
}

/// A store that does not answer, or did not change anything.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// What happened, with the place.
    pub message: String,
    /// The rules that a write could not change, each with the reason, where the rest of it could be done without
    /// them; empty where it is about more than single rules.
    pub rules: Vec<(RuleId, String)>,
    /// The cause, for the log.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error without a cause of its own.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            rules: Vec::new(),
            source: None,
        }
    }

    /// The same with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// The same, about these rules only.
    #[must_use]
    pub fn about<'a>(mut self, ids: impl IntoIterator<Item = &'a RuleId>) -> Self {
        let reason = &self.message;
        self.rules = ids.into_iter().map(|id| (id.clone(), reason.clone())).collect();
        self
    }

    /// This error together with another one of its kind: about the rules of both, if both are about single rules.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        match (self.rules.is_empty(), other.rules.is_empty()) {
            (true, _) => self,
            (false, true) => other,
            (false, false) => {
                self.rules.extend(other.rules);
                self
            }
        }
    }
}

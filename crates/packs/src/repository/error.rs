//! Why the community repository did not give something.

use crate::fetch;
use rules::Timestamp;

/// Something that a community repository did not give.
///
/// Messages name what was asked by its path in the repository. No message holds the token, and none a URL that
/// somebody redirected to, which may hold one as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository cannot be asked at all as it is configured.
    #[error("`{key}` {reason}")]
    Config {
        /// The key of the configuration.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// The repository has no such file.
    #[error("`{what}` is not in the community repository")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The repository does not give it to us.
    #[error(
        "the community repository refused to give `{what}` (status {status}): `COMMUNITY_REPO_TOKEN` is missing, or is none that may read it"
    )]
    Denied {
        /// What was asked for.
        what: String,
        /// The status of the answer.
        status: u16,
    },
    /// No more requests for the time being.
    #[error(
        "the community repository gives `{what}` no earlier than {until}: its limit of requests is reached"
    )]
    RateLimited {
        /// What was asked for.
        what: String,
        /// When it can be asked again.
        until: Timestamp,
    },
    /// The repository cannot be reached, or is not able to answer.
    #[error("the community repository is not available for `{what}`: {reason}")]
    Unavailable {
        /// What was asked for.
        what: String,
        /// What happened last.
        reason: String,
        /// When to come back, where it said so.
        until: Option<Timestamp>,
    },
    /// The time is over.
    #[error("the community repository gave no complete answer for `{what}` in time")]
    TimedOut {
        /// What was asked for.
        what: String,
    },
    /// More bytes than are taken.
    #[error("`{what}` in the community repository has more than {bytes_max} bytes")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The most bytes.
        bytes_max: usize,
    },
    /// What was answered is of no use.
    #[error("`{what}` of the community repository cannot be used: {reason}")]
    Invalid {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// When to come back, where that is known.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::RateLimited { until, .. } => Some(*until),
            Self::Unavailable { until, .. } => *until,
            Self::Config { .. }
            | Self::NotFound { .. }
            | Self::Denied { .. }
            | Self::TimedOut { .. }
            | Self::TooLarge { .. }
            | Self::Invalid { .. } => None,
        }
    }

    /// Whether it is about the one file that was asked for, so that others may be had.
    pub fn is_about_file(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. } | Self::TooLarge { .. } | Self::Invalid { .. }
        )
    }

    /// The kind of it, for those who count.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::NotFound { .. } => "not_found",
            Self::Denied { .. } => "denied",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::TimedOut { .. } => "timeout",
            Self::TooLarge { .. } => "too_large",
            Self::Invalid { .. } => "invalid",
        }
    }

    pub(super) fn invalid(what: &str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            what: what.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Why one attempt did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Asking again changes nothing.
    Final(Error),
    /// The next attempt may succeed; `wait` is how long the other side asks to wait before it.
    Passing {
        error: Error,
        wait: Option<std::time::Duration>,
    },
}

impl Failure {
    /// What the client met while it asked a host for something.
    pub(super) fn of_client(error: ureq::Error, what: &str, host: &str) -> Self {
        Self::of_fetch(&fetch::Error::of_client(error, host), what)
    }

    pub(super) fn of_fetch(met: &fetch::Error, what: &str) -> Self {
        use fetch::Error as Met;
        let what = what.to_owned();
        let reason = met.to_string();
        match met {
            Met::TimedOut => Self::Final(Error::TimedOut { what }),
            Met::NotFound(_) | Met::Connection(_) => Self::Passing {
                error: Error::Unavailable {
                    what,
                    reason,
                    until: None,
                },
                wait: None,
            },
            Met::Certificate(_) => Self::Final(Error::Unavailable {
                what,
                reason,
                until: None,
            }),
            Met::Url(_)
            | Met::Credentials
            | Met::Scheme(_)
            | Met::NotPublic(_)
            | Met::Redirects
            | Met::BadRedirect(_)
            | Met::Status { .. }
            | Met::Protocol(_)
            | Met::Encoding(_)
            | Met::TooLarge(_) => Self::Final(Error::Invalid { what, reason }),
        }
    }
}

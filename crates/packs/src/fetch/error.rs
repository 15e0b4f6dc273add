//! Why something was not fetched: what a user can do something about, and nothing of what stands inside our network.
//!
//! Messages name hosts as the URL names them, never the addresses that were found for them.

use std::io;

/// Something that was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not a URL.
    #[error("is not a URL that can be fetched: {0}")]
    Url(String),
    /// It carries a user's name or a password.
    #[error("must not hold a user name or a password")]
    Credentials,
    /// Neither `https`, nor `http` to a host that is named as an exception.
    #[error("`{0}` must be fetched by https")]
    Scheme(String),
    /// The host has an address that is not public, and is not named as an exception.
    #[error("`{0}` does not lead to public addresses only; `FETCH_ALLOWED_HOSTS` can name exceptions")]
    NotPublic(String),
    /// No address is known for the host.
    #[error("`{0}` is not found")]
    NotFound(String),
    /// More redirects than are followed.
    #[error("there were more than {} redirects", super::REDIRECTS_MAX)]
    Redirects,
    /// A redirect that leads nowhere.
    #[error("`{0}` redirects without saying where to")]
    BadRedirect(String),
    /// The time is over.
    #[error("no complete answer came in time")]
    TimedOut,
    /// The connection cannot be made, or broke.
    #[error("the connection to `{0}` failed")]
    Connection(String),
    /// The other side is not who it must be.
    #[error(
        "`{0}` did not prove who it is: it speaks no TLS, or its certificate is not trusted, has expired, or is another host's"
    )]
    Certificate(String),
    /// An answer other than success.
    #[error("`{host}` answered with status {status}")]
    Status {
        /// Who answered.
        host: String,
        /// The status.
        status: u16,
    },
    /// What is answered cannot be understood as HTTP.
    #[error("the answer of `{0}` cannot be understood")]
    Protocol(String),
    /// A compression that was not asked for, or one that is broken.
    #[error("the answer of `{0}` is compressed in a way that cannot be read")]
    Encoding(String),
    /// More bytes than are allowed.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
}

impl Error {
    /// Whether it was refused here, so that asking again changes nothing; else the other side failed.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Url(_) | Self::Credentials | Self::Scheme(_) | Self::NotPublic(_)
        )
    }

    /// The kind of it, for those who count.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Url(_) => "url",
            Self::Credentials => "credentials",
            Self::Scheme(_) => "scheme",
            Self::NotPublic(_) => "not_public",
            Self::NotFound(_) => "not_found",
            Self::Redirects => "redirects",
            Self::BadRedirect(_) => "bad_redirect",
            Self::TimedOut => "timeout",
            Self::Connection(_) => "connection",
            Self::Certificate(_) => "certificate",
            Self::Status { .. } => "status",
            Self::Protocol(_) => "protocol",
            Self::Encoding(_) => "encoding",
            Self::TooLarge(_) => "too_large",
        }
    }

    /// What the client met while it asked a host.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the client's errors are non-exhaustive"
    )]
    pub(crate) fn of_client(error: ureq::Error, host: &str) -> Self {
        use ureq::Error as Client;
        let host = host.to_owned();
        match error {
            Client::Other(error) => match error.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(_) => Self::Connection(host),
            },
            Client::Timeout(_) => Self::TimedOut,
            Client::HostNotFound => Self::NotFound(host),
            Client::Tls(_) | Client::Rustls(_) => Self::Certificate(host),
            Client::Io(error) => Self::of_io(&error, host),
            Client::BadUri(_) | Client::Http(_) => Self::Url("it is not one for HTTP".to_owned()),
            Client::Protocol(_) | Client::LargeResponseHeader(..) => Self::Protocol(host),
            _ => Self::Connection(host),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the system's kinds of errors are non-exhaustive"
    )]
    fn of_io(error: &io::Error, host: String) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            // What the TLS layer says of a certificate or of bytes that are no TLS.
            io::ErrorKind::InvalidData => Self::Certificate(host),
            _ => Self::Connection(host),
        }
    }
}

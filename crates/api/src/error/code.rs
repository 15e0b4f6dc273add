//! The closed list of codes, with their status. The table and the list have one order, by status.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// The closed list of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request is not understood at all.
    InvalidInput,
    /// Nobody knows who calls.
    Unauthorized,
    /// This caller may not do this.
    Forbidden,
    /// No such route or rule.
    NotFound,
    /// No such pack or version.
    PackNotFound,
    /// The route has other methods.
    MethodNotAllowed,
    /// The request took too long.
    Timeout,
    /// What is there stands in the way.
    Conflict,
    /// The rule is not the one that `If-Match` names.
    PreconditionFailed,
    /// The body is too large.
    PayloadTooLarge,
    /// The body's media type is not accepted.
    UnsupportedMediaType,
    /// Fields are missing, unknown, of the wrong type, or have bad values.
    ValidationFailed,
    /// The archive or its rules are not valid, or not what was asked for.
    PackInvalid,
    /// The manifest is not valid.
    ManifestInvalid,
    /// The pack is for another engine, or a lower version that was not written out.
    VersionConflict,
    /// Nobody that is trusted vouches for it.
    SignatureInvalid,
    /// This client asks too often.
    RateLimited,
    /// Anything unforeseen.
    InternalError,
    /// What was to be fetched cannot be had.
    UpstreamUnavailable,
    /// Not at the moment.
    Unavailable,
}

/// A code as the reference documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The name on the wire.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// When it is given.
    pub when: &'static str,
}

/// Name, status and occasion of every code, by status.
const TABLE: [(Code, &str, u16, &str); 20] = [
    (
        Code::InvalidInput,
        "INVALID_INPUT",
        400,
        "the body is not JSON (or YAML) or not an object, or a query parameter is unknown, repeated or malformed",
    ),
    (
        Code::Unauthorized,
        "UNAUTHORIZED",
        401,
        "the call needs a token, or the token is not known",
    ),
    (
        Code::Forbidden,
        "FORBIDDEN",
        403,
        "the token lacks the role, nothing can be written here (`reason: read_only`), or a page of another site or a foreign host name is behind it",
    ),
    (Code::NotFound, "NOT_FOUND", 404, "no such rule or route"),
    (
        Code::PackNotFound,
        "PACK_NOT_FOUND",
        404,
        "no such pack is installed, or the repository has no such pack or version",
    ),
    (
        Code::MethodNotAllowed,
        "METHOD_NOT_ALLOWED",
        405,
        "the route has other methods: see `Allow`",
    ),
    (
        Code::Timeout,
        "TIMEOUT",
        408,
        "the request took longer than its time-out",
    ),
    (
        Code::Conflict,
        "CONFLICT",
        409,
        "what is there stands in the way: the id exists, a pack's rule cannot be deleted, a pin, a file that cannot be rewritten without loss, too many other operations on packs, no repository, or no `packs.lock`",
    ),
    (
        Code::PreconditionFailed,
        "PRECONDITION_FAILED",
        412,
        "the rule is not the one that `If-Match` names",
    ),
    (
        Code::PayloadTooLarge,
        "PAYLOAD_TOO_LARGE",
        413,
        "the body is over its limit",
    ),
    (
        Code::UnsupportedMediaType,
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "the body's media type is not one of those accepted",
    ),
    (
        Code::ValidationFailed,
        "VALIDATION_FAILED",
        422,
        "fields are missing, unknown, of the wrong type or have bad values; all of them are listed",
    ),
    (
        Code::PackInvalid,
        "PACK_INVALID",
        422,
        "the archive or a rule in it is not valid, or not what was asked for",
    ),
    (
        Code::ManifestInvalid,
        "MANIFEST_INVALID",
        422,
        "the pack's `manifest.yaml` is missing or not valid; its fields are listed",
    ),
    (
        Code::VersionConflict,
        "VERSION_CONFLICT",
        422,
        "the pack asks for another engine, or is a lower version that was not written out",
    ),
    (
        Code::SignatureInvalid,
        "SIGNATURE_INVALID",
        422,
        "no trusted key signed the pack or the index, or another one than before",
    ),
    (
        Code::RateLimited,
        "RATE_LIMITED",
        429,
        "this client asks too often, or has sent too many wrong tokens: see `Retry-After`",
    ),
    (
        Code::InternalError,
        "INTERNAL_ERROR",
        500,
        "anything unforeseen; the request id finds the log line that says what happened",
    ),
    (
        Code::UpstreamUnavailable,
        "UPSTREAM_UNAVAILABLE",
        502,
        "the community repository, or the source of an import, did not answer as it must",
    ),
    (
        Code::Unavailable,
        "UNAVAILABLE",
        503,
        "no rules are loaded yet, too many requests run at once, the store cannot make a change, or the service is shutting down: see `Retry-After`",
    ),
];

impl Code {
    /// All codes, by status.
    pub const ALL: [Self; 20] = {
        let mut all = [Self::InvalidInput; TABLE.len()];
        let mut n = 0;
        while n < TABLE.len() {
            all[n] = TABLE[n].0;
            n += 1;
        }
        all
    };

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        self.documented().name
    }

    /// The HTTP status.
    pub(crate) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.documented().status).expect("the table holds valid statuses")
    }

    /// Name, status and occasion.
    pub fn documented(self) -> ErrorCode {
        let (_, name, status, when) = TABLE[self as usize];
        ErrorCode { name, status, when }
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, TABLE};

    #[test]
    fn each_code_is_its_own_row() {
        for (n, (code, name, ..)) in TABLE.iter().enumerate() {
            assert_eq!(*code as usize, n);
            assert_eq!(code.as_str(), *name);
        }
        assert!(TABLE.is_sorted_by_key(|(_, _, status, _)| *status));
        assert_eq!(Code::ALL.map(|code| code as usize), std::array::from_fn(|n| n));
    }
}

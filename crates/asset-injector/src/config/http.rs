//! The settings of the HTTP API.

use super::{Reader, keys};
use packs::fetch::Exceptions;
use std::time::Duration;

/// How the HTTP API answers.
#[derive(Clone, Debug)]
pub(crate) struct HttpConfig {
    /// The longest time for one request.
    pub(crate) request_timeout: Duration,
    /// The longest time for one that imports, exports or works on packs.
    pub(crate) operation_timeout: Duration,
    /// The most requests that run at a time.
    pub(crate) requests_max: usize,
    /// The most bytes of a request's body.
    pub(crate) body_limit: usize,
    /// The most bytes of an import.
    pub(crate) import_body_limit: usize,
    /// Whether requests are counted and shown.
    pub(crate) metrics: bool,
    /// Hosts that may be asked whatever their addresses are.
    pub(crate) fetch_allowed_hosts: Exceptions,
    /// How long clients may cache a resolve by GET.
    pub(crate) resolve_max_age: Duration,
    /// Whether pages of other sites may load the bare assets.
    pub(crate) inject_from_pages: bool,
}

pub(super) fn read(reader: &mut Reader<'_>) -> HttpConfig {
    HttpConfig {
        request_timeout: reader.read(&keys::REQUEST_TIMEOUT),
        operation_timeout: reader.read(&keys::OPERATION_TIMEOUT),
        requests_max: reader.read(&keys::MAX_CONCURRENT_REQUESTS),
        body_limit: reader.read(&keys::BODY_LIMIT),
        import_body_limit: reader.read(&keys::IMPORT_BODY_LIMIT),
        metrics: reader.read(&keys::ENABLE_METRICS),
        fetch_allowed_hosts: reader
            .read_optional(&keys::FETCH_ALLOWED_HOSTS)
            .unwrap_or_default(),
        resolve_max_age: reader.read(&keys::RESOLVE_MAX_AGE),
        inject_from_pages: reader.read(&keys::INJECT_FROM_PAGES),
    }
}

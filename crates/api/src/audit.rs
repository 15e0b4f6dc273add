//! The audit: who changed what, and who was kept from it, as events of the log with the target `audit`.

use crate::{
    access::{Call, Caller},
    error::Error,
};
use axum::http::Method;

/// A write that was refused before it reached its handler.
pub(crate) fn refused(call: &Call, caller: Option<&Caller>, (method, route): (&Method, &str), error: &Error) {
    tracing::warn!(
        target: "audit",
        { request.id = call.id.as_str(),
        client = call.client.address.map(tracing::field::display),
        caller = caller.and_then(|caller| caller.name.as_deref()),
        http.method = shown(method),
        http.route = route,
        code = error.code().as_str(),
        reason = error.reason() },
        "a write was refused"
    );
}

/// The name of a method; one that nobody knows may be anything.
pub(crate) fn shown(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if known.contains(method) {
        method.as_str()
    } else {
        "OTHER"
    }
}

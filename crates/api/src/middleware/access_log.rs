//! One event for each request, with the target `access`: never bodies, tokens or query strings.
//!
//! Writing it never waits: who reads the log too slowly loses lines.

use crate::{
    access::{Call, request_id::RequestId},
    audit,
};
use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, header},
};
use std::{net::IpAddr, time::Duration};

/// What the log says of a request beside how it ended.
pub(super) struct Entry {
    id: RequestId,
    trace: Option<trace::Context>,
    client: Option<IpAddr>,
    route: Option<MatchedPath>,
    request_bytes: Option<u64>,
}

impl Entry {
    /// Nothing where nobody reads it.
    pub(super) fn begin(request: &Request) -> Option<Self> {
        if !tracing::enabled!(target: "access", tracing::Level::INFO) {
            return None;
        }
        let call = Call::of(request);
        let length = request.headers().get(header::CONTENT_LENGTH);
        Some(Self {
            id: call.id,
            trace: trace::current(),
            client: call.client.address,
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_bytes: length.and_then(|length| length.to_str().ok()?.parse().ok()),
        })
    }

    pub(super) fn write(&self, method: &Method, status: Option<StatusCode>, bytes: u64, took: Duration) {
        // The end of a stream is nobody's work in particular.
        let _entered = self.trace.as_ref().map(trace::Context::enter);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            target: "access",
            { request.id = self.id.as_str(),
            http.method = audit::shown(method),
            http.route = self.route.as_ref().map(MatchedPath::as_str),
            http.status = status.map(|status| status.as_u16()),
            latency_us = micros,
            request.bytes = self.request_bytes,
            response.bytes = bytes,
            client = self.client.map(tracing::field::display) },
            "request"
        );
    }
}

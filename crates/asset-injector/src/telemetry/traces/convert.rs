//! Our spans in the types of the SDK.

use opentelemetry::{
    Context, InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId, Value,
    trace::{SpanContext, SpanKind, Status, TraceContextExt as _, TraceState},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, SpanData, SpanEvents, SpanLinks};
use trace::{Ended, Kind};

/// A caller's context.
pub(super) fn remote(context: &trace::Context) -> Context {
    Context::new().with_remote_span_context(ids(context, true))
}

/// Whether the decision is to record.
pub(super) fn is_sampled(result: &SamplingResult) -> bool {
    result.decision == SamplingDecision::RecordAndSample
}

fn ids(context: &trace::Context, is_remote: bool) -> SpanContext {
    let state = context
        .tracestate()
        .and_then(|state| state.parse::<TraceState>().ok());
    let flags = TraceFlags::default().with_sampled(context.is_sampled);
    SpanContext::new(
        TraceId::from(context.trace_id.0),
        SpanId::from(context.span_id.0),
        flags,
        is_remote,
        state.unwrap_or_default(),
    )
}

/// A span that has ended.
pub(super) fn span(span: Ended) -> SpanData {
    let status = match span.has_failed {
        true => Status::error(""),
        false => Status::Unset,
    };
    SpanData {
        span_context: ids(&span.context, false),
        parent_span_id: span.parent.map_or(SpanId::INVALID, |id| SpanId::from(id.0)),
        parent_span_is_remote: span.is_parent_remote,
        span_kind: match span.kind {
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
            Kind::Internal => SpanKind::Internal,
        },
        name: span.name,
        start_time: span.began,
        end_time: span.ended,
        attributes: span.attributes.into_iter().map(attribute).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status,
        instrumentation_scope: InstrumentationScope::builder("asset-injector")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    }
}

fn attribute((name, value): (&'static str, trace::Value)) -> KeyValue {
    let value = match value {
        trace::Value::Text(text) => Value::from(text),
        trace::Value::Number(number) => Value::I64(number),
        trace::Value::Truth(truth) => Value::Bool(truth),
    };
    KeyValue::new(name, value)
}

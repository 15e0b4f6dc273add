//! The ids of a trace, as the W3C recommendation Trace Context writes them in `traceparent` and `tracestate`.
//!
//! A header that is not exactly as recommended is none: a new trace begins.

mod state;

use crate::tracer::Shared;
use std::{fmt, sync::Arc};

/// The bytes of `traceparent` in version 00.
const PARENT_BYTES: usize = 55;

/// The flag that says that the caller records this trace.
const SAMPLED: u8 = 1;

/// The id of a trace; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The id of a span; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanId(pub u64);

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Where in which trace something happens.
#[derive(Clone)]
pub struct Context {
    /// The trace.
    pub trace_id: TraceId,
    /// The span in it: the caller's in a context that was parsed, else one of ours.
    pub span_id: SpanId,
    /// Whether the trace is recorded.
    pub is_sampled: bool,
    /// What others along the way have to say, handed on as it came.
    pub(crate) state: Option<Arc<str>>,
    /// Where spans of this trace go; nowhere unless this process records it.
    pub(crate) tracer: Option<Arc<Shared>>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent())
    }
}

impl Context {
    /// What a caller says in its `traceparent` and `tracestate` headers; `None` if nothing, or nothing sound.
    ///
    /// A `tracestate` that is not sound is left out, and the trace goes on without it.
    pub fn parse<'a>(
        parents: impl IntoIterator<Item = &'a [u8]>,
        states: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Self> {
        let mut parents = parents.into_iter();
        let parent = parents.next()?;
        if parents.next().is_some() {
            return None;
        }
        let mut context = Self::parse_parent(parent)?;
        context.state = state::join(states);
        Some(context)
    }

    fn parse_parent(bytes: &[u8]) -> Option<Self> {
        let (known, rest) = bytes.split_at_checked(PARENT_BYTES)?;
        let dashes = [2, 35, 52].iter().all(|at| known[*at] == b'-');
        let version = hex(&known[..2])?;
        // A later version may have more to say, behind a dash; version 00 may not, and ff is none.
        let is_sound = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.first().is_none_or(|byte| *byte == b'-'),
        };
        let trace_id = hex(&known[3..35])?;
        let span_id = u64::try_from(hex(&known[36..52])?).ok()?;
        let flags = hex(&known[53..])?;
        (dashes && is_sound && trace_id != 0 && span_id != 0).then_some(Self {
            trace_id: TraceId(trace_id),
            span_id: SpanId(span_id),
            is_sampled: flags & u128::from(SAMPLED) != 0,
            state: None,
            tracer: None,
        })
    }

    /// The value of `traceparent` for whoever is called from here.
    pub fn traceparent(&self) -> String {
        let flags = if self.is_sampled { SAMPLED } else { 0 };
        format!("00-{}-{}-{flags:02x}", self.trace_id, self.span_id)
    }

    /// The value of `tracestate` for whoever is called from here, if there is one.
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Whether spans of this trace go anywhere.
    pub fn is_recording(&self) -> bool {
        self.tracer.is_some()
    }
}

/// The value of lower-case hexadecimal digits; upper case is not allowed.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u128::from(digit))
    })
}

#[cfg(test)]
mod tests;

//! Begins traces, and decides which of them are recorded.

use crate::{
    Context, Ended, Kind, Span, SpanId, TraceId,
    span::{Name, Parent},
};
use std::{fmt, sync::Arc, time::SystemTime};

/// Where spans go.
pub trait Recorder: Send + Sync {
    /// Whether a trace that is begun or continued here is recorded.
    fn samples(&self, parent: Option<&Context>, trace_id: TraceId, name: &str) -> bool;

    /// Takes a span that has ended. It must not wait.
    fn record(&self, span: Ended);

    /// What has become of spans so far.
    fn counts(&self) -> Counts;
}

/// What has become of spans since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that were taken by whoever collects them.
    pub exported: u64,
    /// Spans that found no room while others waited.
    pub dropped: u64,
    /// Spans that were lost because nobody took them in time.
    pub failed: u64,
    /// Attempts to hand spans over that failed, each for many spans.
    pub failed_exports: u64,
}

/// Begins and continues traces.
#[derive(Clone)]
pub struct Tracer {
    random: fn() -> u128,
    shared: Option<Arc<Shared>>,
    now: fn() -> SystemTime,
}

/// What spans of a recorded trace need.
pub(crate) struct Shared {
    pub(crate) random: fn() -> u128,
    pub(crate) now: fn() -> SystemTime,
    pub(crate) recorder: Arc<dyn Recorder>,
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("records", &self.shared.is_some())
            .finish_non_exhaustive()
    }
}

impl Tracer {
    /// A tracer that hands contexts on and records nothing. `random` gives 128 random bits a call.
    pub fn new(random: fn() -> u128, now: fn() -> SystemTime) -> Self {
        Self {
            random,
            now,
            shared: None,
        }
    }

    /// The same with a recorder.
    #[must_use]
    pub fn with_recorder(self, recorder: Arc<dyn Recorder>) -> Self {
        let shared = Shared {
            random: self.random,
            now: self.now,
            recorder,
        };
        Self {
            shared: Some(Arc::new(shared)),
            ..self
        }
    }

    /// What has become of spans; nothing where none are recorded.
    pub fn counts(&self) -> Option<Counts> {
        self.shared.as_ref().map(|shared| shared.recorder.counts())
    }

    /// A span for a request: it continues the caller's trace, if there is one.
    ///
    /// The name is only made where a recorder may want it.
    pub fn server(&self, parent: Option<Context>, name: impl FnOnce() -> Name) -> Span {
        self.begin(parent, Kind::Server, name)
    }

    /// A span for work that nobody called for: it begins a trace.
    pub fn root(&self, name: &'static str) -> Span {
        self.begin(None, Kind::Internal, || name.into())
    }

    fn begin(&self, parent: Option<Context>, kind: Kind, name: impl FnOnce() -> Name) -> Span {
        let trace_id = parent
            .as_ref()
            .map_or_else(|| TraceId((self.random)().max(1)), |parent| parent.trace_id);
        let mut context = Context {
            trace_id,
            span_id: span_id(self.random),
            // Whoever does not decide hands on what was decided before.
            is_sampled: parent.as_ref().is_some_and(|parent| parent.is_sampled),
            state: None,
            tracer: None,
        };
        let Some(shared) = &self.shared else {
            context.state = parent.and_then(|parent| parent.state);
            return Span::silent(context);
        };
        let name = name();
        context.is_sampled = shared.recorder.samples(parent.as_ref(), trace_id, &name);
        let parent_id = parent.as_ref().map(|parent| Parent {
            id: parent.span_id,
            is_remote: true,
        });
        context.state = parent.and_then(|parent| parent.state);
        if !context.is_sampled {
            return Span::silent(context);
        }
        context.tracer = Some(Arc::clone(shared));
        Span::open(context, parent_id, kind, name)
    }
}

/// A new id of a span.
pub(crate) fn span_id(random: fn() -> u128) -> SpanId {
    #[expect(clippy::cast_possible_truncation, reason = "any 64 of the bits will do")]
    let id = random() as u64;
    // 0 is no id.
    SpanId(id.max(1))
}

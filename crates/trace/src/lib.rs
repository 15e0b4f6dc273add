//! The trace that a piece of work belongs to: read from a caller, carried along, written to whoever is called.
//!
//! A [`Context`] is the ids of W3C Trace Context. It is the current one of a thread while work for it runs
//! there ([`Carried`] futures, [`carry`] for closures), so that a line of the log or an outgoing request finds
//! it without being handed it. A [`Span`] is a piece of work with a name and a length; it goes to the
//! [`Recorder`] of its [`Tracer`]. Without one, or where a trace is not sampled, spans cost a comparison.
//! How spans leave the process, this crate does not know.
//!
//! ```
//! use trace::{Context, Tracer};
//! use std::time::SystemTime;
//!
//! let tracer = Tracer::new(|| 7, || SystemTime::UNIX_EPOCH);
//! let sent = [b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".as_slice()];
//! let parent = Context::parse(sent, []);
//! let span = tracer.server(parent, || "GET /".into());
//! let _entered = span.context().enter();
//! let next = trace::current().unwrap().traceparent();
//! assert_eq!(next, "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000007-01");
//! ```

mod context;
mod current;
mod span;
mod tracer;

pub use context::{Context, SpanId, TraceId};
pub use current::{Carried, Entered, carried, carried_in, carry, current, headers, with_current};
pub use span::{Ended, Kind, Span, Value, in_span, in_span_async};
pub use tracer::{Counts, Recorder, Tracer};

//! Spans are recorded with where they stand; without a recorder nothing happens.

use crate::{Context, Counts, Ended, Kind, Recorder, Span, TraceId, Tracer, Value};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

#[derive(Default)]
struct Kept {
    spans: Mutex<Vec<Ended>>,
    refuses: bool,
}

impl Recorder for Kept {
    fn samples(&self, _: Option<&Context>, _: TraceId, _: &str) -> bool {
        !self.refuses
    }

    fn record(&self, span: Ended) {
        self.spans.lock().unwrap().push(span);
    }

    fn counts(&self) -> Counts {
        Counts::default()
    }
}

fn random() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // The first is 0, which is no id.
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
}

fn now() -> SystemTime {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    SystemTime::UNIX_EPOCH + Duration::from_secs(NEXT.fetch_add(1, Ordering::Relaxed))
}

fn parent(flags: &str) -> Context {
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    Context::parse([parent.as_bytes()], [b"a=b".as_slice()]).unwrap()
}

#[test]
fn a_recorded_span_says_where_it_stands_and_what_it_was() {
    let kept = Arc::new(Kept::default());
    let tracer = Tracer::new(random, now).with_recorder(Arc::clone(&kept) as Arc<dyn Recorder>);
    let span = tracer.server(Some(parent("00")), || "GET /".into());
    assert!(span.context().is_sampled, "the recorder decides");
    let entered = span.context().enter();
    let mut child = Span::child("inside", Kind::Internal).unwrap();
    child.set("count", 3_usize);
    child.fail("lost");
    drop(child);
    drop(entered);
    assert!(Span::child("outside", Kind::Internal).is_none());
    let id = span.context().span_id;
    drop(span);
    let spans = kept.spans.lock().unwrap();
    let [child, server] = spans.as_slice() else {
        panic!("{spans:?}")
    };
    assert_eq!((child.parent, child.is_parent_remote), (Some(id), false));
    assert_eq!(
        child.attributes,
        [("count", Value::Number(3)), ("error.type", "lost".into())]
    );
    assert!(child.has_failed && !server.has_failed);
    assert_eq!(
        (server.parent, server.is_parent_remote),
        (Some(parent("00").span_id), true)
    );
    assert_eq!(server.context.tracestate(), Some("a=b"));
    assert_eq!(child.context.trace_id, server.context.trace_id);
    assert!(server.began < child.began && child.began < child.ended && child.ended < server.ended);
}

#[test]
fn without_a_recorder_the_context_goes_on_and_nothing_else_happens() {
    let tracer = Tracer::new(random, || panic!("nobody asks for the time"));
    for flags in ["00", "01"] {
        let span = tracer.server(Some(parent(flags)), || panic!("nobody asks for the name"));
        assert_eq!(span.context().is_sampled, flags == "01");
        assert_eq!(span.context().trace_id, parent(flags).trace_id);
        assert_ne!(span.context().span_id, parent(flags).span_id);
        assert_eq!(span.context().tracestate(), Some("a=b"));
        let _entered = span.context().enter();
        assert!(Span::child("inside", Kind::Internal).is_none());
    }
    let new = tracer.root("new");
    assert!(!new.context().is_sampled && new.context().trace_id.0 != 0 && new.context().span_id.0 != 0);
}

#[test]
fn a_trace_that_is_not_sampled_is_not_recorded_and_says_so() {
    let kept = Arc::new(Kept {
        refuses: true,
        ..Kept::default()
    });
    let tracer = Tracer::new(random, now).with_recorder(Arc::clone(&kept) as Arc<dyn Recorder>);
    let span = tracer.server(Some(parent("01")), || "GET /".into());
    assert!(!span.context().is_sampled && !span.is_recording());
    drop(span);
    assert!(kept.spans.lock().unwrap().is_empty());
}

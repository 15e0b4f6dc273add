//! A piece of work with a name, a beginning and an end.

use crate::{Context, SpanId, tracer::span_id, with_current};
use std::{borrow::Cow, fmt, sync::Arc, time::SystemTime};

/// The name of a span: one of few, never what a user sends.
pub(crate) type Name = Cow<'static, str>;

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It answers a request.
    Server,
    /// It makes one.
    Client,
    /// Neither.
    Internal,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
    /// Yes or no.
    Truth(bool),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(i64::from(number))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// The span above one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) id: SpanId,
    pub(crate) is_remote: bool,
}

/// A span that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its ids.
    pub context: Context,
    /// The span above it; none begins a trace.
    pub parent: Option<SpanId>,
    /// Whether that one is another process's.
    pub is_parent_remote: bool,
    /// Which side of a call it is.
    pub kind: Kind,
    /// What was done.
    pub name: Cow<'static, str>,
    /// When it began.
    pub began: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What there is to say of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// Whether it failed.
    pub has_failed: bool,
}

/// A piece of work that is under way; it ends when this is dropped.
pub struct Span {
    context: Context,
    open: Option<Box<Open>>,
}

/// What is known of a span that is recorded.
struct Open {
    parent: Option<Parent>,
    kind: Kind,
    name: Name,
    began: SystemTime,
    attributes: Vec<(&'static str, Value)>,
    has_failed: bool,
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.context).finish()
    }
}

impl Span {
    /// A span that goes nowhere.
    pub(crate) fn silent(context: Context) -> Self {
        Self { context, open: None }
    }

    /// A span that is recorded; its context must have a tracer.
    pub(crate) fn open(context: Context, parent: Option<Parent>, kind: Kind, name: Name) -> Self {
        let open = context.tracer.as_ref().map(|tracer| {
            Box::new(Open {
                parent,
                kind,
                name,
                began: (tracer.now)(),
                attributes: Vec::new(),
                has_failed: false,
            })
        });
        Self { context, open }
    }

    /// A span below the one that this thread works for; `None` where nobody records that one.
    pub fn child(name: &'static str, kind: Kind) -> Option<Self> {
        let parent = with_current(|current| current.filter(|context| context.is_recording()).cloned())?;
        let tracer = Arc::clone(parent.tracer.as_ref()?);
        let above = Parent {
            id: parent.span_id,
            is_remote: false,
        };
        let context = Context {
            span_id: span_id(tracer.random),
            ..parent
        };
        Some(Self::open(context, Some(above), kind, name.into()))
    }

    /// The ids of it.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether somebody wants to know of it.
    pub fn is_recording(&self) -> bool {
        self.open.is_some()
    }

    /// Says something of it.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(open) = &mut self.open {
            open.attributes.push((name, value.into()));
        }
    }

    /// Says that it failed, and in which of a few ways.
    pub fn fail(&mut self, kind: impl Into<Value>) {
        self.set("error.type", kind);
        if let Some(open) = &mut self.open {
            open.has_failed = true;
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let (Some(open), Some(tracer)) = (self.open.take(), self.context.tracer.clone()) else {
            return;
        };
        tracer.recorder.record(Ended {
            context: self.context.clone(),
            parent: open.parent.map(|parent| parent.id),
            is_parent_remote: open.parent.is_some_and(|parent| parent.is_remote),
            kind: open.kind,
            name: open.name,
            began: open.began,
            ended: (tracer.now)(),
            attributes: open.attributes,
            has_failed: open.has_failed,
        });
    }
}

/// Does a piece of work in a span below the current one, and describes it by what came of it, where that is recorded.
pub fn in_span<T>(
    name: &'static str,
    kind: Kind,
    work: impl FnOnce() -> T,
    describe: impl FnOnce(&mut Span, &T),
) -> T {
    let Some(mut span) = Span::child(name, kind) else {
        return work();
    };
    let entered = span.context.enter();
    let done = work();
    drop(entered);
    describe(&mut span, &done);
    done
}

/// The same for a future.
pub async fn in_span_async<T>(
    name: &'static str,
    kind: Kind,
    work: impl Future<Output = T>,
    describe: impl FnOnce(&mut Span, &T),
) -> T {
    let Some(mut span) = Span::child(name, kind) else {
        return work.await;
    };
    let done = span.context.clone().carry(work).await;
    describe(&mut span, &done);
    done
}

#[cfg(test)]
mod tests;

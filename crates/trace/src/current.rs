//! Which context a thread works for at the moment.
//!
//! The context is taken in and out with every poll of a future, by swapping: nothing is allocated, and what a
//! future leaves behind on a thread is what it found there.

use crate::Context;
use pin_project_lite::pin_project;
use std::{
    cell::RefCell,
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{self, Poll},
};

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// The context that this thread works for.
pub fn current() -> Option<Context> {
    with_current(|current| current.cloned())
}

/// Looks at the context that this thread works for.
pub fn with_current<T>(look: impl FnOnce(Option<&Context>) -> T) -> T {
    CURRENT.with_borrow(|current| look(current.as_ref()))
}

/// The headers that tell whoever is called from here which trace the call belongs to; none without a context.
pub fn headers() -> Vec<(&'static str, String)> {
    with_current(|current| {
        let parent = current.map(|context| ("traceparent", context.traceparent()));
        let state = current.and_then(Context::tracestate);
        parent
            .into_iter()
            .chain(state.map(|state| ("tracestate", state.to_owned())))
            .collect()
    })
}

fn swap(context: &mut Option<Context>) {
    CURRENT.with_borrow_mut(|current| mem::swap(current, context));
}

impl Context {
    /// Makes it the current one of this thread until the guard is dropped.
    pub fn enter(&self) -> Entered {
        Entered::new(Some(self.clone()))
    }

    /// Makes it the current one wherever this future runs.
    pub fn carry<F>(self, inner: F) -> Carried<F> {
        carried_in(Some(self), inner)
    }
}

/// A context is the current one while this lives; then the one before it is again.
#[must_use]
pub struct Entered {
    before: Option<Context>,
    /// It belongs to the thread that it was made on.
    _thread: std::marker::PhantomData<*const ()>,
}

impl Entered {
    fn new(mut context: Option<Context>) -> Self {
        swap(&mut context);
        Self {
            before: context,
            _thread: std::marker::PhantomData,
        }
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entered")
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        swap(&mut self.before);
    }
}

/// The future with the context of whoever makes it, wherever it runs: for tasks that are spawned.
pub fn carried<F>(inner: F) -> Carried<F> {
    carried_in(current(), inner)
}

/// The future with the context of somebody else, wherever it runs.
pub fn carried_in<F>(context: Option<Context>, inner: F) -> Carried<F> {
    Carried { inner, context }
}

/// The closure with the context of whoever makes it, on whichever thread it is called.
pub fn carry<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = current();
    move || {
        let _entered = Entered::new(context);
        work()
    }
}

pin_project! {
    /// A future with a context of its own.
    pub struct Carried<F> {
        #[pin]
        inner: F,
        context: Option<Context>,
    }
}

impl<F> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// Swaps a context in, and out again even when what runs meanwhile panics.
struct Swapped<'a>(&'a mut Option<Context>);

impl<'a> Swapped<'a> {
    fn new(context: &'a mut Option<Context>) -> Self {
        swap(context);
        Self(context)
    }
}

impl Drop for Swapped<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _swapped = Swapped::new(this.context);
        this.inner.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{carried, carry, current};
    use crate::Context;
    use std::{
        future::poll_fn,
        panic::{AssertUnwindSafe, catch_unwind},
        pin::pin,
        task::{self, Poll, Waker},
        thread,
    };

    fn context(span: u8) -> Context {
        let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902{span:02x}-01");
        Context::parse([parent.as_bytes()], []).unwrap()
    }

    fn span() -> Option<u64> {
        current().map(|context| context.span_id.0 & 0xff)
    }

    #[test]
    fn the_context_before_comes_back() {
        assert_eq!(span(), None);
        let outer = context(1).enter();
        {
            let _inner = context(2).enter();
            assert_eq!(span(), Some(2));
        }
        assert_eq!(span(), Some(1));
        let panicked = catch_unwind(|| {
            let _inner = context(3).enter();
            panic!("on purpose");
        });
        assert!(panicked.is_err());
        assert_eq!(span(), Some(1));
        drop(outer);
        assert_eq!(span(), None);
    }

    #[test]
    fn a_future_has_its_context_at_every_poll_and_leaves_nothing() {
        let mut polls = 0;
        let mut future = pin!(context(4).carry(poll_fn(|_| {
            polls += 1;
            assert_eq!(span(), Some(4));
            assert!(polls < 3, "on purpose");
            Poll::<()>::Pending
        })));
        let mut cx = task::Context::from_waker(Waker::noop());
        for _ in 0..2 {
            assert!(future.as_mut().poll(&mut cx).is_pending());
            assert_eq!(span(), None);
        }
        let _other = context(5).enter();
        assert!(catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))).is_err());
        assert_eq!(span(), Some(5));
    }

    #[test]
    fn a_context_goes_along_to_other_threads() {
        let entered = context(6).enter();
        let work = carry(span);
        let future = carried(async { span() });
        drop(entered);
        let there = thread::spawn(move || (work(), span())).join().unwrap();
        assert_eq!(there, (Some(6), None));
        let mut cx = task::Context::from_waker(Waker::noop());
        assert_eq!(pin!(future).poll(&mut cx), Poll::Ready(Some(6)));
    }
}

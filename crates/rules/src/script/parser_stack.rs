//! A stack that is large enough for a recursive parser on the largest script.

use std::{cell::Cell, panic, thread};

/// Bytes of stack: an address range, of which only what is used becomes memory.
const STACK_BYTES: usize = 4 << 30;

thread_local! {
    static ON_PARSER_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs the function on a thread whose stack holds the parser's deepest recursion, and waits for it.
///
/// On such a thread already, it is called directly: whoever checks many rules wraps the whole batch and pays
/// for one thread.
///
/// # Panics
///
/// When the function panics, or the operating system gives no thread.
pub fn on_parser_stack<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    if ON_PARSER_STACK.get() {
        return f();
    }
    let marked = || {
        ON_PARSER_STACK.set(true);
        f()
    };
    thread::scope(|scope| {
        let builder = thread::Builder::new()
            .name("parser".to_owned())
            .stack_size(STACK_BYTES);
        let thread = builder
            .spawn_scoped(scope, marked)
            .expect("a thread can be started");
        thread
            .join()
            .unwrap_or_else(|panicked| panic::resume_unwind(panicked))
    })
}

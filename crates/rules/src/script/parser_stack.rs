//! A stack that is large enough for a recursive parser on the largest script.

use std::{cell::Cell, panic, thread};

/// Bytes of stack: an address range, of which only what is used becomes memory.
///
/// Measured as the resident bytes of the stack after each script of `script::tests::nasty` at 102 400 bytes (oxc
/// 0.146, Rust 1.95, x86-64). Without brackets the deepest are, in bytes of stack a byte of source, unoptimized and
/// optimized: `a**a**…` 394 and 90, `!!!…` 320 and 112, `a=>a=>…` 266 and 309: 38 MiB at most. Brackets nest to
/// [`crate::limits::JS_NESTING_MAX`] only; the deepest are groups of a regular expression with 15 KiB a level
/// unoptimized, 15 MiB in all. What is given is thirteen times the worst.
const STACK_BYTES: usize = 512 << 20;

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

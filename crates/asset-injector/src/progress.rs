//! A sign of life for whoever waits at a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

/// How often it is drawn.
const TICK: Duration = Duration::from_millis(200);

/// A spinner on standard error; it goes when it is dropped.
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    /// A spinner that says what is waited for, if there is a terminal to draw it on.
    pub(crate) fn on_terminal(message: impl Into<String>) -> Option<Self> {
        io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            bar.set_style(style.expect("the template is valid"));
            bar.set_message(message.into());
            bar.enable_steady_tick(TICK);
            Self(bar)
        })
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

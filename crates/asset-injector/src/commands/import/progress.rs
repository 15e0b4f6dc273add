//! How far a long import is, for whoever watches at a terminal.

use super::events::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

/// How often it is drawn while nothing comes.
const TICK: Duration = Duration::from_millis(200);

/// A bar on standard error; it goes when it is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar, if there is a terminal to draw it on.
    pub(super) fn on_terminal() -> Option<Self> {
        io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("the template is valid"),
            );
            bar.set_message("sending");
            bar.enable_steady_tick(TICK);
            Self(bar)
        })
    }

    /// Shows what an event says.
    pub(super) fn show(&self, event: &Event) {
        let Ok(step) = serde_json::from_str::<Value>(&event.data) else {
            return;
        };
        let (phase, rules) = (step["phase"].as_str(), step["rules"].as_u64());
        match (phase, rules) {
            (Some("read"), Some(rules)) => {
                let style = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len} rules, {elapsed}");
                self.0.set_style(style.expect("the template is valid"));
                self.0.set_length(rules);
                self.0.set_message("checking");
            }
            (Some("checked"), Some(rules)) => {
                self.0.set_position(rules);
                if Some(rules) == self.0.length() {
                    self.0.set_message("writing");
                }
            }
            (Some(_) | None, _) => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

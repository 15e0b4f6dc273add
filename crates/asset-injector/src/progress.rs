//! A sign of life for whoever waits at a terminal, and how far it is where that is told.

use crate::{
    call::{Answer, Call},
    events::Events,
    failure::Failure,
    output::Format,
    target::Target,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

/// How often it is drawn while nothing comes.
const TICK: Duration = Duration::from_millis(200);

/// The media type of events.
const EVENTS: &str = "text/event-stream";

/// The status of an answer that began as a success and ends with an error.
const FAILED_LATER: u16 = 500;

/// While nothing is known.
const SPINNER: &str = "{spinner} {msg} {elapsed}";
/// A download.
const DOWNLOAD: &str = "{msg} {wide_bar} {bytes} of {total_bytes}, {elapsed}";
/// A download of unknown size.
const DOWNLOAD_OPEN: &str = "{spinner} {msg} {bytes}, {elapsed}";
/// Rules that are checked.
const RULES: &str = "{msg} {wide_bar} {pos} of {len} rules, {elapsed}";

/// A line on standard error: a spinner, or a bar; it goes when it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    doing: String,
}

impl Progress {
    /// A spinner that says what is waited for, if there is a terminal to draw it on and no program reads what comes.
    pub(crate) fn on_terminal(doing: impl Into<String>, format: Format) -> Option<Self> {
        let is_watched = format == Format::Human && io::stderr().is_terminal();
        is_watched.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let progress = Self {
                bar,
                doing: doing.into(),
            };
            progress.draw(SPINNER, &progress.doing);
            progress.bar.enable_steady_tick(TICK);
            progress
        })
    }

    /// Shows what an event says.
    fn show(&self, step: &Value) {
        let count = |name: &str| step[name].as_u64();
        match (step["phase"].as_str(), count("rules")) {
            (Some("downloaded"), _) => self.downloaded(step),
            (Some("read"), Some(rules)) => {
                self.draw(RULES, "checking");
                self.bar.set_length(rules);
                self.bar.set_position(0);
            }
            (Some("checked"), Some(rules)) => {
                self.bar.set_position(rules);
                if Some(rules) == self.bar.length() {
                    self.bar.set_message("writing");
                }
            }
            (Some(_) | None, _) => {}
        }
    }

    fn downloaded(&self, step: &Value) {
        let count = |name: &str| step[name].as_u64();
        let bytes = count("bytes").unwrap_or_default();
        let (number, of, total) = (count("number"), count("of"), count("bytes_total"));
        if number == of && total == Some(bytes) {
            // All has come; what is left to do is not told.
            self.draw(SPINNER, &self.doing);
            return;
        }
        let name = step["name"].as_str().unwrap_or_default();
        let which = match (number, of) {
            (Some(number), Some(of)) if of > 1 => format!("{name} ({number} of {of})"),
            _ => name.to_owned(),
        };
        match total {
            Some(total) => {
                self.draw(DOWNLOAD, &which);
                self.bar.set_length(total);
            }
            None => self.draw(DOWNLOAD_OPEN, &which),
        }
        self.bar.set_position(bytes);
    }

    fn draw(&self, template: &str, message: &str) {
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        self.bar.set_style(style);
        self.bar.set_message(message.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Makes a call that may take minutes, and shows how far it is where people watch.
///
/// # Errors
///
/// When there is no whole answer.
pub(crate) fn watch(target: &Target, call: Call, doing: &str, format: Format) -> anyhow::Result<Answer> {
    let mut call = call.long();
    let progress = Progress::on_terminal(doing, format);
    if progress.is_some() {
        call = call.header("accept", EVENTS);
    }
    let (mut events, mut report) = (Events::default(), None);
    let answer = target.ask(&call, &mut |piece| {
        let Some(progress) = &progress else { return };
        for event in events.take(piece) {
            match &*event.kind {
                "report" => report = Some(event.data),
                _ => progress.show(&serde_json::from_str(&event.data).unwrap_or_default()),
            }
        }
    })?;
    drop(progress);
    let is_stream = answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with(EVENTS));
    if !is_stream {
        return Ok(answer);
    }
    let report = report.ok_or_else(|| {
        Failure::new(
            "the answer ends before it says what became of it",
            "look what is there now (`rules list`, `packs list`), and at the server's log; then try again",
        )
    })?;
    Ok(ended(answer, report))
}

/// The answer that a stream ends with, as if it had come alone.
fn ended(stream: Answer, report: String) -> Answer {
    let answer = Answer {
        body: report.into_bytes(),
        ..stream
    };
    match answer.value()["status"] == "success" {
        true => answer,
        false => Answer {
            status: FAILED_LATER,
            ..answer
        },
    }
}

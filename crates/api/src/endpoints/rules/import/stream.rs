//! An import that tells how far it is: server-sent events, of which the last one is the report.

use super::job::{Job, Step};
use crate::answer;
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures_core::Stream;
use rulefile::Progress;
use serde_json::json;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task,
};

/// The media type of events.
pub(super) const EVENTS: &str = "text/event-stream";

/// Starts the import and answers with its events.
pub(super) fn response(job: Job) -> Response {
    // One event for some dozens of rules, and an import has a bound: the channel needs none.
    let (sender, receiver) = unbounded_channel();
    task::spawn(trace::carried(run(job, sender)));
    let mut response = answer::typed(
        Body::from_stream(Events(receiver)),
        HeaderValue::from_static(EVENTS),
    );
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn run(job: Job, sender: UnboundedSender<Bytes>) {
    let actor = job.actor().clone();
    let progress = sender.clone();
    let listener = move |step| {
        let (phase, rules) = match step {
            Step::Reading(Progress::Read(count)) => ("read", count),
            Step::Reading(Progress::Checked(count)) => ("checked", count),
            Step::Written(count) => ("written", count),
        };
        let data = json!({"phase": phase, "rules": rules}).to_string();
        // Whoever has gone does not need to know.
        let _ = progress.send(event("progress", data.as_bytes()));
    };
    let envelope = match job.run(Arc::new(listener)).await {
        Ok(report) => answer::envelope(report, 4096),
        Err(error) => error.render(actor.request_id()).into(),
    };
    let _ = sender.send(event("report", &envelope));
}

/// One event; JSON of ours stands on one line.
fn event(name: &str, data: &[u8]) -> Bytes {
    [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"]
        .concat()
        .into()
}

/// The events as they come.
struct Events(UnboundedReceiver<Bytes>);

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}

//! Operations that tell how far they are: server-sent events, of which the last one, `report`, is the answer.
//!
//! What is told is where things stand, so of each phase only the newest word waits for the client: one that is slow
//! holds neither memory nor the operation, and one that has gone changes nothing.

use crate::{answer, error::Error};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use catalog::{Download, Listener};
use futures_core::Stream;
use serde::Serialize;
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{
        Notify,
        mpsc::{Receiver, Sender, channel},
    },
    task::{self, JoinError, JoinHandle},
    time::sleep,
};

/// The media type of events.
const EVENTS: &str = "text/event-stream";

/// The shortest time between two words on how far it is: ten a second are enough for every eye.
const PAUSE: Duration = Duration::from_millis(100);

/// How far an operation is.
#[derive(Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub(crate) enum Progress {
    /// So much of a file has come.
    Downloaded {
        /// The pack, or the name of the file.
        name: String,
        /// Which of the files, from 1 on.
        number: usize,
        /// How many files there are.
        of: usize,
        /// Bytes that have come; they begin at 0 again when an attempt is repeated.
        bytes: u64,
        /// Bytes of the whole file; `null` where the sender does not say.
        bytes_total: Option<u64>,
    },
    /// So many rules stand in the text.
    Read {
        /// How many.
        rules: usize,
    },
    /// So many of them are checked.
    Checked {
        /// How many.
        rules: usize,
    },
    /// So many are stored and in force.
    Written {
        /// How many.
        rules: usize,
    },
}

impl From<Download<'_>> for Progress {
    fn from(download: Download<'_>) -> Self {
        let Download {
            name,
            number,
            of,
            bytes,
            bytes_total,
        } = download;
        Self::Downloaded {
            name: name.to_owned(),
            number,
            of,
            bytes,
            bytes_total,
        }
    }
}

/// Takes words on how far an operation is, from any thread, without ever waiting.
#[derive(Clone, Default)]
pub(crate) struct Teller(Arc<Told>);

/// What the client has not taken yet.
#[derive(Default)]
struct Told {
    waiting: Mutex<VecDeque<Progress>>,
    news: Notify,
}

impl Teller {
    /// Tells it; an older word on the same phase that still waits is forgotten.
    pub(crate) fn tell(&self, progress: Progress) {
        let mut waiting = self.0.waiting();
        let phase = mem::discriminant(&progress);
        match waiting
            .iter_mut()
            .find(|other| mem::discriminant(*other) == phase)
        {
            Some(older) => *older = progress,
            None => waiting.push_back(progress),
        }
        drop(waiting);
        self.0.news.notify_one();
    }

    /// What tells how far downloads are.
    pub(crate) fn of_downloads(&self) -> Listener {
        let teller = self.clone();
        Arc::new(move |download: Download<'_>| teller.tell(download.into()))
    }
}

impl Told {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Progress>> {
        self.waiting.lock().expect("no holder of the lock panics")
    }

    fn pop(&self) -> Option<Progress> {
        self.waiting().pop_front()
    }

    async fn next(&self) -> Progress {
        loop {
            if let Some(progress) = self.pop() {
                return progress;
            }
            self.news.notified().await;
        }
    }
}

/// Whether the client asks for events.
pub(crate) fn are_wanted(headers: &HeaderMap) -> bool {
    let sent = headers.get_all(header::ACCEPT).iter();
    let mut kinds = sent
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','));
    kinds.any(|kind| {
        let essence = kind.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(EVENTS)
    })
}

/// Does the work and answers with what came of it; with `are_wanted` at once, with its events.
pub(crate) async fn respond<T, F>(
    are_wanted: bool,
    request_id: String,
    work: impl FnOnce(Teller) -> F,
) -> Result<Response, Error>
where
    T: Serialize + Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let teller = Teller::default();
    let told = Arc::clone(&teller.0);
    let work = work(teller);
    if !are_wanted {
        return Ok(answer::success(work.await?));
    }
    let id = request_id.clone();
    // The answer is made where the work is: what failed is logged also when nobody takes it any more.
    let working = task::spawn(trace::carried(async move {
        match work.await {
            Ok(data) => answer::envelope(data, 4096),
            Err(error) => error.render(&id).into(),
        }
    }));
    let (sender, receiver) = channel(1);
    task::spawn(trace::carried(async move {
        // Whoever has gone does not need to know, and the work goes on.
        let _ = forward(&told, working, &request_id, &sender).await;
    }));
    let mut response = answer::typed(
        Body::from_stream(Events(receiver)),
        HeaderValue::from_static(EVENTS),
    );
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Sends what is told while the work is done, and what came of it; `None` when the client has gone.
async fn forward(
    told: &Told,
    mut working: JoinHandle<Bytes>,
    request_id: &str,
    to: &Sender<Bytes>,
) -> Option<()> {
    let done = loop {
        tokio::select! {
            biased;
            done = &mut working => break done,
            progress = told.next() => send(to, "progress", &printed(&progress)).await?,
        }
        tokio::select! {
            biased;
            done = &mut working => break done,
            () = sleep(PAUSE) => {}
        }
    };
    while let Some(progress) = told.pop() {
        send(to, "progress", &printed(&progress)).await?;
    }
    let broken = |error: JoinError| Error::internal(error.to_string()).render(request_id).into();
    send(to, "report", &done.unwrap_or_else(broken)).await
}

fn printed(progress: &Progress) -> Vec<u8> {
    serde_json::to_vec(progress).expect("plain data serializes")
}

/// Sends one event; JSON of ours stands on one line.
async fn send(to: &Sender<Bytes>, name: &str, data: &[u8]) -> Option<()> {
    let event = [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"].concat();
    to.send(event.into()).await.ok()
}

/// The events as they come.
struct Events(Receiver<Bytes>);

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}

#[cfg(test)]
mod tests;

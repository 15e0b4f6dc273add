//! Exports spans to a collector, on a thread of its own: whoever ends a span never waits for it.
//!
//! A span that finds no room in the queue is dropped and counted. The thread has a runtime of its own, since
//! those of the server serve; it keeps the connection to the collector. Nothing of this exists unless a
//! collector is named.

mod client;
mod convert;
mod target;

use crate::config::{ExportConfig, Root};
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::{Sampler, ShouldSample, SpanData, SpanExporter as _};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc as blocking,
    },
    thread,
    time::Duration,
};
use tokio::{
    sync::{
        Notify,
        mpsc::{self, Receiver, Sender},
    },
    time::{sleep, timeout},
};
use trace::{Counts, Ended, Recorder, TraceId};

/// The longest wait for the last spans to be exported when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Takes spans, and says which traces are recorded.
pub(crate) struct Exporter {
    queue: Sender<SpanData>,
    sampler: Box<dyn ShouldSample>,
    batch_max: usize,
    shared: Arc<Shared>,
}

/// What the thread and those who hand over spans share.
#[derive(Default)]
struct Shared {
    /// A batch is full, or the end is near.
    due: Notify,
    exported: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    failed_exports: AtomicU64,
}

/// Exports what still waits when it is dropped.
#[must_use]
pub(crate) struct Export {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    ended: blocking::Receiver<()>,
}

/// Starts the thread.
///
/// # Errors
///
/// When the exporter cannot be made of these settings, or the system has no thread left.
pub(crate) fn start(config: &ExportConfig) -> anyhow::Result<(Arc<Exporter>, Export)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let target = {
        // gRPC starts a task for its connection.
        let _entered = runtime.enter();
        target::target(config)?
    };
    let (queue, spans) = mpsc::channel(config.queue_max);
    let shared = Arc::<Shared>::default();
    let exporter = Exporter {
        queue,
        sampler: sampler(config),
        batch_max: config.batch_max,
        shared: Arc::clone(&shared),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let (living, ended) = blocking::channel();
    let worker = Worker {
        target,
        spans,
        delay: config.delay,
        export_timeout: config.export_timeout,
        batch_max: config.batch_max,
        shared,
        is_failing: false,
    };
    thread::Builder::new().name("traces".to_owned()).spawn(move || {
        runtime.block_on(worker.run(stopped));
        drop(living);
    })?;
    let export = Export {
        stop: Some(stop),
        ended,
    };
    Ok((Arc::new(exporter), export))
}

fn sampler(config: &ExportConfig) -> Box<dyn ShouldSample> {
    let root = match config.sampler.root {
        Root::Always => Sampler::AlwaysOn,
        Root::Never => Sampler::AlwaysOff,
        Root::Ratio => Sampler::TraceIdRatioBased(config.ratio),
    };
    match config.sampler.asks_parent {
        true => Box::new(Sampler::ParentBased(Box::new(root))),
        false => Box::new(root),
    }
}

impl Recorder for Exporter {
    fn samples(&self, parent: Option<&trace::Context>, trace_id: TraceId, name: &str) -> bool {
        let parent = parent.map(convert::remote);
        let trace_id = opentelemetry::TraceId::from(trace_id.0);
        let sampled =
            self.sampler
                .should_sample(parent.as_ref(), trace_id, name, &SpanKind::Server, &[], &[]);
        convert::is_sampled(&sampled)
    }

    fn record(&self, span: Ended) {
        match self.queue.try_reserve() {
            Ok(place) => place.send(convert::span(span)),
            Err(_) => {
                self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
        // The thread sleeps while spans gather, so that only a full batch wakes it.
        if self.queue.max_capacity() - self.queue.capacity() >= self.batch_max {
            self.shared.due.notify_one();
        }
    }

    fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            exported: of(&self.shared.exported),
            dropped: of(&self.shared.dropped),
            failed: of(&self.shared.failed),
            failed_exports: of(&self.shared.failed_exports),
        }
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A collector that does not answer is not waited for. That nobody sends any more says that the thread has ended.
        let _ = self.ended.recv_timeout(FLUSH_TIMEOUT);
    }
}

/// What the thread does.
struct Worker {
    target: opentelemetry_otlp::SpanExporter,
    spans: Receiver<SpanData>,
    delay: Duration,
    export_timeout: Duration,
    batch_max: usize,
    shared: Arc<Shared>,
    is_failing: bool,
}

impl Worker {
    /// Exports until it is told to stop, and then what still waits.
    async fn run(mut self, mut stopped: tokio::sync::oneshot::Receiver<()>) {
        let mut batch = Vec::new();
        let mut is_stopping = false;
        while !is_stopping {
            tokio::select! {
                first = self.spans.recv() => batch.extend(first),
                _ = &mut stopped => is_stopping = true,
            }
            if !is_stopping {
                tokio::select! {
                    () = sleep(self.delay) => {}
                    () = self.shared.due.notified() => {}
                    _ = &mut stopped => is_stopping = true,
                }
            }
            while self.fill(&mut batch) {
                self.export(std::mem::take(&mut batch)).await;
            }
        }
    }

    /// Takes what waits, up to a whole batch; false if there is nothing.
    fn fill(&mut self, batch: &mut Vec<SpanData>) -> bool {
        while batch.len() < self.batch_max
            && let Ok(span) = self.spans.try_recv()
        {
            batch.push(span);
        }
        !batch.is_empty()
    }

    async fn export(&mut self, batch: Vec<SpanData>) {
        let count = batch.len() as u64;
        let exported = timeout(self.export_timeout, self.target.export(batch)).await;
        let error = match exported {
            Ok(Ok(())) => {
                self.shared.exported.fetch_add(count, Ordering::Relaxed);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("spans can be exported again");
                }
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.shared.failed.fetch_add(count, Ordering::Relaxed);
        self.shared.failed_exports.fetch_add(1, Ordering::Relaxed);
        // Once, however long it lasts.
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(
                error,
                "spans cannot be exported; they are lost until the collector takes them"
            );
        }
    }
}

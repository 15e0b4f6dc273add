//! The process itself: what was built, what it uses, what it lost, and how long its certificate lasts.

use super::{Kind, Label, Metric, PLAIN};
use procfs::{ProcResult, WithCurrentSystemInfo as _, process::Process};
use std::sync::atomic::Ordering;

const fn label(name: &'static str, values: &'static str) -> Label {
    Label { name, values }
}

/// Why nothing is known of the process.
const NO_PROC: &str = "where there is no `/proc`";

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "asset_injector_build_info",
        labels: &[
            label("version", "the release"),
            label("commit", "the commit; empty where it is unknown"),
            label("rustc", "the compiler"),
        ],
        help: "Always 1; the labels say what was built.",
        read: |seen, series| {
            let build = &seen.state.build;
            series.add([build.version, build.commit, build.rustc], 1_u64);
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_log_lines_dropped_total",
        kind: Kind::Counter,
        unit: "lines",
        help: "Lines of the log that were lost because its reader was too slow.",
        read: |seen, series| series.set(seen.state.config.outside.log_lines_lost.load(Ordering::Relaxed)),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_trace_spans_total",
        kind: Kind::Counter,
        unit: "spans",
        labels: &[Label {
            name: "outcome",
            values: "`exported`, `dropped` (the queue was full), `failed` (the collector did not take it in time)",
        }],
        help: "Spans that have ended, by what became of them.",
        absent: "without a collector",
        read: |seen, series| {
            if let Some(spans) = seen.state.config.tracer.counts() {
                series.add(["exported"], spans.exported);
                series.add(["dropped"], spans.dropped);
                series.add(["failed"], spans.failed);
            }
        },
    },
    Metric {
        name: "asset_injector_trace_export_failures_total",
        kind: Kind::Counter,
        unit: "attempts",
        help: "Attempts to hand spans to the collector that failed, each for many spans.",
        absent: "without a collector",
        read: |seen, series| {
            let spans = seen.state.config.tracer.counts();
            series.set(spans.map(|spans| spans.failed_exports));
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_token_reload_failures_total",
        kind: Kind::Counter,
        unit: "attempts",
        help: "Times that AUTH_TOKENS_FILE changed and could not be used; the last tokens stay in force.",
        absent: "without tokens",
        read: |seen, series| {
            let tokens = seen.state.config.access.tokens.as_ref();
            series.set(tokens.map(|tokens| tokens.failed_reloads()));
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_certificate_expiry_timestamp_seconds",
        unit: "seconds since 1970",
        help: "When the certificate ends that is served now.",
        absent: "without ENABLE_HTTPS",
        read: |seen, series| {
            let ends_ms = seen.state.config.outside.certificate_ends_ms.as_ref();
            series.set(ends_ms.map(|ends_ms| ends_ms.load(Ordering::Relaxed) as f64 / 1000.0));
        },
        ..PLAIN
    },
    Metric {
        name: "process_cpu_seconds_total",
        kind: Kind::Counter,
        unit: "seconds",
        help: "CPU time of the process, in user and system mode.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.cpu_seconds)),
        ..PLAIN
    },
    Metric {
        name: "process_resident_memory_bytes",
        unit: "bytes",
        help: "Memory of the process that is resident.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.resident_bytes)),
        ..PLAIN
    },
    Metric {
        name: "process_virtual_memory_bytes",
        unit: "bytes",
        help: "Address space of the process.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.virtual_bytes)),
        ..PLAIN
    },
    Metric {
        name: "process_open_fds",
        unit: "descriptors",
        help: "Files and connections that the process has open.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.open_fds)),
        ..PLAIN
    },
    Metric {
        name: "process_max_fds",
        unit: "descriptors",
        help: "Files and connections that the process may have open.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.max_fds)),
        ..PLAIN
    },
    Metric {
        name: "process_threads",
        unit: "threads",
        help: "Threads of the process.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.threads)),
        ..PLAIN
    },
    Metric {
        name: "process_start_time_seconds",
        unit: "seconds since 1970",
        help: "When the process began.",
        absent: NO_PROC,
        read: |seen, series| series.set(seen.process.as_ref().map(|usage| usage.began_seconds)),
        ..PLAIN
    },
];

/// What the process uses, as the system counts it.
pub(super) struct Usage {
    cpu_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    open_fds: usize,
    max_fds: u64,
    threads: i64,
    began_seconds: f64,
}

impl Usage {
    /// Nothing where the system does not say.
    pub(super) fn read() -> Option<Self> {
        Self::of(&Process::myself().ok()?).ok()
    }

    fn of(process: &Process) -> ProcResult<Self> {
        let stat = process.stat()?;
        let ticks = procfs::ticks_per_second() as f64;
        let max_fds = match process.limits()?.max_open_files.soft_limit {
            procfs::process::LimitValue::Value(limit) => limit,
            procfs::process::LimitValue::Unlimited => u64::MAX,
        };
        Ok(Self {
            cpu_seconds: (stat.utime + stat.stime) as f64 / ticks,
            resident_bytes: stat.rss_bytes().get(),
            virtual_bytes: stat.vsize,
            open_fds: process.fd_count()?,
            max_fds,
            threads: stat.num_threads,
            began_seconds: procfs::boot_time_secs()? as f64 + stat.starttime as f64 / ticks,
        })
    }
}

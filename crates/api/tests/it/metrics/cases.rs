//! What each metric counts, brought about.

use crate::{
    access::keys,
    app::{RULES, TestApp, config, contents, local, settings},
    metrics::database::BusyDatabase,
    packs::outside::{TestUpstream, nothing_outside},
};
use api::{Access, RateLimit};
use catalog::{Settings, Sources};
use rules::StackLimits;
use std::{
    fs::File,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use store::{ErrorKind, Problem};
use trace::{Counts, Ended, Recorder, TraceId};

/// A collector that takes no span of the API: each is dropped, after an attempt to hand it over.
#[derive(Default)]
struct SlowCollector(AtomicU64);

impl Recorder for SlowCollector {
    fn samples(&self, _: Option<&trace::Context>, _: TraceId, name: &str) -> bool {
        name == "GET /v1/rules"
    }

    fn record(&self, _: Ended) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn counts(&self) -> Counts {
        let lost = self.0.load(Ordering::SeqCst);
        Counts {
            dropped: lost,
            failed_exports: lost,
            ..Counts::default()
        }
    }
}

type Labels = &'static [(&'static str, &'static str)];

/// What the samples of a metric must have become.
pub(super) enum Now {
    /// Those with these labels are greater by so much.
    Grown(Labels, f64),
    /// They are greater, whoever else is at work in this process.
    Greater(Labels),
    /// They are exactly that, and were something else.
    Are(Labels, f64),
    /// They are that, and always were.
    Stay(Labels, f64),
}

pub(super) const PAGE: &str = r#"{"url":"https://news.example/a"}"#;
const ALL: &str = r#"{"url":"https://news.example/a","mode":"all"}"#;

/// The application for the case of a metric.
pub(super) async fn app_for(metric: &str) -> TestApp {
    let mut config = config();
    let mut settings = Settings {
        stack: StackLimits {
            rules: 1,
            ..StackLimits::default()
        },
        ..settings()
    };
    match metric {
        "asset_injector_requests_rate_limited_total" => {
            config.access.rate_limit = Some(RateLimit {
                per_second: NonZeroU32::MIN,
                burst: NonZeroU32::MIN,
            });
        }
        "asset_injector_requests_shed_total" => config.requests_max = 0,
        "asset_injector_token_reload_failures_total" => {
            config.access = Access {
                tokens: Some(Arc::clone(&keys().tokens)),
                ..Access::default()
            };
        }
        "asset_injector_certificate_expiry_timestamp_seconds" => {
            config.outside.certificate_ends_ms = Some(Arc::new(AtomicI64::new(1_000)));
        }
        "asset_injector_cache_evictions_total" => settings.cache_entries_max = 1,
        name if name.contains("_database_") => {
            config.outside.database = Some(Arc::new(BusyDatabase::default()));
        }
        name if name.contains("_trace_") => {
            config.tracer = config.tracer.with_recorder(Arc::new(SlowCollector::default()));
        }
        _ => {}
    }
    let sources = match metric.contains("_community_") {
        true => {
            let repository = Arc::<TestUpstream>::default();
            repository.set_down(metric.ends_with("_failing"));
            Sources {
                repository: Some(repository),
                ..nothing_outside()
            }
        }
        false => nothing_outside(),
    };
    let app = TestApp::with_sources(contents(local(RULES)), config, settings, sources);
    // Kept rules stand in only where none were loaded.
    if metric != "asset_injector_snapshot_kept_age_seconds" {
        app.refresh().await;
    }
    app
}

/// Lets happen what a metric counts, and says what it must show then.
pub(super) async fn happen(app: &TestApp, metric: &str) -> Now {
    match metric {
        name if name.starts_with("process_") => of_process(name),
        name if name.starts_with("http_") || name.contains("_requests_") => of_requests(app, name).await,
        name if name.contains("_cache_") || name.contains("_resolve") => of_answers(app, name).await,
        name if name.contains("_pack_") || name.contains("_community_") => of_packs(app, name).await,
        name if name.contains("_rule") || name.contains("_snapshot_") => of_rules(app, name).await,
        "asset_injector_panics_total" => {
            app.break_clock();
            assert_eq!(app.get("/v1/rules").await.status, 500);
            app.mend_clock();
            Now::Grown(&[], 1.0)
        }
        "asset_injector_refreshes_total" => {
            app.store.break_loading();
            app.try_refresh().await;
            Now::Grown(&[("outcome", "failed")], 1.0)
        }
        "asset_injector_refresh_failing" => {
            app.store.break_loading();
            app.try_refresh().await;
            Now::Are(&[], 1.0)
        }
        "asset_injector_store_operations_total" => {
            app.store.refuse(ErrorKind::Unavailable);
            app.call("DELETE", "/v1/rules/news", "").await;
            Now::Grown(&[("operation", "write"), ("outcome", "failed")], 1.0)
        }
        "asset_injector_log_lines_dropped_total" => {
            app.config.outside.log_lines_lost.fetch_add(7, Ordering::SeqCst);
            Now::Grown(&[], 7.0)
        }
        "asset_injector_trace_spans_total" => {
            app.get("/v1/rules").await;
            Now::Grown(&[("outcome", "dropped")], 1.0)
        }
        "asset_injector_trace_export_failures_total" => {
            app.get("/v1/rules").await;
            Now::Grown(&[], 1.0)
        }
        "asset_injector_token_reload_failures_total" => {
            app.config.access.tokens.as_ref().unwrap().note_failed_reload();
            Now::Grown(&[], 1.0)
        }
        "asset_injector_certificate_expiry_timestamp_seconds" => {
            let ends = app.config.outside.certificate_ends_ms.as_ref().unwrap();
            ends.store(2_000_500, Ordering::SeqCst);
            Now::Are(&[], 2_000.5)
        }
        "asset_injector_database_up" | "asset_injector_database_connection_waits" => Now::Are(&[], 1.0),
        "asset_injector_database_connections" => Now::Grown(&[("state", "idle")], 2.0),
        "asset_injector_database_listen_reconnects_total" => Now::Grown(&[], 1.0),
        "asset_injector_database_notifications_total" => Now::Grown(&[], 3.0),
        "asset_injector_build_info" => Now::Stay(&[("version", "1.2.3"), ("commit", "abc")], 1.0),
        other => panic!("`{other}` is documented, and nobody knows how to bring it about"),
    }
}

async fn of_requests(app: &TestApp, metric: &str) -> Now {
    match metric {
        "http_requests_total" => {
            app.get("/v1/rules/none").await;
            Now::Grown(
                &[("method", "GET"), ("route", "/v1/rules/{id}"), ("status", "404")],
                1.0,
            )
        }
        "http_request_duration_seconds" => {
            app.post("/v1/resolve", PAGE).await;
            Now::Grown(&[("method", "POST"), ("route", "/v1/resolve")], 1.0)
        }
        "asset_injector_requests_rate_limited_total" => {
            app.get("/v1/rules").await;
            assert_eq!(app.get("/v1/rules").await.status, 429);
            Now::Grown(&[], 1.0)
        }
        "asset_injector_requests_shed_total" => {
            assert_eq!(app.get("/v1/rules").await.status, 503);
            Now::Grown(&[], 1.0)
        }
        other => panic!("`{other}` is documented, and nobody knows how to bring it about"),
    }
}

async fn of_packs(app: &TestApp, metric: &str) -> Now {
    match metric {
        "asset_injector_pack_operations_total" => {
            app.call("DELETE", "/v1/packs/none", "").await;
            Now::Grown(&[("operation", "uninstall"), ("outcome", "refused")], 1.0)
        }
        "asset_injector_community_index_age_seconds" => {
            app.get("/v1/packs/available").await.data();
            app.advance(Duration::from_millis(2500));
            Now::Are(&[], 2.5)
        }
        "asset_injector_community_failing" => {
            app.get("/v1/packs/available").await;
            Now::Are(&[], 1.0)
        }
        other => panic!("`{other}` is documented, and nobody knows how to bring it about"),
    }
}

async fn of_rules(app: &TestApp, metric: &str) -> Now {
    match metric {
        "asset_injector_rules" => {
            app.post("/v1/rules/news/disable", "").await;
            Now::Grown(
                &[("type", "wildcard"), ("source", "local"), ("state", "disabled")],
                1.0,
            )
        }
        "asset_injector_rules_matched" => {
            app.post("/v1/resolve", PAGE).await;
            Now::Grown(&[], 1.0)
        }
        "asset_injector_rule_problems" => {
            let problem = Problem {
                file: "local/broken.rule.yaml".to_owned(),
                line: None,
                column: None,
                field: String::new(),
                rule_id: None,
                reason: "it cannot be read".to_owned(),
                hint: None,
                skipped: true,
            };
            let mut contents = contents(local(RULES));
            (contents.revision.0, contents.problems) = (2, vec![problem]);
            app.store.replace(contents);
            app.refresh().await;
            Now::Grown(&[], 1.0)
        }
        "asset_injector_snapshot_revision" => {
            app.call("DELETE", "/v1/rules/news", "").await;
            Now::Grown(&[], 1.0)
        }
        "asset_injector_snapshot_age_seconds" => {
            app.advance(Duration::from_millis(2500));
            Now::Grown(&[], 2.5)
        }
        "asset_injector_snapshot_kept_age_seconds" => {
            app.stand_in(contents(local(RULES))).await;
            app.advance(Duration::from_millis(2500));
            Now::Are(&[], 2.5)
        }
        "asset_injector_snapshot_build_seconds" => {
            app.advance_with_each_look(Duration::from_millis(250));
            app.call("DELETE", "/v1/rules/news", "").await;
            Now::Greater(&[])
        }
        other => panic!("`{other}` is documented, and nobody knows how to bring it about"),
    }
}

async fn of_answers(app: &TestApp, metric: &str) -> Now {
    match metric {
        "asset_injector_resolves_total" => {
            app.post("/v1/resolve", ALL).await;
            Now::Grown(&[("outcome", "truncated")], 1.0)
        }
        "asset_injector_resolve_rules_over_budget_total" => {
            let slow = "slow.example/".to_owned() + &"*a".repeat(1000);
            let rule = |n| format!("- {{id: r{n}, type: wildcard, pattern: '{slow}{n:02}', css: 'a{{}}'}}\n");
            let mut contents = contents(local(&(0..60).map(rule).collect::<String>()));
            contents.revision.0 = 2;
            app.store.replace(contents);
            app.refresh().await;
            let page = format!("https://slow.example/{}", "a0123456789".repeat(700));
            app.post("/v1/resolve", format!(r#"{{"url":"{page}","mode":"all"}}"#))
                .await;
            Now::Greater(&[])
        }
        "asset_injector_cache_hits_total" => {
            for _ in 0..3 {
                app.post("/v1/resolve", PAGE).await;
            }
            Now::Grown(&[], 2.0)
        }
        "asset_injector_cache_misses_total" | "asset_injector_cache_entries" => {
            app.post("/v1/resolve", PAGE).await;
            app.post("/v1/resolve", PAGE).await;
            Now::Grown(&[], 1.0)
        }
        "asset_injector_cache_evictions_total" => {
            for page in 0..10 {
                let body = format!(r#"{{"url":"https://news.example/{page}"}}"#);
                app.post("/v1/resolve", body).await;
            }
            Now::Greater(&[])
        }
        "asset_injector_cache_capacity_entries" => Now::Stay(&[], 100.0),
        other => panic!("`{other}` is documented, and nobody knows how to bring it about"),
    }
}

/// Other tests run in this process at the same time, so only the direction is known, or what the system says itself.
fn of_process(metric: &str) -> Now {
    const MEMORY: usize = 256 << 20;
    match metric {
        "process_cpu_seconds_total" => {
            let started = Instant::now();
            while started.elapsed() < Duration::from_millis(50) {}
            Now::Greater(&[])
        }
        "process_resident_memory_bytes" | "process_virtual_memory_bytes" => {
            Vec::leak(vec![1_u8; MEMORY]);
            Now::Greater(&[])
        }
        "process_open_fds" => {
            (0..50).for_each(|_| std::mem::forget(File::open("/dev/null").unwrap()));
            Now::Greater(&[])
        }
        "process_threads" => {
            for _ in 0..50 {
                // They are there until the process ends, so that the metric cannot miss them.
                thread::spawn(|| {
                    loop {
                        thread::park();
                    }
                });
            }
            Now::Greater(&[])
        }
        "process_max_fds" => {
            let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
            let limit = limits.lines().find(|line| line.starts_with("Max open files"));
            let limit = limit.unwrap().split_whitespace().nth(3).unwrap();
            Now::Stay(&[], limit.parse().unwrap())
        }
        "process_start_time_seconds" => {
            let began = std::fs::metadata("/proc/self").unwrap().modified().unwrap();
            let began = began.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
            let shown = procfs_start();
            assert!((shown - began).abs() < 60.0, "{shown} and {began}");
            Now::Stay(&[], shown)
        }
        other => panic!("`{other}` is documented, and nobody knows how to bring it about"),
    }
}

/// When this process began, as `ps` computes it.
fn procfs_start() -> f64 {
    let boot = std::fs::read_to_string("/proc/stat").unwrap();
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(19)
        .unwrap();
    boot.parse::<f64>().unwrap() + ticks.parse::<f64>().unwrap() / 100.0
}

//! Spans reach a collector, say what they must and nothing else, and nobody waits for it.

use crate::{
    binary::{Sandbox, rule},
    collector::{Attributes, Collector, Seen},
    http::{Answer, connect, get, resolve},
    serving::Serving,
    trace_propagation::Web,
};
use rustix::process::Signal;
use serde_json::json;
use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener},
    thread,
    time::{Duration, Instant},
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn has(found: &Attributes, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(
            found.get(*name).map(String::as_str),
            Some(*value),
            "{name} in {found:?}"
        );
    }
}

/// Sends a request with these lines in its head.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str, (head, body): (&str, &str)) -> Answer {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:8080\r\nconnection: close\r\n{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    Answer::read(&mut stream).unwrap()
}

#[track_caller]
fn it_describes_the_request(server: &Seen) {
    has(
        &server.attributes,
        &[
            ("http.request.method", "POST"),
            ("http.route", "/v1/rules/import"),
            ("http.response.status_code", "200"),
            ("url.path", "/v1/rules/import"),
            ("url.scheme", "http"),
            ("server.address", "localhost"),
            ("server.port", "8080"),
            ("client.address", "127.0.0.1"),
            ("network.protocol.version", "1.1"),
        ],
    );
    has(
        &server.resource,
        &[
            ("service.name", "named"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("service.instance.id", "one"),
            ("deployment.environment.name", "testing"),
            ("telemetry.sdk.language", "rust"),
        ],
    );
}

/// An import by URL is a trace of all its parts; returns the head of an export.
#[track_caller]
fn an_import_is_exported(mut collector: Collector, protocol: &str) -> String {
    let (web, sandbox) = (Web::start(), Sandbox::new());
    let endpoint = format!("http://{}", collector.address);
    let serving = Serving::ready(
        &sandbox,
        &[
            ("FETCH_ALLOWED_HOSTS", &*web.origin),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=planted%20header"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.instance.id=one,service.name=lost",
            ),
            ("OTEL_SERVICE_NAME", "named"),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
            ("ENVIRONMENT", "testing"),
        ],
    );
    let body = json!({"url": format!("{}/rules.yaml", web.origin)}).to_string();
    let head = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\ntracestate: a=b\r\n");
    let answer = ask(
        serving.address,
        "POST",
        "/v1/rules/import?atomic=true",
        (&head, &body),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    let server = collector.span("of the request", |seen| seen.span.name == "POST /v1/rules/import");
    it_describes_the_request(server);
    let span = &server.span;
    assert_eq!(
        (hex(&span.trace_id), hex(&span.parent_span_id)),
        (TRACE.to_owned(), PARENT.to_owned())
    );
    assert_eq!((span.kind, &*span.trace_state), (2, "a=b"));
    assert!(span.end_time_unix_nano > span.start_time_unix_nano);
    let (id, head) = (hex(&span.span_id), server.head.clone());
    for (name, kind, attributes) in [
        (
            "GET",
            3,
            [("http.request.method", "GET"), ("server.address", "127.0.0.1")],
        ),
        ("import.parse", 1, [("import.rules", "1"), ("import.bytes", "72")]),
        ("store.write", 1, [("store.kind", "files"), ("store.edits", "1")]),
        ("refresh", 1, [("rules.total", "1"), ("snapshot.revision", "2")]),
    ] {
        let child = collector.span(name, |seen| {
            seen.span.name == name && hex(&seen.span.trace_id) == TRACE
        });
        has(&child.attributes, &attributes);
        assert_eq!(
            (hex(&child.span.parent_span_id), child.span.kind),
            (id.clone(), kind),
            "{name}"
        );
        if name == "GET" {
            let sent = web.next()("traceparent");
            assert_eq!(sent, [format!("00-{TRACE}-{}-01", hex(&child.span.span_id))]);
        }
    }
    head
}

#[test]
fn an_import_is_exported_by_http_with_its_parts() {
    let head = an_import_is_exported(Collector::http(), "http/protobuf");
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("x-key: planted header\r\n"), "{head}");
    assert!(
        head.contains("content-type: application/x-protobuf\r\n"),
        "{head}"
    );
}

#[test]
fn an_import_is_exported_by_grpc_with_its_parts() {
    let head = an_import_is_exported(Collector::grpc(), "grpc");
    assert!(
        head.contains("x-key") && head.contains("planted header"),
        "{head}"
    );
}

#[test]
fn what_is_exported_is_compressed_where_that_is_asked_for() {
    for (mut collector, protocol, field) in [
        (Collector::http(), "http/protobuf", "content-encoding"),
        (Collector::grpc(), "grpc", "grpc-encoding"),
    ] {
        let sandbox = Sandbox::new();
        let endpoint = format!("http://{}", collector.address);
        let serving = Serving::ready(
            &sandbox,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
                ("OTEL_BSP_SCHEDULE_DELAY", "20"),
            ],
        );
        assert_eq!(get(serving.address, "/version").status, 200);
        let seen = collector.span("of the request", |seen| seen.span.name == "GET /version");
        let encoding = seen.head.split_once(field);
        let encoding = encoding.map(|(_, rest)| rest.trim_start_matches(['"', ':', ' ']));
        assert!(
            encoding.is_some_and(|encoding| encoding.starts_with("gzip")),
            "{protocol}: {}",
            seen.head
        );
    }
}

#[test]
fn the_last_spans_are_exported_before_the_end() {
    let (mut collector, sandbox) = (Collector::http(), Sandbox::new());
    let endpoint = format!("http://{}/any/path", collector.address);
    let variables = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &*endpoint)];
    let mut serving = Serving::ready(&sandbox, &variables);
    assert_eq!(get(serving.address, "/v1/none?a=b").status, 404);
    resolve(serving.address, "https://a.test/");
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(), Some(0));
    let resolved = collector.span("of a resolve", |seen| seen.span.name == "resolve");
    has(
        &resolved.attributes,
        &[
            ("resolve.mode", "best"),
            ("resolve.cache_hit", "false"),
            ("resolve.rules", "0"),
        ],
    );
    assert!(
        resolved.head.starts_with("post /any/path http/1.1\r\n"),
        "{}",
        resolved.head
    );
    let (parent, trace) = (
        resolved.span.parent_span_id.clone(),
        resolved.span.trace_id.clone(),
    );
    let server = collector.span("above it", |seen| seen.span.span_id == parent);
    assert_eq!(
        (&*server.span.name, &server.span.trace_id),
        ("POST /v1/resolve", &trace)
    );
    assert!(server.span.parent_span_id.is_empty(), "it begins a trace");
    let unknown = collector.span("of no route", |seen| seen.span.name == "GET");
    has(&unknown.attributes, &[("http.response.status_code", "404")]);
    assert!(
        !unknown.attributes.contains_key("url.path"),
        "a path that is no route's may hold anything"
    );
    collector.span("of the start", |seen| seen.span.name == "load");
}

#[test]
fn the_caller_or_the_ratio_says_what_is_recorded() {
    for (sampler, ratio, sent, is_recorded) in [
        ("parentbased_always_on", "1", "00", false),
        ("parentbased_always_off", "1", "01", true),
        ("parentbased_traceidratio", "0", "01", true),
        ("always_on", "1", "00", true),
        ("always_off", "1", "01", false),
        ("traceidratio", "0", "01", false),
        ("traceidratio", "1", "00", true),
    ] {
        let (mut collector, sandbox) = (Collector::http(), Sandbox::new());
        let endpoint = format!("http://{}", collector.address);
        let mut serving = Serving::ready(
            &sandbox,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
                ("OTEL_TRACES_SAMPLER", sampler),
                ("OTEL_TRACES_SAMPLER_ARG", ratio),
            ],
        );
        let head = format!("traceparent: 00-{TRACE}-{PARENT}-{sent}\r\n");
        ask(serving.address, "GET", "/version", (&head, ""));
        serving.signal(Signal::TERM);
        serving.ended();
        let found = collector
            .all()
            .iter()
            .any(|seen| hex(&seen.span.trace_id) == TRACE);
        assert_eq!(found, is_recorded, "{sampler} {ratio} {sent}");
    }
}

#[test]
fn what_is_switched_off_exports_nothing() {
    for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        let (mut collector, sandbox) = (Collector::http(), Sandbox::new());
        let endpoint = format!("http://{}", collector.address);
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), (name, value)];
        let mut serving = Serving::ready(&sandbox, &variables);
        serving.signal(Signal::TERM);
        serving.ended();
        assert!(collector.all().is_empty(), "{name}");
    }
}

/// The times of this many resolves, sorted.
fn times(address: SocketAddr, count: usize) -> Vec<Duration> {
    let time = |_| {
        let began = Instant::now();
        resolve(address, "https://a.test/");
        began.elapsed()
    };
    let mut times: Vec<_> = (0..count).map(time).collect();
    times.sort();
    times
}

#[test]
fn a_collector_that_is_down_slow_or_refusing_costs_nobody_time() {
    const DELAY: Duration = Duration::from_secs(2);
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "a.test"))]);
    // Nothing listens there any more.
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
    let refuses = refusing.local_addr().unwrap();
    thread::spawn(move || {
        for stream in refusing.incoming() {
            let answer = "HTTP/1.1 503 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            // Whoever is refused may have gone.
            let _ = stream.unwrap().write_all(answer.as_bytes());
        }
    });
    for (name, endpoint) in [
        ("none", None),
        ("down", Some(down)),
        ("slow", Some(silent.local_addr().unwrap())),
        ("refusing", Some(refuses)),
    ] {
        let endpoint = endpoint.map_or_else(String::new, |address| format!("http://{address}"));
        let timeout = DELAY.as_millis().to_string();
        let mut serving = Serving::ready(
            &sandbox,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", &timeout),
                ("OTEL_BSP_SCHEDULE_DELAY", "1"),
                ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
                ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "32"),
            ],
        );
        let times = times(serving.address, 1000);
        println!(
            "{name}: p50 {:?} p99 {:?} max {:?}",
            times[500], times[990], times[999]
        );
        assert!(times[999] < DELAY, "{name}: somebody waited for the collector");
        if name != "none" {
            serving.event("spans cannot be exported");
            assert_eq!(serving.count("spans cannot be exported"), 1, "it is said once");
        }
        let began = Instant::now();
        serving.signal(Signal::TERM);
        assert_eq!(serving.ended(), Some(0));
        assert!(began.elapsed() < Duration::from_secs(10), "{name}");
    }
}

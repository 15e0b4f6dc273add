//! What nobody may read stands in no log and no trace, at the most verbose level.

use crate::{
    binary::Sandbox, collector::Collector, http::get, serving::Serving, trace_export::ask,
    trace_propagation::Web,
};
use rustix::process::Signal;
use serde_json::json;
use std::net::SocketAddr;

/// Of `planted-token`.
const TOKEN_SHA256: &str = "adf96522a46e4c258f2489bf7aa5161965ef284b501f3ab967de68b65ed473c8";

/// Things that nobody may read in logs and traces.
const SECRETS: [&str; 8] = [
    "planted-token",
    "planted-header",
    "planted-body",
    "planted-user",
    "planted-password",
    "planted-query",
    "planted-page",
    "planted-path",
];

/// Makes calls with a secret in every place that a call has.
#[track_caller]
fn plant_secrets(address: SocketAddr, origin: &str) {
    let page = "https://planted-user:planted-password@planted-page.test/planted-path?planted-query";
    let escaped = page.replace(':', "%3A").replace('/', "%2F").replace('?', "%3F");
    let rule =
        |pattern: &str| json!({"type": "exact", "pattern": pattern, "css": ".planted-body{}"}).to_string();
    let (url, urls) = (
        |url: &str| json!({"url": url}).to_string(),
        json!({"urls": [page]}),
    );
    let import = format!("{origin}/planted-path?planted-query");
    let with_user = import.replace("http://", "http://planted-user:planted-password@");
    for (method, path, body, status) in [
        (
            "POST",
            "/v1/rules",
            rule("https://planted-page.test/planted-path?planted-query"),
            201,
        ),
        ("POST", "/v1/rules", rule(page), 422),
        ("POST", "/v1/rules", "{planted-body".to_owned(), 400),
        ("POST", "/v1/resolve", url(page), 200),
        ("POST", "/v1/explain", url(page), 200),
        ("POST", "/v1/resolve/batch", urls.to_string(), 200),
        ("GET", &format!("/v1/resolve?url={escaped}"), String::new(), 200),
        (
            "GET",
            &format!("/v1/inject.css?url={escaped}&key=planted-token"),
            String::new(),
            200,
        ),
        ("GET", "/v1/none/planted-path?planted-query", String::new(), 404),
        ("GET", "/v1/rules?planted-query=planted-body", String::new(), 400),
        ("POST", "/v1/rules/import", url(&import), 200),
        ("POST", "/v1/rules/import", url(&with_user), 422),
        (
            "POST",
            "/v1/rules/import",
            url("https://planted-user@127.0.0.1/planted-path"),
            422,
        ),
        (
            "PUT",
            "/v1/log-level",
            json!({"level": "planted-body"}).to_string(),
            422,
        ),
    ] {
        let authorized = "authorization: Bearer planted-token\r\n";
        let answer = ask(address, method, path, (authorized, &body));
        assert_eq!(answer.status, status, "{method} {path} {answer:?}");
    }
    let wrong = ask(
        address,
        "GET",
        "/v1/rules",
        ("authorization: Bearer planted-token2\r\n", ""),
    );
    assert_eq!(wrong.status, 401);
}

#[test]
fn secrets_are_in_no_log_and_no_trace() {
    for (mut collector, protocol) in [(Collector::http(), "http/protobuf"), (Collector::grpc(), "grpc")] {
        let (web, sandbox) = (Web::start(), Sandbox::new());
        let endpoint = format!("http://{}", collector.address);
        let tokens = format!("ann:admin:{TOKEN_SHA256}");
        let mut serving = Serving::ready(
            &sandbox,
            &[
                ("FETCH_ALLOWED_HOSTS", &*web.origin),
                ("LOG_LEVEL", "trace"),
                ("AUTH_TOKENS", &tokens),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=planted-header"),
                ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ],
        );
        plant_secrets(serving.address, &web.origin);
        assert_eq!(get(serving.address, "/version").status, 200);
        let last = collector.span("of the last request", |seen| seen.span.name == "GET /version");
        assert!(
            last.head.contains("planted-header"),
            "they are what the collector asks for"
        );
        serving.signal(Signal::TERM);
        assert_eq!(serving.ended(), Some(0));
        serving.event("stopped");
        let log = format!("{:?}", serving.events_where(|_| true));
        let spans = collector.all().iter();
        let spans = spans.map(|seen| format!("{:?} {:?}", seen.span, seen.resource));
        let spans: Vec<_> = spans.collect();
        assert!(spans.len() > 20 && log.len() > 1000);
        for secret in SECRETS {
            assert!(!log.contains(secret), "{secret} in the log: {log}");
            assert!(
                !spans.iter().any(|span| span.contains(secret)),
                "{secret} in {spans:#?}"
            );
        }
    }
}

//! Every write is an event of the log: who, what, which revision, which request; never a body.

use crate::app::{TestApp, call};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What the audit says of a call.
fn audited(method: &str, path: &str, body: &'static str) -> String {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let mut request = call(method, path, body);
            request
                .headers_mut()
                .insert("x-request-id", "req-7".parse().unwrap());
            TestApp::new().await.send(request).await
        })
    });
    let bytes = lines.0.lock().unwrap().clone();
    let log = String::from_utf8(bytes).unwrap();
    let of_audit = log.split_inclusive('\n').filter(|line| line.contains(" audit: "));
    of_audit.collect()
}

#[test]
fn a_write_is_audited_with_its_revision_and_without_its_body() {
    let new = r#"{"id":"new","type":"wildcard","pattern":"*","css":"secret{}"}"#;
    for (method, path, body, action, id) in [
        ("POST", "/v1/rules", new, "rule.create", "new"),
        (
            "PUT",
            "/v1/rules/NEWS",
            r#"{"css":"secret{}"}"#,
            "rule.update",
            "NEWS",
        ),
        ("DELETE", "/v1/rules/news", "", "rule.delete", "news"),
        ("POST", "/v1/rules/none/disable", "", "rule.disable", "none"),
        ("POST", "/v1/rules/news/enable", "", "rule.enable", "news"),
        (
            "PUT",
            "/v1/rules/news/source",
            r#"{"type":"local"}"#,
            "rule.pin",
            "news",
        ),
        ("DELETE", "/v1/rules/news/source", "", "rule.unpin", "news"),
    ] {
        let log = audited(method, path, body);
        let wanted = [
            "INFO audit: a write was made".to_owned(),
            format!("action=\"{action}\""),
            "request.id=\"req-7\"".to_owned(),
            format!("rule.id=\"{id}\""),
            "revision=2".to_owned(),
            "changed=true".to_owned(),
        ];
        for part in wanted {
            assert!(log.contains(&part), "{method} {path}: `{part}` is not in {log}");
        }
        assert!(!log.contains("secret"), "{log}");
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}

#[test]
fn a_write_that_failed_is_audited_with_its_code() {
    let log = audited("PUT", "/v1/rules/news", r#"{"css":7}"#);
    for part in [
        "WARN audit: a write failed",
        "code=\"VALIDATION_FAILED\"",
        "rule.id=\"news\"",
        "req-7",
    ] {
        assert!(log.contains(part), "`{part}` is not in {log}");
    }
    assert_eq!(audited("GET", "/v1/rules/news", ""), "", "reading is not audited");
}

#[test]
fn an_import_is_one_event() {
    let rule = r#"[{"id":"new","type":"wildcard","pattern":"*","css":"secret{}"},{"id":"news"}]"#;
    let log = audited("POST", "/v1/rules/import", rule);
    for part in [
        "INFO audit: rules were imported",
        "action=\"rule.import\"",
        "req-7",
        "added=1",
        "refused=1",
        "revision=2",
    ] {
        assert!(log.contains(part), "`{part}` is not in {log}");
    }
    assert!(
        !log.contains("secret") && log.matches(" audit: ").count() == 1,
        "{log}"
    );
    let log = audited("POST", "/v1/rules/import", "{}");
    assert!(
        log.contains("a write failed") && log.contains("action=\"rule.import\""),
        "{log}"
    );
}

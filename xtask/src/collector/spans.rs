//! The requests that the service is sent, and the spans that a collector must have received of them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// The span of the caller.
pub(super) const PARENT: &str = "00f067aa0ba902b7";
/// What every export must say of the process.
const RESOURCE: Attributes = &[
    ("service.name", "asset-injector"),
    ("service.version", env!("CARGO_PKG_VERSION")),
    ("deployment.environment.name", "checks"),
    ("telemetry.sdk.language", "rust"),
];

type Attributes = &'static [(&'static str, &'static str)];

/// A request of a trace of its own, and the spans that it must lead to: its own one first, then those below.
pub(super) struct Request {
    pub(super) trace: &'static str,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
    spans: &'static [Expected],
}

struct Expected {
    name: &'static str,
    /// As the protocol numbers it: 1 is internal, 2 is a server's.
    kind: u64,
    attributes: Attributes,
}

pub(super) const REQUESTS: &[Request] = &[
    Request {
        trace: "4bf92f3577b34da6a3ce929d0e0e4736",
        path: "/v1/resolve",
        body: r#"{"url":"https://www.example.com/"}"#,
        spans: &[
            Expected {
                name: "POST /v1/resolve",
                kind: 2,
                attributes: &[
                    ("http.request.method", "POST"),
                    ("http.route", "/v1/resolve"),
                    ("http.response.status_code", "200"),
                    ("url.scheme", "http"),
                    ("network.protocol.version", "1.1"),
                ],
            },
            Expected {
                name: "resolve",
                kind: 1,
                attributes: &[("resolve.cache_hit", "false"), ("resolve.rules", "0")],
            },
        ],
    },
    Request {
        trace: "0af7651916cd43dd8448eb211c80319c",
        path: "/v1/rules",
        body: r#"{"id":"one","type":"exact","pattern":"https://one.test/","css":"a{}"}"#,
        spans: &[
            Expected {
                name: "POST /v1/rules",
                kind: 2,
                attributes: &[("http.route", "/v1/rules"), ("http.response.status_code", "201")],
            },
            Expected {
                name: "store.write",
                kind: 1,
                attributes: &[("store.kind", "files"), ("store.edits", "1")],
            },
            Expected {
                name: "refresh",
                kind: 1,
                attributes: &[("rules.total", "1")],
            },
        ],
    },
];

/// A span as it was received, and what its export said of the process.
#[derive(Debug)]
pub(super) struct Span {
    span: Value,
    resource: Value,
}

/// The spans of all exports, one of which stands in each line.
pub(super) fn spans(received: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    // The last line may be on its way.
    let exports = received
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    for export in exports {
        let export: Value = export;
        for of_resource in elements(&export["resourceSpans"]) {
            let resource = &of_resource["resource"];
            let scopes = elements(&of_resource["scopeSpans"]).iter();
            spans.extend(
                scopes
                    .flat_map(|scope| elements(&scope["spans"]))
                    .map(|span| Span {
                        span: span.clone(),
                        resource: resource.clone(),
                    }),
            );
        }
    }
    spans
}

fn elements(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

impl Request {
    pub(super) fn check(&self, received: &[Span]) -> Result<()> {
        let mut parent = PARENT;
        for expected in self.spans {
            let ours =
                |span: &&Span| span.span["traceId"] == self.trace && span.span["name"] == expected.name;
            let found = received.iter().find(ours);
            let found =
                found.with_context(|| format!("no span `{}` of trace {}", expected.name, self.trace))?;
            found
                .check(expected, parent)
                .with_context(|| format!("{found:?}"))?;
            if parent == PARENT {
                parent = found.span["spanId"].as_str().context("no spanId")?;
            }
        }
        Ok(())
    }
}

impl Span {
    fn check(&self, expected: &Expected, parent: &str) -> Result<()> {
        let (span, name) = (&self.span, expected.name);
        ensure!(
            span["kind"] == expected.kind,
            "`{name}` is of another kind than {}",
            expected.kind
        );
        ensure!(span["parentSpanId"] == parent, "`{name}` is not below {parent}");
        has(&span["attributes"], expected.attributes)?;
        has(&self.resource["attributes"], RESOURCE)
    }
}

/// Compares attributes, each as text.
fn has(found: &Value, expected: Attributes) -> Result<()> {
    let text = |value: &Value| {
        let value = value.as_object()?.values().next()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let pair = |pair: &Value| Some((pair["key"].as_str()?.to_owned(), text(&pair["value"])?));
    let found: BTreeMap<_, _> = elements(found).iter().filter_map(pair).collect();
    for (name, value) in expected {
        if found.get(*name).is_none_or(|found| found != value) {
            bail!("`{name}` is {:?} and not `{value}`", found.get(*name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PARENT, REQUESTS, spans};

    /// What the collector prints of a resolve, shortened.
    const LINE: &str = r#"{"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"asset-injector"}},
        {"key":"service.version","value":{"stringValue":"VERSION"}},
        {"key":"deployment.environment.name","value":{"stringValue":"checks"}},
        {"key":"telemetry.sdk.language","value":{"stringValue":"rust"}}]},"scopeSpans":[{"spans":[
        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"0000000000000002","parentSpanId":"0000000000000001",
         "name":"resolve","kind":1,"attributes":[{"key":"resolve.cache_hit","value":{"boolValue":false}},
         {"key":"resolve.rules","value":{"intValue":"0"}}]},
        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"0000000000000001","parentSpanId":"00f067aa0ba902b7",
         "name":"POST /v1/resolve","kind":2,"attributes":[{"key":"http.request.method","value":{"stringValue":"POST"}},
         {"key":"http.route","value":{"stringValue":"/v1/resolve"}},
         {"key":"http.response.status_code","value":{"intValue":"200"}},
         {"key":"url.scheme","value":{"stringValue":"http"}},
         {"key":"network.protocol.version","value":{"stringValue":"1.1"}}]}]}]}]}"#;

    fn reason(line: &str) -> Option<String> {
        let received = format!("{}\n{{\"resourceSp", line.replace('\n', ""));
        let checked = REQUESTS[0].check(&spans(&received));
        checked.err().map(|error| error.root_cause().to_string())
    }

    #[test]
    fn each_difference_is_seen() {
        let line = LINE.replace("VERSION", env!("CARGO_PKG_VERSION"));
        assert_eq!(reason(&line), None);
        for (from, to, expected) in [
            ("4bf92f", "4bf92e", "no span `POST /v1/resolve` of trace"),
            ("\"resolve\"", "\"other\"", "no span `resolve` of trace"),
            (
                PARENT,
                "00f067aa0ba902b8",
                "`POST /v1/resolve` is not below 00f067aa0ba902b7",
            ),
            (
                ":\"0000000000000001\",         \"name\"",
                ":\"1\",\"name\"",
                "`resolve` is not below 0000000000000001",
            ),
            (
                "\"kind\":2",
                "\"kind\":1",
                "`POST /v1/resolve` is of another kind than 2",
            ),
            (
                "\"200\"",
                "\"201\"",
                "`http.response.status_code` is Some(\"201\") and not `200`",
            ),
            (
                "\"boolValue\":false",
                "\"boolValue\":true",
                "`resolve.cache_hit` is Some(\"true\") and not `false`",
            ),
            (
                "\"checks\"",
                "\"production\"",
                "`deployment.environment.name` is Some(\"production\") and not `checks`",
            ),
            (
                "service.name",
                "service.else",
                "`service.name` is None and not `asset-injector`",
            ),
        ] {
            let changed = line.replace('\n', "").replace(from, to);
            assert!(
                reason(&changed).is_some_and(|reason| reason.starts_with(expected)),
                "{expected}: {:?}",
                reason(&changed)
            );
        }
    }
}

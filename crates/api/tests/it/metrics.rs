//! Every metric changes when what it counts happens: a metric without its case here fails the test.

mod cases;
pub(crate) mod database;

use crate::{
    app::{RULES, TestApp, config, contents, get, local, post, settings},
    chunks::Chunks,
};
use api::{Config, METRICS, Metric};
use cases::{Now, PAGE, app_for, happen};

/// The sum of the samples of a metric with these labels.
pub(crate) fn sum(page: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = page.lines().filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let (of, pairs) = series.split_once('{')?;
        let has = |(label, value): &(&str, &str)| pairs.contains(&format!("{label}=\"{value}\""));
        (of == name && labels.iter().all(has)).then(|| value.parse::<f64>().unwrap())
    });
    samples.sum()
}

/// The name under which a metric has samples.
fn sampled(metric: &Metric) -> String {
    match metric.kind {
        api::Kind::Histogram => format!("{}_count", metric.name),
        api::Kind::Counter | api::Kind::Gauge => metric.name.to_owned(),
    }
}

async fn scrape(app: &TestApp) -> String {
    let answer = app.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    answer.text()
}

#[tokio::test]
async fn every_documented_metric_changes_when_what_it_counts_happens() {
    let all = METRICS.iter().flat_map(|(_, metrics)| *metrics);
    for metric in all.filter(|metric| metric.name != "http_requests_in_flight") {
        let (app, name) = (app_for(metric.name).await, sampled(metric));
        let before = scrape(&app).await;
        let now = happen(&app, metric.name).await;
        let after = scrape(&app).await;
        assert!(
            after.contains(&format!("# TYPE {} {}\n", metric.name, metric.kind.as_str())),
            "{name} is not on the page"
        );
        let values = |labels| (sum(&before, &name, labels), sum(&after, &name, labels));
        match now {
            Now::Grown(labels, by) => {
                let (before, after) = values(labels);
                assert!(
                    (after - before - by).abs() < 1e-9,
                    "{name}: {before}, then {after}"
                );
            }
            Now::Greater(labels) => {
                let (before, mut after) = values(labels);
                // What other tests of this process give back at the same time may be more than came.
                for _ in 0..5 {
                    if after > before {
                        break;
                    }
                    happen(&app, metric.name).await;
                    after = sum(&scrape(&app).await, &name, labels);
                }
                assert!(after > before, "{name}: {before}, then {after}");
            }
            Now::Are(labels, expected) => {
                let (before, after) = values(labels);
                assert!((after - expected).abs() < 1e-9, "{name}: {after}");
                assert!((before - expected).abs() > 1e-9, "{name} was that before");
            }
            Now::Stay(labels, expected) => {
                let (before, after) = values(labels);
                assert!((after - expected).abs() < 1e-3, "{name}: {after}, not {expected}");
                assert!((before - after).abs() < 1e-9, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn requests_in_flight_are_those_whose_answer_has_not_left() {
    let app = TestApp::new().await;
    let in_flight = async || sum(&scrape(&app).await, "http_requests_in_flight", &[]);
    assert!((in_flight().await - 1.0).abs() < 1e-9, "the scrape itself");
    let waiting = app.send(post("/v1/resolve", "application/json", Chunks::endless()));
    let mut waiting = Box::pin(waiting);
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("its body never comes"),
        count = in_flight() => assert!((count - 2.0).abs() < 1e-9, "{count}"),
    }
    drop(waiting);
    let page = scrape(&app).await;
    assert!((sum(&page, "http_requests_in_flight", &[]) - 1.0).abs() < 1e-9);
    let given_up = [("route", "/v1/resolve"), ("status", "none")];
    assert!((sum(&page, "http_requests_total", &given_up) - 1.0).abs() < 1e-9);
}

/// Whatever clients send, the page does not grow with it.
#[tokio::test]
async fn labels_have_few_values() {
    let app = TestApp::new().await;
    for n in 0..300 {
        for method in ["GET", &format!("BREW{n}"), "OPTIONS"] {
            for path in [
                format!("/v1/rules/r{n}"),
                format!("/none/{n}"),
                format!("/swagger/{n}"),
            ] {
                app.call(method, &path, "").await;
            }
        }
    }
    let page = scrape(&app).await;
    let routes = ["/v1/rules/{id}", "/swagger/{file}", "unmatched"];
    for route in routes {
        for (method, of_all) in [("GET", 300.0), ("other", 300.0)] {
            let counted = sum(
                &page,
                "http_requests_total",
                &[("method", method), ("route", route)],
            );
            assert!((counted - of_all).abs() < 1e-9, "{method} {route}: {counted}");
        }
    }
    assert!(!page.contains("BREW") && !page.contains("/none"));
    assert!(page.lines().count() < 600, "{}", page.lines().count());
}

#[tokio::test]
async fn every_metric_has_the_label_of_the_environment() {
    let app = app_for("").await;
    app.post("/v1/resolve", PAGE).await;
    let page = scrape(&app).await;
    let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(samples.len() > 80, "{}", samples.len());
    for sample in samples {
        assert!(sample.contains("{environment=\"test\""), "{sample}");
    }
}

#[tokio::test]
async fn what_does_not_apply_is_absent() {
    let app = TestApp::unloaded(contents(local(RULES)), config(), settings());
    let page = scrape(&app).await;
    for metric in METRICS.iter().flat_map(|(_, metrics)| *metrics) {
        let begins = ["before", "without"].map(|word| metric.absent.starts_with(word));
        let is_absent = begins.contains(&true);
        let is_empty = metric.name.starts_with("http_") && !metric.name.ends_with("in_flight");
        if !is_empty {
            assert_eq!(
                page.contains(&format!("# HELP {} ", metric.name)),
                !is_absent,
                "{}",
                metric.name
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_counted_where_nobody_wants_it() {
    let config = Config {
        metrics: false,
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    assert_eq!(app.get("/metrics").await.failure().1, "NOT_FOUND");
    assert_eq!(app.get("/v1/stats").await.status, 200, "that is no metric");
    assert_eq!(app.send(get("/v1/rules")).await.status, 200);
}

#[test]
fn names_and_units_are_as_prometheus_wants_them() {
    let mut names: Vec<_> = METRICS
        .iter()
        .flat_map(|(_, metrics)| *metrics)
        .map(|metric| metric.name)
        .collect();
    for metric in METRICS.iter().flat_map(|(_, metrics)| *metrics) {
        let is_counter = metric.kind == api::Kind::Counter;
        assert_eq!(metric.name.ends_with("_total"), is_counter, "{}", metric.name);
        assert!(metric.help.ends_with('.'), "{}", metric.name);
        if ["seconds", "bytes"].contains(&metric.unit) {
            assert!(metric.name.contains(metric.unit), "{}", metric.name);
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name is there twice");
}

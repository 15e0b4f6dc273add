//! Rules and dashboard against what there is: small ones, and changes of them.

use super::super::Tree;
use super::{check, sound};

const ALERTING: &str = "deploy/monitoring/alerting-rules.yaml";
const RECORDING: &str = "deploy/monitoring/recording-rules.yaml";
const DASHBOARD: &str = "deploy/monitoring/dashboard.json";
const EXTERNAL: &str = "deploy/monitoring/external-metrics.txt";
const TESTS: &str = "deploy/monitoring/tests/one.yaml";
const RUNBOOK: &str = "docs/runbook.md";
const METRICS: &str = "docs/reference/metrics.md";

/// What `sound` holds of them.
pub(super) fn put(tree: &mut Tree) {
    tree.put(
        METRICS,
        "| `a_total` | counter | a | `outcome`: `ok`, `failed` (it did not)<br>`route`: a path such as `/x` | A. |\n\
         | `b_seconds` | histogram | seconds |  | B. |\n",
    );
    tree.put("crates/api/src/lib.rs", "//! HTTP.\n\nmod error;\nmod metrics;\n");
    tree.put("crates/api/src/metrics.rs", "//! Metrics.\n\nmod requests;\n");
    tree.put(
        "crates/api/src/metrics/requests.rs",
        "//! Requests.\n\nconst BOUNDS: [f64; 2] = [\n    0.001, 0.005,\n];\n",
    );
    tree.put(EXTERNAL, "# Others.\nup namespace Prometheus\n");
    tree.put(
        RECORDING,
        "spec:\n  groups:\n    - rules:\n        - record: c:d\n          expr: sum by (namespace) (rate(b_seconds_bucket{le=\"0.005\"}[5m]))\n",
    );
    tree.put(ALERTING, ALERTS);
    tree.put(
        DASHBOARD,
        r#"{"uid": "board", "panels": [{"type": "row"}, {"id": 1, "type": "stat", "title": "A", "description": "B",
            "fieldConfig": {"defaults": {"unit": "s"}}, "targets": [{"expr": "sum by (route) (a_total)", "legendFormat": "c"}]}]}"#,
    );
    tree.put(
        TESTS,
        "tests:\n  - alert_rule_test:\n      - alertname: AssetInjectorDown\n        exp_alerts: []\n      \
         - alertname: AssetInjectorDown\n        exp_alerts:\n          - exp_labels: {}\n",
    );
    tree.put(
        RUNBOOK,
        "# Runbook\n\n### AssetInjectorDown\n\n**Meaning:** a.\n**Impact:** b.\n**Diagnosis:** c.\n\
         **Mitigation:** d.\n**Verification:** e.\n\n## Others\n",
    );
}

const ALERTS: &str = "spec:
  groups:
    - rules:
        - alert: AssetInjectorDown
          expr: |
            max by (namespace) (up{namespace!=\"\"}) == 0 and on (namespace) c:d > 1
            and rate(a_total{outcome=~\"failed|ok\", route=\"/health/live\", namespace=\"x\"}[5m]) > 0
          labels:
            severity: critical
          annotations:
            summary: a
            description: of {{ $value }}
            runbook_url: https://example.com/docs/runbook.md#assetinjectordown
            dashboard_url: https://example.com/d/board?a
";

/// What is planted where, which rule finds it, and at which place.
const FAULTS: &[(&str, &str, &str, &str, &str, usize)] = &[
    // Metrics, labels and values that there are not.
    ("monitoring-metrics", ALERTING, "(up{", "(pu{", ALERTING, 4),
    ("monitoring-metrics", ALERTING, "c:d", "c:e", ALERTING, 4),
    (
        "monitoring-metrics",
        ALERTING,
        "outcome=",
        "outcomes=",
        ALERTING,
        4,
    ),
    (
        "monitoring-metrics",
        ALERTING,
        "failed|ok",
        "failed|okay",
        ALERTING,
        4,
    ),
    (
        "monitoring-metrics",
        ALERTING,
        "/health/live",
        "/health/dead",
        ALERTING,
        4,
    ),
    (
        "monitoring-metrics",
        ALERTING,
        "on (namespace)",
        "on (zone)",
        ALERTING,
        4,
    ),
    ("monitoring-metrics", RECORDING, "_bucket", "", RECORDING, 4),
    ("monitoring-metrics", RECORDING, "0.005", "0.004", RECORDING, 4),
    (
        "monitoring-metrics",
        DASHBOARD,
        "a_total",
        "a_totals",
        DASHBOARD,
        1,
    ),
    (
        "monitoring-metrics",
        DASHBOARD,
        "by (route)",
        "by (root)",
        DASHBOARD,
        1,
    ),
    (
        "monitoring-metrics",
        EXTERNAL,
        "up namespace",
        "up pod",
        ALERTING,
        4,
    ),
    ("monitoring-metrics", EXTERNAL, " Prometheus", "", EXTERNAL, 2),
    (
        "monitoring-metrics",
        EXTERNAL,
        "up n",
        "down a x\nup n",
        EXTERNAL,
        2,
    ),
    ("monitoring-metrics", METRICS, "`a_total`", "`a_sum`", ALERTING, 4),
    // Alerts that leave somebody alone.
    ("monitoring-alerts", ALERTING, "critical", "page", ALERTING, 4),
    (
        "monitoring-alerts",
        ALERTING,
        "summary: a",
        "summary: ''",
        ALERTING,
        4,
    ),
    ("monitoring-alerts", ALERTING, "{{ $value }}", "some", ALERTING, 4),
    (
        "monitoring-alerts",
        ALERTING,
        "#assetinjectordown",
        "",
        ALERTING,
        4,
    ),
    ("monitoring-alerts", ALERTING, "/d/board", "/d/bored", ALERTING, 4),
    (
        "monitoring-alerts",
        RUNBOOK,
        "### AssetInjectorDown",
        "### Down",
        ALERTING,
        4,
    ),
    (
        "monitoring-alerts",
        RUNBOOK,
        "InjectorDown",
        "InjectorUp",
        RUNBOOK,
        3,
    ),
    ("monitoring-alerts", RUNBOOK, "**Impact:**", "Impact:", RUNBOOK, 3),
    (
        "monitoring-alerts",
        RUNBOOK,
        "**Verification:** e.",
        "",
        RUNBOOK,
        3,
    ),
    ("monitoring-alerts", TESTS, "[]", "[{}]", ALERTING, 4),
    ("monitoring-alerts", TESTS, "- exp_labels: {}", "[]", ALERTING, 4),
    // Panels that nobody understands.
    (
        "monitoring-dashboard",
        DASHBOARD,
        "\"unit\": \"s\"",
        "",
        DASHBOARD,
        1,
    ),
    (
        "monitoring-dashboard",
        DASHBOARD,
        "\"description\": \"B\"",
        "\"description\": \"\"",
        DASHBOARD,
        1,
    ),
    ("monitoring-dashboard", DASHBOARD, "\"c\"", "\"\"", DASHBOARD, 1),
    (
        "monitoring-dashboard",
        DASHBOARD,
        "\"title\": \"A\"",
        "\"title\": \"\"",
        DASHBOARD,
        1,
    ),
    (
        "monitoring-dashboard",
        DASHBOARD,
        "\"targets\"",
        "\"target\"",
        DASHBOARD,
        1,
    ),
    (
        "monitoring-dashboard",
        DASHBOARD,
        "{\"type\": \"row\"}",
        "{\"id\": 1}",
        DASHBOARD,
        1,
    ),
    (
        "monitoring-dashboard",
        DASHBOARD,
        "\"panels\"",
        "\"panes\"",
        DASHBOARD,
        1,
    ),
];

#[test]
fn what_watches_the_program_names_what_exists() {
    for &(rule, path, old, new, place, line) in FAULTS {
        let mut tree = sound();
        let text = &tree.get(path).expect("it is in the sound tree").text;
        assert!(text.contains(old), "{path} lacks `{old}`");
        let text = text.replacen(old, new, 1);
        tree.put(path, &text);
        let found = check(rule, &tree);
        assert!(
            found.contains(&(place.to_owned(), line)),
            "{rule}: {old} -> {new}: {found:?}"
        );
    }
}

#[test]
fn a_file_that_is_lost_is_found() {
    for (rule, path) in [
        ("monitoring-metrics", EXTERNAL),
        ("monitoring-metrics", RECORDING),
        ("monitoring-metrics", METRICS),
        ("monitoring-alerts", ALERTING),
        ("monitoring-alerts", RUNBOOK),
        ("monitoring-dashboard", DASHBOARD),
    ] {
        let mut tree = sound();
        tree.remove(path);
        assert!(check(rule, &tree).contains(&(path.to_owned(), 1)), "{path}");
    }
}

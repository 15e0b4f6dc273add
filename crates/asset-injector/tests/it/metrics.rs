//! The metrics of a server that runs; what each of them counts is tested where it is counted.

use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};

/// The value of a metric without labels of its own.
pub(crate) fn value(page: &str, name: &str) -> Option<f64> {
    let samples = page.lines().filter_map(|line| line.split_once('{'));
    let mut of_name = samples.filter(|(sampled, _)| *sampled == name);
    let (_, rest) = of_name.next()?;
    rest.rsplit_once(' ')?.1.parse().ok()
}

#[test]
fn a_server_tells_what_it_is_and_what_it_uses() {
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "a.example"))]);
    let serving = Serving::ready(&sandbox, &[("ENVIRONMENT", "staging")]);
    http::resolve(serving.address, "https://a.example/");
    let page = http::get(serving.address, "/metrics").body;
    let of_environment = |line: &str| line.starts_with('#') || line.contains("{environment=\"staging\"");
    assert!(page.lines().all(of_environment), "{page}");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serving.id())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let files = files
        .split_whitespace()
        .nth(3)
        .and_then(|files| files.parse().ok());
    assert_eq!(value(&page, "process_max_fds"), files);
    assert!(value(&page, "process_resident_memory_bytes") > Some(1e6));
    assert!(value(&page, "process_start_time_seconds") > Some(1e9));
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let build = page
        .lines()
        .find(|line| line.starts_with("asset_injector_build_info"));
    assert!(build.unwrap().contains(&version), "{build:?}");
    let resolves =
        "http_requests_total{environment=\"staging\",method=\"POST\",route=\"/v1/resolve\",status=\"200\"} 1";
    assert!(page.contains(resolves), "{page}");
    let missing = "asset_injector_certificate_expiry_timestamp_seconds";
    assert!(!page.contains(missing), "there is no certificate");
}

#[test]
fn metrics_and_the_access_log_can_be_switched_off() {
    let variables = [("ENABLE_METRICS", "false"), ("LOG_LEVEL", "info,access=off")];
    let mut serving = Serving::ready(&Sandbox::new(), &variables);
    assert_eq!(http::get(serving.address, "/metrics").status, 404);
    serving.signal(rustix::process::Signal::TERM);
    serving.ended();
    assert_eq!(serving.count("request"), 0);
}

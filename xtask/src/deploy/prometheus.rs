//! What Prometheus saw of the canary and of the others, asked through the API server.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::analysis::{Comparison, Seen};
use super::cluster::Cluster;

/// The requests that objectives are about, as in the rules of `deploy/monitoring`.
const RESOLVES: &str =
    "job=\"asset-injector\",route=~\"/v1/resolve|/v1/resolve/batch|/v1/inject.css|/v1/inject.js\"";
/// What the label `asset_injector_track` says of the pods.
const CANARY: &str = "canary";
const STABLE: &str = "stable";

/// Between two looks at a canary.
const EVERY: Duration = Duration::from_secs(30);

/// The Service of a Prometheus.
pub(super) struct Prometheus {
    /// Where the API server leads to it.
    proxy: String,
    /// How long to wait between two looks.
    pub(super) every: Duration,
}

impl Prometheus {
    /// Such as `monitoring/prometheus:9090`.
    pub(super) fn at(service: &str) -> Result<Self> {
        let (namespace, service) = service
            .split_once('/')
            .context("`PROMETHEUS` is not NAMESPACE/SERVICE:PORT")?;
        Ok(Self {
            proxy: format!("/api/v1/namespaces/{namespace}/services/{service}/proxy/api/v1/query?query="),
            every: EVERY,
        })
    }

    /// Looks at the time since the canary began.
    pub(super) fn look(&self, cluster: &Cluster, elapsed: Duration) -> Result<Comparison> {
        let ask = |query: &str| value(&cluster.raw(&format!("{}{}", self.proxy, encoded(query)))?);
        let of = |track: &str| -> Result<Seen> {
            let [requests, errors, slowest] = queries(cluster.environment.namespace(), track, elapsed);
            Ok(Seen {
                requests: ask(&requests)?.unwrap_or_default(),
                errors: ask(&errors)?.unwrap_or_default(),
                slowest: ask(&slowest)?,
            })
        };
        Ok(Comparison {
            canary: of(CANARY)?,
            stable: of(STABLE)?,
        })
    }
}

/// Requests, errors, and the time of the slowest of a hundred.
fn queries(namespace: &str, track: &str, elapsed: Duration) -> [String; 3] {
    let labels = format!("namespace=\"{namespace}\",asset_injector_track=\"{track}\",{RESOLVES}");
    // No longer back: what was before may be of a canary that was removed. Until there are two scrapes nothing is known.
    let seconds = elapsed.as_secs().max(1);
    [
        format!("sum(increase(http_requests_total{{{labels},status!=\"none\"}}[{seconds}s]))"),
        format!("sum(increase(http_requests_total{{{labels},status=~\"5..|408\"}}[{seconds}s]))"),
        format!(
            "histogram_quantile(0.99,sum by (le) (increase(http_request_duration_seconds_bucket{{{labels}}}[{seconds}s])))"
        ),
    ]
}

/// The one number of an answer; none where there is no series, or no number in it.
fn value(answer: &str) -> Result<Option<f64>> {
    let answer: Value = serde_json::from_str(answer).context("Prometheus answers no JSON")?;
    anyhow::ensure!(answer["status"] == "success", "Prometheus answers {answer}");
    let text = answer["data"]["result"][0]["value"][1].as_str();
    let number = text.map(str::parse::<f64>).transpose()?;
    Ok(number.filter(|number| number.is_finite()))
}

fn encoded(query: &str) -> String {
    query.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes every text");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{CANARY, encoded, queries, value};

    #[test]
    fn an_answer_is_a_number_or_none() {
        let answer = |result: &str| {
            let text = format!(
                "{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":{result}}}}}"
            );
            value(&text).expect("an answer")
        };
        assert_eq!(answer("[]"), None);
        assert_eq!(answer("[{\"metric\":{},\"value\":[1.5,\"12.25\"]}]"), Some(12.25));
        assert_eq!(answer("[{\"metric\":{},\"value\":[1.5,\"NaN\"]}]"), None);
        assert!(value("{\"status\":\"error\",\"error\":\"bad_data\"}").is_err());
        assert!(value("<html>").is_err());
    }

    #[test]
    fn a_query_covers_the_time_since_the_canary_began_and_nothing_before() {
        let [requests, ..] = queries("a", CANARY, Duration::from_secs(700));
        assert_eq!(
            requests,
            "sum(increase(http_requests_total{namespace=\"a\",asset_injector_track=\"canary\",job=\"asset-injector\",\
             route=~\"/v1/resolve|/v1/resolve/batch|/v1/inject.css|/v1/inject.js\",status!=\"none\"}[700s]))"
        );
        assert!(queries("a", CANARY, Duration::ZERO)[1].contains("[1s]"));
        assert_eq!(
            encoded("a{b=~\"5..\"}"),
            "a%7Bb%3D~%225..%22%7D".replace('~', "%7E")
        );
    }
}

//! For Prometheus: `GET /metrics`.

use super::stats::{self, StatsData};
use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    metrics,
    state::State,
};
use axum::{
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use std::sync::Arc;

/// The version of the text format belongs to its name.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Metrics in Prometheus' text format; with `Accept: application/json` what `/v1/stats` answers.
#[utoipa::path(
    get, path = "/metrics", tag = "system", operation_id = "metrics",
    responses(
        (status = 200, description = "The metrics", content((String = "text/plain"), (Success<StatsData> = "application/json"))),
        (status = 404, description = "Metrics are switched off", body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Result<Response, Error> {
    if state.requests().is_none() {
        return Err(Error::not_found(
            "metrics are switched off here (`ENABLE_METRICS`)",
        ));
    }
    let mut response = match asks_for_json(&headers) {
        true => stats::answer(&state).await?,
        false => answer::typed(metrics::page(&state), TEXT),
    };
    let vary = HeaderValue::from_static("accept");
    response.headers_mut().append(header::VARY, vary);
    Ok(response)
}

/// Whether JSON is asked for by its name, and not less than text.
fn asks_for_json(headers: &HeaderMap) -> bool {
    let (mut json, mut text) = (0, 0);
    let accepted = headers.get_all(header::ACCEPT).iter();
    for range in accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        match &*name {
            "application/json" => json = thousandths(quality),
            "text/plain" => text = thousandths(quality),
            _ => {}
        }
    }
    json > 0 && json >= text
}

/// A quality in thousandths; one that is not understood is the greatest.
fn thousandths(quality: Option<&str>) -> u32 {
    let parsed = quality.and_then(|quality| quality.parse::<f32>().ok());
    parsed.map_or(1000, |quality| (quality.clamp(0.0, 1.0) * 1000.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::asks_for_json;
    use axum::http::{HeaderMap, HeaderValue, header::ACCEPT};

    #[test]
    fn json_is_for_who_names_it() {
        for (accept, is_json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/json, text/plain, */*", true),
            ("text/plain;q=0.4, application/json;q=0.5", true),
            ("text/plain, application/json;q=0.9", false),
            ("application/json;q=0", false),
            ("*/*", false),
            ("application/*", false),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                false,
            ),
            (
                "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                false,
            ),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(asks_for_json(&headers), is_json, "{accept}");
        }
        assert!(!asks_for_json(&HeaderMap::new()));
    }
}

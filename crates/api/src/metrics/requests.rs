//! Requests by method, route and status, and how long they took.
//!
//! Every request counts here, so nothing is looked up and nobody waits: the counters of all routes lie in a table, and
//! a request brings the number of its route along.

use super::{Kind, Label, Metric, PLAIN};
use axum::http::{Method, StatusCode};
use prometheus::{Histogram, HistogramOpts};
use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const METHOD: Label = Label {
    name: "method",
    values: "`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`; `other` for any other",
};
const ROUTE: Label = Label {
    name: "route",
    values: "a path of the OpenAPI document as it stands there, such as `/v1/rules/{id}`; `unmatched` for any other",
};
const STATUS: Label = Label {
    name: "status",
    values: "the status; `other` for one that the API does not have, `none` where the client did not wait for the answer",
};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "http_requests_total",
        kind: Kind::Counter,
        unit: "requests",
        labels: &[METHOD, ROUTE, STATUS],
        help: "Requests whose answer has left; a combination appears with its first request.",
        read: |seen, series| {
            for (route, method, calls) in counted(seen) {
                for (status, count) in STATUSES.iter().zip(&calls.by_status) {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        series.add([method, route, status], count);
                    }
                }
            }
        },
        ..PLAIN
    },
    Metric {
        name: "http_request_duration_seconds",
        kind: Kind::Histogram,
        unit: "seconds",
        labels: &[METHOD, ROUTE],
        help: "Time from the head of a request to the end of its answer, as the server sees it.",
        read: |seen, series| {
            for (route, method, calls) in counted(seen) {
                if let Some(durations) = calls.durations.get() {
                    series.add_histogram([method, route], durations);
                }
            }
        },
        ..PLAIN
    },
    Metric {
        name: "http_requests_in_flight",
        unit: "requests",
        help: "Requests whose answer has not left yet, this one included.",
        read: |seen, series| {
            let requests = seen.state.requests();
            series.set(requests.map(|requests| requests.in_flight.load(Ordering::Relaxed)));
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_requests_rate_limited_total",
        kind: Kind::Counter,
        unit: "requests",
        help: "Requests that were refused because their client asked too often, or sent too many wrong tokens.",
        read: |seen, series| series.set(seen.state.counters.rate_limited.load(Ordering::Relaxed)),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_requests_shed_total",
        kind: Kind::Counter,
        unit: "requests",
        help: "Requests that were refused because too many ran at once.",
        read: |seen, series| series.set(seen.state.counters.shed.load(Ordering::Relaxed)),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_panics_total",
        kind: Kind::Counter,
        unit: "requests",
        help: "Requests that panicked and were answered with 500.",
        read: |seen, series| series.set(seen.state.panics()),
        ..PLAIN
    },
];

/// The calls of every route and method.
fn counted<'s>(seen: &super::Seen<'s>) -> impl Iterator<Item = (&'s str, &'static str, &'s Calls)> {
    let routes = seen
        .state
        .requests()
        .into_iter()
        .flat_map(|requests| &requests.routes);
    routes.flat_map(|route| {
        let calls = METHODS.iter().zip(&route.by_method);
        calls.map(|(method, calls)| (&*route.path, *method, calls))
    })
}

/// Upper bounds of the durations, in seconds: from what a resolve takes to what an import may take.
const BOUNDS: [f64; 17] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
    300.0,
];

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other",
];

fn method_index(method: &Method) -> usize {
    match *method {
        Method::GET => 0,
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::PATCH => 4,
        Method::DELETE => 5,
        Method::OPTIONS => 6,
        _ => 7,
    }
}

/// The statuses that the API has, and two for what has none of them.
const STATUSES: [&str; 22] = [
    "200", "201", "204", "304", "308", "400", "401", "403", "404", "405", "408", "409", "412", "413", "415",
    "422", "429", "500", "502", "503", "other", "none",
];
const OTHER: usize = STATUSES.len() - 2;
const NONE: usize = STATUSES.len() - 1;

fn status_index(status: Option<StatusCode>) -> usize {
    let Some(status) = status else {
        return NONE;
    };
    let named = STATUSES.iter().position(|name| *name == status.as_str());
    named.unwrap_or(OTHER)
}

/// A route, as its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteIndex(pub(crate) usize);

/// The counters of all requests.
#[derive(Debug)]
pub(crate) struct Requests {
    routes: Vec<Route>,
    in_flight: AtomicU64,
}

#[derive(Debug)]
struct Route {
    path: Box<str>,
    by_method: [Calls; METHODS.len()],
}

/// The requests of one method to one route.
#[derive(Debug, Default)]
struct Calls {
    by_status: [AtomicU64; STATUSES.len()],
    /// Made with the first request: most methods of most routes never get one.
    durations: OnceLock<Histogram>,
}

impl Requests {
    /// Counters for these routes, in this order, and for what is no route.
    pub(crate) fn of<'p>(paths: impl Iterator<Item = &'p str>) -> Self {
        let route = |path: &str| Route {
            path: path.into(),
            by_method: Default::default(),
        };
        Self {
            routes: paths.chain(["unmatched"]).map(route).collect(),
            in_flight: AtomicU64::new(0),
        }
    }

    /// Another request has come.
    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer to a request has left; nothing is its status where its client did not wait for it.
    pub(crate) fn end(
        &self,
        route: Option<RouteIndex>,
        method: &Method,
        status: Option<StatusCode>,
        took: Duration,
    ) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        let unmatched = self.routes.len() - 1;
        let route = route.map_or(unmatched, |RouteIndex(index)| index.min(unmatched));
        let calls = &self.routes[route].by_method[method_index(method)];
        calls.by_status[status_index(status)].fetch_add(1, Ordering::Relaxed);
        calls.durations.get_or_init(durations).observe(took.as_secs_f64());
    }
}

fn durations() -> Histogram {
    let about = "the page has the name and the help of the table";
    let options = HistogramOpts::new("durations", about).buckets(BOUNDS.to_vec());
    Histogram::with_opts(options).expect("the bounds grow and the name is one")
}

#[cfg(test)]
mod tests {
    use super::{NONE, OTHER, STATUSES, status_index};
    use crate::error::Code;
    use axum::http::StatusCode;

    #[test]
    fn every_status_of_the_api_has_its_own_counter() {
        for code in Code::ALL {
            assert!(status_index(Some(code.status())) < OTHER, "{code:?}");
        }
        for (index, name) in STATUSES[..OTHER].iter().enumerate() {
            let status = StatusCode::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(status_index(Some(status)), index);
        }
        assert_eq!(status_index(Some(StatusCode::IM_A_TEAPOT)), OTHER);
        assert_eq!(status_index(None), NONE);
    }
}

//! The calls that the OpenAPI document names, and how to bring about each of their answers.

use crate::access::with;
use crate::{
    app::{Answer, RULES, TestApp, config, contents, get, local, settings},
    chunks::Chunks,
    packs::outside::{TestUpstream, nothing_outside, rule, zip},
};
use api::{Access, Config, RateLimit, TokenList, Tokens};
use axum::{
    body::Body,
    http::{Request, header},
};
use catalog::{Settings, Sources};
use packs::{
    fetch::{Exceptions, Fetcher},
    signature::{SecretKey, TrustedKeys},
};
use serde_json::Value;
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use store::ErrorKind;

/// A call that the document names.
#[derive(Clone)]
pub(crate) struct Operation {
    method: String,
    pub(crate) path: String,
    pub(crate) entry: Value,
}

pub(crate) fn document() -> Value {
    serde_json::from_str(&api::openapi()).unwrap()
}

pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| -> Vec<Operation> {
        let methods = item.as_object().unwrap().iter();
        methods
            .map(|(method, entry)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                entry: entry.clone(),
            })
            .collect()
    };
    paths.iter().flat_map(of_path).collect()
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// A path and a body that succeed.
    pub(crate) fn sample(&self) -> (String, &'static str) {
        const URL: &str = "?url=https%3A%2F%2Fnews.example%2Fa";
        match self.path.as_str() {
            "/v1/resolve" if self.method == "GET" => (format!("/v1/resolve{URL}"), ""),
            "/v1/inject.css" | "/v1/inject.js" => (format!("{}{URL}", self.path), ""),
            "/v1/resolve" | "/v1/explain" => (self.path.clone(), r#"{"url":"https://news.example/a"}"#),
            "/v1/resolve/batch" => (self.path.clone(), r#"{"urls":["https://news.example/a","x"]}"#),
            "/v1/rules/check" => (
                self.path.clone(),
                r#"{"id":"a","type":"wildcard","pattern":"*","css":"a{}","enabled":true}"#,
            ),
            "/v1/log-level" => (self.path.clone(), r#"{"level":"debug"}"#),
            "/v1/rules/export" => (self.path.clone(), r#"{"format":"json"}"#),
            "/v1/rules" | "/v1/rules/import" if self.method == "POST" => (
                self.path.clone(),
                r#"{"id":"new","type":"wildcard","pattern":"*","css":"a{}"}"#,
            ),
            "/v1/rules/{id}" if self.is_update() => ("/v1/rules/page".to_owned(), r#"{"css":"changed{}"}"#),
            "/v1/rules/{id}/source" if self.method == "PUT" => {
                ("/v1/rules/page/source".to_owned(), r#"{"type":"local"}"#)
            }
            "/v1/packs/install" => (self.path.clone(), r#"{"source":"fresh"}"#),
            "/v1/packs/update" => (self.path.clone(), r#"{"all":true}"#),
            "/v1/packs/sync" => (self.path.clone(), "{}"),
            "/v1/packs/{name}" => ("/v1/packs/shop".to_owned(), ""),
            with_id if with_id.contains("{id}") => (with_id.replace("{id}", "page"), ""),
            "/swagger/{file}" => ("/swagger/swagger-ui.css".to_owned(), ""),
            fixed => (fixed.to_owned(), ""),
        }
    }

    fn is_update(&self) -> bool {
        ["PUT", "PATCH"].contains(&self.method.as_str())
    }

    /// Whether it changes rules, whatever its body.
    pub(crate) fn is_write(&self) -> bool {
        let reads = [
            "/v1/resolve",
            "/v1/resolve/batch",
            "/v1/explain",
            "/v1/rules/check",
            "/v1/rules/export",
            "/v1/log-level",
        ];
        self.method != "GET" && !reads.contains(&self.path.as_str())
    }

    pub(crate) fn request(&self, path: &str, media_type: &str, body: Body) -> Request<Body> {
        if self.method == "GET" {
            return get(path);
        }
        let request = Request::builder().method(self.method.as_str()).uri(path);
        request
            .header(header::CONTENT_TYPE, media_type)
            .body(body)
            .unwrap()
    }

    /// Asks with a body that never comes, where the only thread for slow work is taken.
    fn produce_timeout(&self) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .max_blocking_threads(1)
            .build();
        let (runtime, operation) = (runtime.unwrap(), self.clone());
        let ask = move || {
            let (release, taken) = std::sync::mpsc::channel::<()>();
            let answer = runtime.block_on(async {
                let config = Config {
                    request_timeout: Duration::from_millis(5),
                    operation_timeout: Duration::from_millis(5),
                    ..config()
                };
                let app = with_repository(config, settings()).await;
                tokio::task::spawn_blocking(move || taken.recv());
                let request = operation.request(&operation.sample().0, "application/json", Chunks::endless());
                app.send(request).await
            });
            drop(release);
            answer
        };
        std::thread::spawn(ask).join().unwrap()
    }

    /// Brings about a refusal of the middleware.
    async fn produce_refusal(&self, status: u16) -> Answer {
        let (path, body) = self.sample();
        let ask = async |app: &TestApp, header: (&'static str, &str)| {
            let request = self.request(&path, "application/json", body.into());
            app.send(with(request, &[header])).await
        };
        let of = |config| TestApp::configured(contents(local(RULES)), config, settings());
        match status {
            400 => ask(&of(config()).await, ("host", "a b")).await,
            401 => ask(&of(closed()).await, ("authorization", "Bearer wrong")).await,
            403 => ask(&of(config()).await, ("host", "evil.test")).await,
            429 if self.path == "/metrics" => {
                let app = of(closed()).await;
                for _ in 0..10 {
                    ask(&app, ("authorization", "Bearer wrong")).await;
                }
                ask(&app, ("authorization", "Bearer wrong")).await
            }
            429 => {
                let app = of(closed()).await;
                ask(&app, ("x-request-id", "first")).await;
                ask(&app, ("x-request-id", "second")).await
            }
            _ => {
                let full = Config {
                    requests_max: 0,
                    ..config()
                };
                ask(&of(full).await, ("x-request-id", "third")).await
            }
        }
    }

    fn depends_on_a_repository(&self, status: u16) -> bool {
        self.path.starts_with("/v1/packs") && [200, 404, 422, 502].contains(&status)
    }

    /// Brings about a status that depends on the repository.
    async fn produce_of_packs(&self, status: u16) -> Answer {
        let (path, body) = self.sample();
        let settings = match status {
            // What is not signed is not valid.
            422 if self.method == "GET" => Settings {
                keys: TrustedKeys::parse(&SecretKey::generate().unwrap().public().unwrap()).unwrap(),
                ..settings()
            },
            _ => settings(),
        };
        let app = match status {
            502 => {
                let repository = Arc::<TestUpstream>::default();
                repository.set_down(true);
                crate::packs::app(Sources {
                    repository: Some(repository),
                    ..nothing_outside()
                })
                .await
            }
            _ => with_repository(config(), settings).await,
        };
        let (path, body) = match (status, self.path.as_str()) {
            (404, "/v1/packs/install") => (path, r#"{"source":"none"}"#),
            (404, "/v1/packs/update") => (path, r#"{"names":["none"]}"#),
            (404, _) => (self.path.replace("{name}", "none"), body),
            (422, "/v1/packs/available" | "/v1/packs/updates") => (path, body),
            (422, _) => (path, r#"{"unknown":1}"#),
            _ => (path, body),
        };
        app.send(self.request(&path, "application/json", body.into()))
            .await
    }

    /// Brings about one of the statuses that the document promises.
    pub(crate) async fn produce(&self, status: u16) -> Answer {
        let rules = || contents(local(RULES));
        let app = TestApp::new().await;
        let (path, body) = self.sample();
        let send = async |path: &str, body: &str| {
            app.send(self.request(path, "application/json", body.to_owned().into()))
                .await
        };
        match status {
            _ if self.depends_on_a_repository(status) => self.produce_of_packs(status).await,
            200 | 201 | 308 => send(&path, body).await,
            304 => {
                let first = send(&path, body).await;
                app.get_with(&path, ("if-none-match", first.header("etag"))).await
            }
            400 if !self.path.starts_with("/v1/") => self.produce_refusal(status).await,
            400 => {
                let mark = if path.contains('?') { '&' } else { '?' };
                send(&format!("{path}{mark}nope=1"), body).await
            }
            403 if self.is_write() => {
                app.store.make_read_only();
                send(&path, body).await
            }
            403 if self.path.starts_with("/v1/inject") => {
                app.get_with(&path, ("sec-fetch-site", "cross-site")).await
            }
            401 | 403 | 429 => self.produce_refusal(status).await,
            409 => {
                app.store.refuse(ErrorKind::Unwritable);
                send(&path, body).await
            }
            412 => {
                let mut request = self.request(&path, "application/json", body.into());
                request
                    .headers_mut()
                    .insert(header::IF_MATCH, "\"other\"".parse().unwrap());
                app.send(request).await
            }
            404 if self.path == "/metrics" => ask_without_metrics(&path).await,
            404 => send(&self.path.replace("{id}", "none").replace("{file}", "none"), body).await,
            408 => self.produce_timeout(),
            413 => send(&path, &" ".repeat(8 * 1024 * 1024 + 1)).await,
            415 => app.send(self.request(&path, "text/plain", body.into())).await,
            422 if self.name() == "GET /v1/rules" => send("/v1/rules?matches=x", "").await,
            422 if self.is_update() => send(&path, r#"{"priorty":1}"#).await,
            422 => send(&self.path, "{}").await,
            502 => produce_failed_fetch(&path).await,
            503 if self.path == "/health/ready" => {
                app.state.drain();
                send(&path, body).await
            }
            503 => {
                let app = TestApp::unloaded(rules(), config(), settings());
                let request = self.request(&path, "application/json", body.into());
                let answer = app.send(request).await;
                match answer.status.as_u16() {
                    503 => answer,
                    _ => self.produce_refusal(status).await,
                }
            }
            other => panic!(
                "{} promises {other}, and nobody knows how to bring that about",
                self.name()
            ),
        }
    }
}

/// An application with a repository that offers the pack `fresh`.
async fn with_repository(config: Config, settings: Settings) -> TestApp {
    let repository = Arc::<TestUpstream>::default();
    repository.offer(zip("fresh", "1.0.0", "", &rule("a", "a{}")));
    let sources = Sources {
        repository: Some(repository),
        ..nothing_outside()
    };
    let app = TestApp::with_sources(contents(local(RULES)), config, settings, sources);
    app.refresh().await;
    app
}

async fn ask_without_metrics(path: &str) -> Answer {
    let config = Config {
        metrics: false,
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    app.get(path).await
}

/// Has rules fetched from where nobody listens.
async fn produce_failed_fetch(path: &str) -> Answer {
    let exceptions = Exceptions::parse("http://127.0.0.1:1").unwrap();
    let config = Config {
        fetcher: Fetcher::new(exceptions),
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    app.post(path, r#"{"url":"http://127.0.0.1:1/"}"#).await
}

/// Asks for a token, and lets a client call once a second.
fn closed() -> Config {
    let access = Access {
        tokens: Some(Tokens::new(TokenList::default())),
        require_read: true,
        rate_limit: Some(RateLimit {
            per_second: NonZeroU32::MIN,
            burst: NonZeroU32::MIN,
        }),
        ..Access::default()
    };
    Config { access, ..config() }
}

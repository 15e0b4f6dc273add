//! The application under test: the router, a clock that the test moves, a store that it fills.

use api::{Access, Build, Config, LogLevel, Outside, Peer, State};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
};
use catalog::{Catalog, Packs, Settings, Sources, Threads};
use http_body_util::BodyExt as _;
use packs::fetch::{Exceptions, Fetcher};
use rulefile::{Format, Source};
use rules::{Clock, IdSpace, Layer, Mode, Origin, PackJs, RuleId, Sourced, StackLimits, Timestamp};
use serde_json::Value;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};
use store::{Contents, Revision};
use tower::ServiceExt as _;
use trace::Tracer;

use crate::{packs::outside::nothing_outside, test_store::TestStore};

/// Rules that most tests use: a general one, a more specific one, one with a script and an exclusion.
pub(crate) const RULES: &str = r#"
- {id: general, type: wildcard, pattern: '*', css: 'header{display:none}', tags: [print], author: Ann}
- {id: news, type: wildcard, pattern: 'https://news.example/*', css: 'nav{}', js: 'run();', description: Hides the navigation}
- {id: page, type: exact, pattern: 'https://news.example/a', css: 'main{}', exclude: ['*://*/*raw*'], priority: 5000}
- {id: digits, type: regex, pattern: '/[0-9]+$', js: 'digits();'}
"#;

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;

/// A clock that the test moves, and can break.
pub(crate) struct TestClock {
    millis: AtomicI64,
    /// By so much it goes on whenever somebody looks.
    step: AtomicI64,
    is_broken: AtomicBool,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        assert!(!self.is_broken.load(Ordering::SeqCst), "the secret spring broke");
        let step = self.step.load(Ordering::SeqCst);
        Timestamp::from_millis(self.millis.fetch_add(step, Ordering::SeqCst))
    }
}

pub(crate) struct TestApp {
    pub(crate) state: Arc<State>,
    pub(crate) store: Arc<TestStore>,
    pub(crate) config: Config,
    catalog: Arc<Catalog>,
    clock: Arc<TestClock>,
    router: axum::Router,
}

/// What is logged, as far as the API knows: a single level.
#[derive(Debug, Default)]
struct TestLevel(Mutex<String>);

impl LogLevel for TestLevel {
    fn get(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    fn set(&self, level: &str) -> Result<(), &'static str> {
        if ["info", "debug"].contains(&level) {
            level.clone_into(&mut self.0.lock().unwrap());
            return Ok(());
        }
        Err("info or debug")
    }
}

pub(crate) fn config() -> Config {
    Config {
        request_timeout: Duration::from_secs(60),
        operation_timeout: Duration::from_secs(600),
        resolve_max_age: Duration::ZERO,
        body_limit: 64 * 1024,
        import_body_limit: 8 * 1024 * 1024,
        fetcher: Fetcher::new(Exceptions::default()),
        inject_from_pages: false,
        read_only: false,
        requests_max: 100,
        log_level: Arc::new(TestLevel::default()),
        tracer: Tracer::new(|| 0, || SystemTime::UNIX_EPOCH),
        access: Access {
            listens_on_loopback: true,
            ..Access::default()
        },
        metrics: true,
        environment: "test".to_owned(),
        outside: Outside::default(),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        default_mode: Mode::Best,
        stack: StackLimits::default(),
        pack_js: PackJs::Trusted,
        keys: packs::signature::TrustedKeys::default(),
        rules_max: 100_000,
        cache_entries_max: 100,
        cache_ttl: Duration::from_secs(3600),
        delta_max: 4,
        threads: Threads::Apart,
    }
}

/// The local rules of a YAML text.
pub(crate) fn local(yaml: &str) -> Vec<Sourced> {
    let origin = Origin {
        layer: Layer::Local,
        pack_name: None,
        pack_version: None,
        source_url: None,
        file: Some("local/test.rule.yaml".into()),
        trusted: true,
    };
    sourced(yaml, IdSpace::Local, origin)
}

/// The rules of the pack `shop`, from a YAML text.
pub(crate) fn community(yaml: &str, trusted: bool) -> Vec<Sourced> {
    let origin = Origin {
        layer: Layer::Community,
        pack_name: Some("shop".into()),
        pack_version: Some("1.2.3".into()),
        source_url: Some("https://packs.example/shop.zip".into()),
        file: None,
        trusted,
    };
    sourced(yaml, IdSpace::Pack("shop".to_owned()), origin)
}

fn sourced(yaml: &str, space: IdSpace, origin: Origin) -> Vec<Sourced> {
    let parsed = rulefile::parse(
        yaml.as_bytes(),
        &Source {
            format: Format::Yaml,
            space,
            default_id: None,
        },
    );
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let origin = Arc::new(origin);
    let sourced = |parsed: rulefile::Parsed| Sourced {
        rule: parsed.rule.into(),
        origin: Arc::clone(&origin),
        line: u32::try_from(parsed.line).ok(),
    };
    parsed.rules.into_iter().map(sourced).collect()
}

pub(crate) fn contents(rules: Vec<Sourced>) -> Contents {
    Contents {
        revision: Revision(1),
        rules,
        packs: [("shop".to_owned(), rules::InstalledPack::default())].into(),
        ..Contents::default()
    }
}

impl TestApp {
    /// An application that serves [`RULES`].
    pub(crate) async fn new() -> Self {
        Self::serving(contents(local(RULES))).await
    }

    /// An application that serves these rules.
    pub(crate) async fn serving(contents: Contents) -> Self {
        Self::configured(contents, config(), settings()).await
    }

    pub(crate) async fn configured(contents: Contents, config: Config, settings: Settings) -> Self {
        let app = Self::unloaded(contents, config, settings);
        app.catalog.refresh().await.unwrap();
        app
    }

    /// An application that has not loaded its rules yet.
    pub(crate) fn unloaded(contents: Contents, config: Config, settings: Settings) -> Self {
        Self::with_sources(contents, config, settings, nothing_outside())
    }

    /// The same with packs that come from somewhere.
    pub(crate) fn with_sources(
        contents: Contents,
        config: Config,
        settings: Settings,
        sources: Sources,
    ) -> Self {
        let store = Arc::new(TestStore::of(contents));
        let clock = Arc::new(TestClock {
            millis: AtomicI64::new(START),
            step: AtomicI64::new(0),
            is_broken: AtomicBool::new(false),
        });
        let catalog = Arc::new(Catalog::new(
            Arc::clone(&store) as _,
            Arc::clone(&clock) as _,
            settings,
        ));
        let packs = Arc::new(Packs::new(Arc::clone(&catalog), sources));
        let build = Build {
            version: "1.2.3",
            commit: "abc",
            commit_time: "2026-01-01T00:00:00Z",
            rustc: "rustc 1.95",
        };
        let state = State::new(packs, config.clone(), build, || 0);
        Self {
            router: api::router(Arc::clone(&state)),
            state,
            store,
            config,
            catalog,
            clock,
        }
    }

    pub(crate) async fn refresh(&self) {
        self.catalog.refresh().await.unwrap();
    }

    /// Lets rules that were kept stand in for those of the store, which is away.
    pub(crate) async fn stand_in(&self, contents: Contents) {
        self.store.break_loading();
        let kept_at = Timestamp::from_millis(START);
        let snapshot = self.catalog.stand_in(contents, kept_at).await.unwrap();
        assert!(snapshot.is_some(), "nothing is in force yet");
    }

    /// Refreshes, whatever becomes of it.
    pub(crate) async fn try_refresh(&self) {
        drop(self.catalog.refresh().await);
    }

    /// Lets the clock go on by so much whenever somebody looks.
    pub(crate) fn advance_with_each_look(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.clock.step.store(millis, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock
            .millis
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// As when somebody sets the clock of the machine.
    pub(crate) fn turn_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.clock.millis.fetch_sub(millis, Ordering::SeqCst);
    }

    pub(crate) fn break_clock(&self) {
        self.clock.is_broken.store(true, Ordering::SeqCst);
    }

    pub(crate) fn mend_clock(&self) {
        self.clock.is_broken.store(false, Ordering::SeqCst);
    }

    /// Sends a request; one that does not say more comes from this machine, and is addressed to it.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<Peer>().is_none() {
            request.extensions_mut().insert(peer("127.0.0.1"));
        }
        let host = HeaderValue::from_static("localhost");
        request.headers_mut().entry(header::HOST).or_insert(host);
        self.send_bare(request).await
    }

    /// Sends a request as it is.
    pub(crate) async fn send_bare(&self, request: Request<Body>) -> Answer {
        Self::answer(self.router.clone(), request).await
    }

    /// Sends a request as the process itself would.
    pub(crate) async fn send_in_process(&self, request: Request<Body>) -> Answer {
        Self::answer(api::in_process(Arc::clone(&self.state)), request).await
    }

    async fn answer(router: axum::Router, request: Request<Body>) -> Answer {
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    pub(crate) async fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        let request = Request::get(path).header(header.0, header.1);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        self.send(call(method, path, body)).await
    }

    /// Changes a rule on the condition that it has this tag.
    pub(crate) async fn call_if(&self, method: &str, path: &str, tags: &str, body: &'static str) -> Answer {
        let mut request = call(method, path, body);
        request
            .headers_mut()
            .insert(header::IF_MATCH, tags.parse().unwrap());
        self.send(request).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(post(path, "application/json", body)).await
    }
}

/// A connection from this address.
pub(crate) fn peer(address: &str) -> Peer {
    Peer {
        address: (address.parse::<std::net::IpAddr>().unwrap(), 40_000).into(),
        is_tls: false,
    }
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn call(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

pub(crate) fn post(path: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, media_type)
        .body(body.into())
        .unwrap()
}

/// The id of a rule.
pub(crate) fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// `data` of a success.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        assert!([200, 201].contains(&self.status.as_u16()), "{}", self.text());
        let mut json = self.json();
        assert_eq!(json["status"], "success");
        json["data"].take()
    }

    /// Status, code, and the first field of a failure.
    pub(crate) fn failure(&self) -> (u16, String, String) {
        let json = self.json();
        assert_eq!(json["status"], "error", "{json}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            self.status.as_u16(),
            text(&json["code"]),
            text(&json["details"]["errors"][0]["field"]),
        )
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

//! Packs over HTTP.

mod attacks;
mod elsewhere;
mod events;
mod installing;
pub(crate) mod outside;
mod repository;
mod singles;

use crate::app::{Answer, RULES, TestApp, config, contents, local, post, settings};
use catalog::{KeptInMemory, Settings, Sources};
use outside::{TestUpstream, nothing_outside};
use packs::{plan::Installed, signature::TrustedKeys};
use std::sync::Arc;
use store::Contents;

pub(crate) const INSTALL: &str = "/v1/packs/install";
pub(crate) const UPDATE: &str = "/v1/packs/update";
pub(crate) const SYNC: &str = "/v1/packs/sync";

/// An application with a repository in memory.
pub(crate) struct Shop {
    pub(crate) app: TestApp,
    pub(crate) repository: Arc<TestUpstream>,
    pub(crate) memory: Arc<KeptInMemory>,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::trusting(TrustedKeys::default()).await
    }

    pub(crate) async fn trusting(keys: TrustedKeys) -> Self {
        let (repository, memory) = (Arc::<TestUpstream>::default(), Arc::<KeptInMemory>::default());
        let sources = Sources {
            repository: Some(Arc::clone(&repository) as _),
            keep: Arc::clone(&memory) as _,
            ..nothing_outside()
        };
        let settings = Settings { keys, ..settings() };
        Self {
            app: app_with(Installed::new(), settings, sources).await,
            repository,
            memory,
        }
    }

    pub(crate) async fn install(&self, source: &str) -> Answer {
        let body = serde_json::json!({"source": source});
        self.app.post(INSTALL, body.to_string()).await
    }

    pub(crate) async fn css(&self) -> String {
        let answer = self
            .app
            .post("/v1/resolve", r#"{"url":"https://a.example/","mode":"all"}"#);
        answer.await.data()["css"].as_str().unwrap().to_owned()
    }
}

/// An application that serves [`RULES`], with this outside of it.
pub(crate) async fn app(sources: Sources) -> TestApp {
    app_with(Installed::new(), settings(), sources).await
}

/// The same with settings of its own, where these packs are installed.
pub(crate) async fn app_with(packs: Installed, settings: Settings, sources: Sources) -> TestApp {
    let contents = Contents {
        packs,
        ..contents(local(RULES))
    };
    let app = TestApp::with_sources(contents, config(), settings, sources);
    app.refresh().await;
    app
}

/// Sends an archive to be installed.
pub(crate) async fn send(app: &TestApp, archive: Vec<u8>, query: &str) -> Answer {
    app.send(post(&format!("{INSTALL}{query}"), "application/zip", archive))
        .await
}

//! A database of a test's own, and stores over it.

use pg_test::{Database, Server};
use rules::Layer;
use std::{collections::BTreeMap, time::Duration};
use store::{Contents, Edit, Expected, contract::rule};
use store_pg::{PgStore, Settings, Target};
use tokio::runtime::Builder;

/// Runs a future to its end, on the calling thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// An empty database.
pub(crate) fn database() -> Database {
    Server::shared().database()
}

/// A store over the database at a URL.
pub(crate) fn store_at(url: &str) -> PgStore {
    PgStore::open(settings(url)).unwrap()
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        target: Target::parse(url).unwrap(),
        pool_max: 4,
        statement_timeout: Duration::from_secs(5),
        read_only: None,
    }
}

/// A local rule to put.
pub(crate) fn put(id: &str, css: &str) -> Edit {
    put_if(id, css, Expected::Anything)
}

/// A local rule to put in the place of what is expected.
pub(crate) fn put_if(id: &str, css: &str, replaces: Expected) -> Edit {
    Edit::Put {
        layer: Layer::Local,
        rule: rule(id, css),
        replaces,
    }
}

/// The style sheets by the ids of their rules.
pub(crate) fn css(contents: &Contents) -> BTreeMap<String, String> {
    let rules = contents.rules.iter().map(|sourced| &sourced.rule);
    rules
        .map(|rule| (rule.id().to_string(), rule.assets().css.to_string()))
        .collect()
}

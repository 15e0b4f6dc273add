//! Collects routes together with what each asks of its callers: none can be added without.

use crate::{
    access::right::{Right, Rights},
    state::State,
};
use axum::http::Method;
use std::sync::Arc;
use utoipa::openapi::{OpenApi, PathItem, path::Operation};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The routes, their rights, and the document of both.
pub(super) struct Map {
    pub(super) router: OpenApiRouter<Arc<State>>,
    pub(super) rights: Rights,
}

impl Map {
    pub(super) fn new(document: OpenApi) -> Self {
        Self {
            router: OpenApiRouter::with_openapi(document),
            rights: Rights::default(),
        }
    }

    /// Adds routes that all ask the same.
    pub(super) fn route(mut self, right: Right, routes: UtoipaMethodRouter<Arc<State>>) -> Self {
        for (path, item) in &routes.1.paths {
            for (method, _) in operations(item) {
                self.rights.add(path, method, right);
            }
        }
        self.router = self.router.routes(routes);
        self
    }
}

/// The methods of a path, each with what the document says of it.
fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

//! Collects routes together with what each asks of its callers: none can be added without.

use crate::{
    access::right::{Right, Rights},
    state::State,
};
use axum::http::Method;
use std::sync::Arc;
use utoipa::{
    Modify,
    openapi::{
        Content, OpenApi, PathItem, Ref, Response, ResponseBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The routes, their rights, and the document of both.
pub(super) struct Map {
    pub(super) router: OpenApiRouter<Arc<State>>,
    pub(super) rights: Rights,
    is_documented: bool,
}

impl Map {
    pub(super) fn documented(document: OpenApi) -> Self {
        Self {
            router: OpenApiRouter::with_openapi(document),
            is_documented: true,
            ..Self::bare()
        }
    }

    /// Without the document, which takes two megabytes that an idle service would keep.
    pub(super) fn bare() -> Self {
        Self {
            router: OpenApiRouter::new(),
            rights: Rights::default(),
            is_documented: false,
        }
    }

    /// Adds routes that all ask the same.
    pub(super) fn route(mut self, right: Right, mut routes: UtoipaMethodRouter<Arc<State>>) -> Self {
        for (path, item) in &mut routes.1.paths {
            for (method, operation) in operations(item) {
                self.rights.add(path, method, right);
                describe(right, operation);
            }
        }
        if !self.is_documented {
            routes.0.clear();
            routes
                .1
                .paths
                .values_mut()
                .for_each(|item| *item = PathItem::default());
        }
        self.router = self.router.routes(routes);
        self
    }
}

/// The methods of a path, each with what the document says of it.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The name of the security scheme in the document.
const TOKEN: &str = "token";

/// Says in the document what a route asks, and what is answered to who does not meet it.
fn describe(right: Right, operation: &mut Operation) {
    if right.role.is_some() {
        let open = SecurityRequirement::default();
        // Where no tokens are configured nobody needs one, and readers may not need one anyway.
        operation.security = Some(vec![
            open,
            SecurityRequirement::new::<_, [String; 0], String>(TOKEN, []),
        ]);
    }
    let refusals = [
        (!right.any_host, "400"),
        (right.role.is_some(), "401"),
        (!right.any_host, "403"),
        // Failed attempts to name a token are bounded everywhere.
        (!right.first || right.role.is_some(), "429"),
        (!right.first, "503"),
    ];
    for (_, status) in refusals.into_iter().filter(|(is_possible, _)| *is_possible) {
        let refusals = &mut operation.responses.responses;
        refusals
            .entry(status.to_owned())
            .or_insert_with(|| failure().into());
    }
}

/// The answer of every failure, as the derived ones are described.
fn failure() -> Response {
    let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
    ResponseBuilder::new().content("application/json", body).build()
}

/// Adds how a token is sent.
pub(super) struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A token of `asset-injector token new`; only where tokens are configured",
            ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme.build()));
    }
}

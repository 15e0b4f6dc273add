//! The OpenAPI document, made from the routes and from what each handler says of itself.
//!
//! It is printed into the repository, and the service answers with that: what makes it is a tenth of the program.

use crate::{access::right::Right, state::State};
use axum::http::Method;
use std::sync::Arc;
use utoipa::{
    Modify, OpenApi as _,
    openapi::{
        Content, OpenApi, PathItem, Ref, Response, ResponseBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// What the document says beside the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Asset Injector",
        description = "Which CSS and JavaScript must be injected into a page before it is rendered.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "resolving", description = "What a page gets, and why"),
        (name = "rules", description = "The rules"),
        (name = "packs", description = "Collections of rules from elsewhere"),
        (name = "system", description = "Health, metrics, version, documents"),
    ),
    modifiers(&TokenScheme),
)]
struct Document;

/// The document in the making.
pub(super) struct Documented {
    router: OpenApiRouter<Arc<State>>,
}

impl Default for Documented {
    fn default() -> Self {
        Self {
            router: OpenApiRouter::with_openapi(Document::openapi()),
        }
    }
}

impl Documented {
    /// Adds what a handler says of itself, which must be for the route that it is mapped to.
    pub(super) fn route(
        mut self,
        method: Method,
        path: &str,
        right: Right,
        mut said: UtoipaMethodRouter<Arc<State>>,
    ) -> Self {
        let paths = said.1.paths.iter_mut();
        let mut operations = paths.flat_map(|(path, item)| operations(item).map(move |found| (path, found)));
        match (operations.next(), operations.next()) {
            (Some((said, (of, operation))), None) if said == path && of == method => {
                describe(right, operation);
            }
            _ => panic!("the handler of {method} {path} documents another route"),
        }
        drop(operations);
        self.router = self.router.routes(said);
        self
    }

    pub(super) fn print(mut self) -> String {
        let document = self.router.to_openapi();
        document.to_pretty_json().expect("the document serializes")
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
struct TokenScheme;

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

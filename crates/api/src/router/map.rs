//! Collects routes together with what each asks of its callers: none can be added without.

use crate::{
    access::right::{Right, Rights},
    state::State,
};
use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, on},
};
use std::sync::Arc;

/// The routes and their rights.
#[derive(Default)]
pub(super) struct Map {
    pub(super) router: Router<Arc<State>>,
    pub(super) rights: Rights,
}

impl Map {
    /// Adds a route.
    pub(super) fn route<H, T>(mut self, method: Method, path: &str, right: Right, handler: H) -> Self
    where
        H: Handler<T, Arc<State>>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("the map holds methods that axum knows");
        self.rights.add(path, method, right);
        self.router = self.router.route(path, on(filter, handler));
        self
    }
}

/// Makes of the lines of the URL map the router, and the document where it is wanted.
macro_rules! url_map {
    ($($method:ident $path:literal, $right:expr => $handler:path;)+) => {
        /// The routes, and what each asks of its callers.
        fn endpoints() -> Map {
            use axum::http::Method;
            Map::default()$(.route(Method::$method, $path, $right, $handler))+
        }

        /// The OpenAPI document, made from the routes.
        #[cfg(feature = "openapi")]
        pub fn openapi() -> String {
            use self::document::Documented;
            use axum::http::Method;
            let documented = Documented::default();
            let documented = documented$(.route(Method::$method, $path, $right, utoipa_axum::routes!($handler)))+;
            documented.print()
        }
    };
}

pub(super) use url_map;

//! What a route asks of its callers. The URL map says it once for each route; everything else follows.

use super::Role;
use crate::metrics::requests::RouteIndex;
use axum::http::Method;
use std::collections::HashMap;

/// What a route asks of its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Right {
    /// The least role; open to everyone where there is none.
    pub(crate) role: Option<Role>,
    /// Answered whatever `Host` says.
    pub(crate) any_host: bool,
    /// Answered before rate limit and load shedding.
    pub(crate) first: bool,
    /// Bounded by `OPERATION_TIMEOUT`.
    pub(crate) long: bool,
    /// Changes what is stored, which `READ_ONLY` refuses.
    pub(crate) changes: bool,
    /// A bare asset: pages of other sites are refused, and a reader's token may stand in the query.
    pub(crate) asset: bool,
}

impl Right {
    /// Open to everyone.
    pub(crate) const OPEN: Self = Self {
        role: None,
        any_host: false,
        first: false,
        long: false,
        changes: false,
        asset: false,
    };
    /// Whether the service works: for everyone, always.
    pub(crate) const PROBE: Self = Self {
        any_host: true,
        first: true,
        ..Self::OPEN
    };
    /// For readers, which is everyone unless `AUTH_REQUIRE_READ`.
    pub(crate) const READ: Self = Self {
        role: Some(Role::Reader),
        ..Self::OPEN
    };
    /// For editors: changes rules.
    pub(crate) const EDIT: Self = Self {
        role: Some(Role::Editor),
        changes: true,
        ..Self::OPEN
    };

    /// For admins: changes how this process works, and nothing that is stored.
    pub(crate) const ADMIN: Self = Self {
        role: Some(Role::Admin),
        ..Self::OPEN
    };

    /// For admins: changes packs.
    pub(crate) const MANAGE: Self = Self {
        changes: true,
        ..Self::ADMIN
    };

    /// The same, whatever `Host` says.
    pub(crate) const fn any_host(self) -> Self {
        Self {
            any_host: true,
            ..self
        }
    }

    /// The same, for a call that changes nothing that is stored.
    pub(crate) const fn harmless(self) -> Self {
        Self {
            changes: false,
            ..self
        }
    }

    /// The same, before rate limit and load shedding.
    pub(crate) const fn first(self) -> Self {
        Self { first: true, ..self }
    }

    /// The same, for a call that may take its time.
    pub(crate) const fn long(self) -> Self {
        Self { long: true, ..self }
    }

    /// The same, for a bare asset.
    pub(crate) const fn asset(self) -> Self {
        Self { asset: true, ..self }
    }

    /// Whether the call is a write: one for editors or admins, and nothing else.
    pub(crate) fn is_write(self) -> bool {
        self.role > Some(Role::Reader)
    }
}

/// The rights of all routes, by path and method; the paths are numbered.
#[derive(Debug, Default)]
pub(crate) struct Rights {
    paths: Vec<Box<str>>,
    routes: HashMap<Box<str>, Route>,
}

/// One path.
#[derive(Debug)]
struct Route {
    index: RouteIndex,
    methods: Vec<(Method, Right)>,
}

impl Rights {
    pub(crate) fn add(&mut self, path: &str, method: Method, right: Right) {
        if !self.routes.contains_key(path) {
            let index = RouteIndex(self.paths.len());
            self.paths.push(path.into());
            let methods = Vec::new();
            self.routes.insert(path.into(), Route { index, methods });
        }
        let route = self.routes.get_mut(path).expect("it was added above");
        route.methods.push((method, right));
    }

    /// The paths in the order of their numbers.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| &**path)
    }

    /// The number and the right of a route. What is no route (404, 405) is for readers: it tells what there is.
    pub(crate) fn find(&self, path: Option<&str>, method: &Method) -> (Option<RouteIndex>, Right) {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let route = path.and_then(|path| self.routes.get(path));
        let known = route.and_then(|route| route.methods.iter().find(|(known, _)| known == method));
        let right = known.map_or(Right::READ, |(_, right)| *right);
        (route.map(|route| route.index), right)
    }
}

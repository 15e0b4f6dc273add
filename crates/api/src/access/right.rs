//! What a route asks of its callers. The URL map says it once for each route; everything else follows.

use super::Role;
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

/// The rights of all routes, by path and method.
#[derive(Debug, Default)]
pub(crate) struct Rights(HashMap<Box<str>, Vec<(Method, Right)>>);

impl Rights {
    pub(crate) fn add(&mut self, path: &str, method: Method, right: Right) {
        self.0.entry(path.into()).or_default().push((method, right));
    }

    /// The right of a route. What is no route (404, 405) is for readers: it tells what there is.
    pub(crate) fn find(&self, path: Option<&str>, method: &Method) -> Right {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let methods = path.and_then(|path| self.0.get(path));
        let known = methods.and_then(|methods| methods.iter().find(|(known, _)| known == method));
        known.map_or(Right::READ, |(_, right)| *right)
    }
}

//! What is configured about access, with what the checks need to remember.

use super::{
    Role,
    budget::{Budgets, RateLimit},
    client::Networks,
    host::Hosts,
    origin::Origins,
    right::Rights,
    tokens::Tokens,
};
use crate::state::{Counters, State};
use std::{num::NonZeroU32, sync::Arc};

/// Failed attempts of a client to name a token.
const FAILURES: RateLimit = {
    let ten = NonZeroU32::new(10).expect("ten is not zero");
    RateLimit {
        per_second: ten,
        burst: ten,
    }
};

/// Who may call, and how often.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Whether the listener is bound to a loopback address.
    pub listens_on_loopback: bool,
    /// The tokens; nobody needs one where there is nothing.
    pub tokens: Option<Arc<Tokens>>,
    /// Whether reading needs a token too (`AUTH_REQUIRE_READ`).
    pub require_read: bool,
    /// Names that the service has beside those that no stranger can own (`ALLOWED_HOSTS`).
    pub allowed_hosts: Hosts,
    /// Whose pages may use the service (`CORS_ORIGINS`).
    pub cors_origins: Origins,
    /// Proxies that say who their client is (`TRUSTED_PROXIES`).
    pub trusted_proxies: Networks,
    /// How often a client may call (`RATE_LIMIT_RPS`, `RATE_LIMIT_BURST`).
    pub rate_limit: Option<RateLimit>,
}

/// Where the requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A network: every check applies.
    Network,
    /// This process itself, on behalf of whoever started it.
    Process,
}

/// What the checks of a router share.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) access: Access,
    pub(crate) source: Source,
    pub(crate) rights: Rights,
    pub(crate) read_only: bool,
    pub(crate) inject_from_pages: bool,
    pub(crate) counters: Arc<Counters>,
    /// The calls of each client, where they are limited.
    pub(crate) calls: Option<Budgets>,
    /// The failed attempts of each client.
    pub(crate) failures: Budgets,
}

impl Policy {
    pub(crate) fn new(state: &State, source: Source, rights: Rights) -> Self {
        let config = &state.config;
        Self {
            access: config.access.clone(),
            source,
            rights,
            read_only: config.read_only,
            inject_from_pages: config.inject_from_pages,
            counters: Arc::clone(&state.counters),
            calls: config.access.rate_limit.map(Budgets::new),
            failures: Budgets::new(FAILURES),
        }
    }

    /// Whether a caller of this role must show a token.
    pub(crate) fn needs_token(&self, role: Role) -> bool {
        role > Role::Reader || self.access.require_read
    }
}

//! The settings of who may call.

use super::{Reader, keys};
use api::{Hosts, Networks, Origins, RateLimit, TokenList};
use std::{num::NonZeroU32, path::PathBuf};

/// Who may call, and how often.
#[derive(Clone, Debug)]
pub(crate) struct AccessConfig {
    /// The tokens that are settings themselves, if there are any.
    pub(crate) tokens: Option<TokenList>,
    /// The file of further tokens.
    pub(crate) tokens_file: Option<PathBuf>,
    /// Whether reading needs a token.
    pub(crate) require_read: bool,
    /// Names of the service.
    pub(crate) allowed_hosts: Hosts,
    /// Whose pages may use the API.
    pub(crate) cors_origins: Origins,
    /// Proxies that say who their client is.
    pub(crate) trusted_proxies: Networks,
    /// How often a client may call.
    pub(crate) rate_limit: Option<RateLimit>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> AccessConfig {
    let tokens_file = reader.read_optional(&keys::AUTH_TOKENS_FILE);
    AccessConfig {
        tokens: tokens(reader),
        tokens_file,
        require_read: reader.read(&keys::AUTH_REQUIRE_READ),
        allowed_hosts: reader.read_optional(&keys::ALLOWED_HOSTS).unwrap_or_default(),
        cors_origins: reader.read_optional(&keys::CORS_ORIGINS).unwrap_or_default(),
        trusted_proxies: reader.read_optional(&keys::TRUSTED_PROXIES).unwrap_or_default(),
        rate_limit: rate_limit(reader),
    }
}

fn tokens(reader: &mut Reader<'_>) -> Option<TokenList> {
    let text = reader.read_optional(&keys::AUTH_TOKENS)?;
    match TokenList::parse(&text) {
        Ok(list) => Some(list),
        Err(error) => {
            reader.refuse_because(keys::AUTH_TOKENS.row, &error.to_string());
            None
        }
    }
}

fn rate_limit(reader: &mut Reader<'_>) -> Option<RateLimit> {
    let per_second = reader.read(&keys::RATE_LIMIT_RPS);
    let burst = reader.read_set(&keys::RATE_LIMIT_BURST).unwrap_or(2 * per_second);
    reader.note_followed(keys::RATE_LIMIT_BURST.row, &burst.to_string());
    Some(RateLimit {
        per_second: NonZeroU32::new(per_second)?,
        burst: NonZeroU32::new(burst)?,
    })
}

//! Whether the community repository answers, and with what.

use super::Diagnosis;
use crate::{
    config::{CommunityConfig, Config},
    output,
    outside::SystemPace,
};
use packs::{
    index::Index,
    repository::{Client, IndexKind, Refreshed},
    signature::Subject,
};
use std::{sync::Arc, time::Duration};

/// The longest wait for the repository; in `serve` it may take longer.
const TIMEOUT: Duration = Duration::from_secs(10);

const WHAT: &str = "community repository";

/// Asks for the index, and checks it as an installation would.
pub(super) fn check(config: &Config) -> Diagnosis {
    let community = &config.community;
    let Some(repository) = &community.repository else {
        return match community.auto_update || community.singles_interval.is_some() {
            false => Diagnosis::good(WHAT, "none is configured"),
            true => Diagnosis::doubtful(
                WHAT,
                "none is configured, so there is nothing to update or to synchronize",
                "set COMMUNITY_REPO_URL, or unset AUTO_UPDATE_PACKS and SINGLES_SYNC_ENABLED",
            ),
        };
    };
    let mut repository = repository.clone();
    repository.timeout = repository.timeout.min(TIMEOUT);
    let url = &repository.url;
    match index(&repository, community) {
        Ok(index) => Diagnosis::good(
            WHAT,
            format!(
                "{url} offers {}, as of {}",
                output::count(index.packs.len(), "pack"),
                index.updated_at
            ),
        ),
        Err(reason) => Diagnosis::bad(
            WHAT,
            format!("{url}: {reason}"),
            "look at COMMUNITY_REPO_URL, COMMUNITY_REPO_TOKEN and PACK_TRUSTED_KEYS, and at the way there; what is installed goes on without it",
        ),
    }
}

fn index(repository: &packs::repository::Config, community: &CommunityConfig) -> Result<Index, String> {
    let client =
        Client::new(repository, Arc::new(SystemPace::default())).map_err(|error| error.to_string())?;
    let refreshed = client.index(IndexKind::Packs, None, &mut |_, _| {});
    let cached = match refreshed.map_err(|error| error.to_string())? {
        Refreshed::Fresh(cached) | Refreshed::Unchanged(cached) => cached,
        Refreshed::Stale(error) => return Err(error.to_string()),
    };
    if !community.keys.is_empty() {
        let signature = cached.signature.as_deref().map(String::from_utf8_lossy);
        let verified = community
            .keys
            .verify(&Subject::Index, &cached.bytes, signature.as_deref());
        verified.map_err(|error| error.to_string())?;
    }
    Index::parse(&cached.bytes).map_err(|error| error.to_string())
}

//! The settings of packs and of the community repository.

use super::{Reader, keys};
use crate::outside::SystemPace;
use packs::{
    repository::{Client, Config as Repository, Error},
    signature::TrustedKeys,
};
use std::{sync::Arc, time::Duration};

/// Where packs come from, whom they are believed, and what is done by itself.
#[derive(Clone, Debug)]
pub(crate) struct CommunityConfig {
    /// The repository; none unless its URL is set.
    pub(crate) repository: Option<Repository>,
    /// How long its index serves before it is asked again.
    pub(crate) index_ttl: Duration,
    /// Whether installed packs are updated at the start.
    pub(crate) auto_update: bool,
    /// How often single rules are synchronized, if they are.
    pub(crate) singles_interval: Option<Duration>,
    /// Whose signatures count.
    pub(crate) keys: TrustedKeys,
}

pub(super) fn read(reader: &mut Reader<'_>) -> CommunityConfig {
    let url = reader.read_optional(&keys::COMMUNITY_REPO_URL);
    let timeout = reader.read(&keys::COMMUNITY_REPO_TIMEOUT);
    let token = reader.read_optional(&keys::COMMUNITY_REPO_TOKEN);
    let trusted = keys_of(reader);
    let repository = url.map(|url| Repository {
        url,
        timeout,
        token,
        with_signatures: !trusted.is_empty(),
    });
    if let Some(repository) = &repository {
        refuse_unusable(reader, repository);
    }
    let is_synchronized = reader.read(&keys::SINGLES_SYNC_ENABLED);
    let interval = reader.read(&keys::SINGLES_SYNC_INTERVAL);
    CommunityConfig {
        repository,
        index_ttl: reader.read(&keys::COMMUNITY_INDEX_TTL),
        auto_update: reader.read(&keys::AUTO_UPDATE_PACKS),
        singles_interval: is_synchronized.then_some(interval),
        keys: trusted,
    }
}

fn keys_of(reader: &mut Reader<'_>) -> TrustedKeys {
    let text = reader.read_optional(&keys::PACK_TRUSTED_KEYS).unwrap_or_default();
    TrustedKeys::parse(&text).unwrap_or_else(|error| {
        reader.refuse_because(keys::PACK_TRUSTED_KEYS.row, &error.to_string());
        TrustedKeys::default()
    })
}

/// The client knows what it can use; nothing is asked here.
fn refuse_unusable(reader: &mut Reader<'_>, repository: &Repository) {
    if let Err(Error::Config { key, reason }) = Client::new(repository, Arc::new(SystemPace::default())) {
        let row = match key == keys::COMMUNITY_REPO_TOKEN.row.name {
            true => keys::COMMUNITY_REPO_TOKEN.row,
            false => keys::COMMUNITY_REPO_URL.row,
        };
        reader.refuse_because(row, &reason);
    }
}

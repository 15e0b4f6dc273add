//! The settings of merging, resolving and its cache.

use super::{Reader, keys};
use ::catalog::{Settings, Threads};
use packs::signature::TrustedKeys;
use rules::{StackLimits, limits};

pub(super) fn read(reader: &mut Reader<'_>, trusted: &TrustedKeys) -> Settings {
    Settings {
        default_mode: reader.read(&keys::RESOLVE_MODE),
        stack: StackLimits {
            rules: reader.read(&keys::MAX_STACKED_RULES),
            bytes: reader.read(&keys::MAX_RESOLVE_BYTES),
        },
        pack_js: reader.read(&keys::PACK_JS),
        keys: trusted.clone(),
        rules_max: reader.read(&keys::MAX_RULES),
        cache_entries_max: reader.read(&keys::CACHE_MAX_SIZE),
        cache_ttl: reader.read(&keys::CACHE_TTL),
        delta_max: limits::DELTA_RULES_MAX,
        threads: Threads::Apart,
    }
}

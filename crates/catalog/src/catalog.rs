//! Holds the store, publishes snapshots.

use crate::{CacheStats, Error, Snapshot};
use arc_swap::ArcSwapOption;
use rules::{Clock, Mode, PackJs, StackLimits};
use std::{sync::Arc, time::Duration};
use store::RuleStore;

/// What the catalog can be told.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The mode of a resolve that names none.
    pub default_mode: Mode,
    /// Bounds of stacked answers.
    pub stack: StackLimits,
    /// Whose packs' JavaScript counts.
    pub pack_js: PackJs,
    /// The most rules of a set.
    pub rules_max: usize,
    /// Entries of the resolve cache; 0: none.
    pub cache_entries_max: usize,
    /// How long a cached answer may serve.
    pub cache_ttl: Duration,
}

/// The one stateful object.
pub struct Catalog {
    store: Arc<dyn RuleStore>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    current: ArcSwapOption<Snapshot>,
}

impl Catalog {
    /// A catalog without a snapshot yet.
    pub fn new(store: Arc<dyn RuleStore>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self { store, clock, settings, current: ArcSwapOption::empty() }
    }

    /// The snapshot in force; `None` until the first refresh succeeded.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Loads, merges, compiles and publishes: the only way into a snapshot.
    ///
    /// # Errors
    ///
    /// When the store cannot be read; the old snapshot stays.
    pub async fn refresh(&self) -> Result<Arc<Snapshot>, Error> {
        let _ = self.store.load().await?;
        todo!()
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where now comes from.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Counters of the resolve cache.
    pub fn cache_stats(&self) -> CacheStats {
        CacheStats::default()
    }
}

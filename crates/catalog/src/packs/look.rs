//! What is installed, what could be, and what is newer.

use super::{
    Available, Inner, PackError, PackUpdate, SeenPack, Updates,
    index_copy::{Ask, Seen},
    outdated,
};
use crate::Snapshot;
use ::packs::{
    index::Index,
    plan::{self, Choice},
};
use rules::{InstalledPack, Layer, SINGLES};
use std::{collections::HashMap, sync::Arc};

impl Inner {
    pub(super) async fn installed(self: &Arc<Self>) -> Result<Vec<SeenPack>, PackError> {
        let snapshot = self.snapshot()?;
        self.apart(move |inner| inner.list(&snapshot)).await
    }

    pub(super) async fn available(self: &Arc<Self>) -> Result<Option<Available>, PackError> {
        let seen = self.look().await?;
        Ok(seen.map(|seen| Available {
            freshness: seen.freshness(),
            index: seen.known.listing,
        }))
    }

    pub(super) async fn updates(self: &Arc<Self>) -> Result<Option<Updates>, PackError> {
        let snapshot = self.snapshot()?;
        let Some(seen) = self.look().await? else {
            return Ok(None);
        };
        let listed = (&*seen.known.cached.source, &*seen.known.listing);
        let packs = snapshot.packs().iter().filter(|(name, _)| *name != SINGLES);
        let packs = packs.filter_map(|(name, pack)| self.newer(listed, name, pack));
        Ok(Some(Updates {
            packs: packs.collect(),
            freshness: seen.freshness(),
        }))
    }

    async fn look(self: &Arc<Self>) -> Result<Option<Seen<Index>>, PackError> {
        if self.sources.repository.is_none() {
            return Ok(None);
        }
        let seen = self.index.get(self, Ask::IfOld, |inner| &inner.index);
        seen.await.map(Some)
    }

    /// The version that an update would install, or why there is none.
    fn newer(&self, seen: (&str, &Index), name: &str, pack: &InstalledPack) -> Option<PackUpdate> {
        let choice = plan::newer_release(seen, name, pack, &self.sources.engine);
        let (available, note) = match choice {
            Ok(Choice::Fetch(release)) => (Some(release.version), None),
            Ok(Choice::Keep(note)) => (None, note),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        (available.is_some() || note.is_some()).then(|| PackUpdate {
            name: name.to_owned(),
            installed: pack.version().cloned(),
            available,
            note,
        })
    }

    fn list(&self, snapshot: &Snapshot) -> Vec<SeenPack> {
        let mut rules: HashMap<&str, usize> = HashMap::new();
        for entry in snapshot.set().entries() {
            let origin = &entry.sourced.origin;
            if let Some(pack) = origin
                .pack_name
                .as_deref()
                .filter(|_| origin.layer == Layer::Community)
            {
                *rules.entry(pack).or_default() += 1;
            }
        }
        let overrides = outdated::overrides(snapshot);
        let installed = snapshot.packs();
        let seen = |(name, pack): (&String, &InstalledPack)| {
            let overrides = overrides.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let version = pack.version().map(ToString::to_string).unwrap_or_default();
            SeenPack {
                name: name.clone(),
                rules: rules.get(name.as_str()).copied().unwrap_or_default(),
                overrides: overrides
                    .iter()
                    .map(|entry| entry.sourced.rule.id().clone())
                    .collect(),
                outdated: self.unchanged.outdated(&self.sources, overrides, &version),
                warnings: pack.manifest.as_ref().map_or_else(Vec::new, |manifest| {
                    plan::dependency_warnings(manifest, installed)
                }),
                trusted: plan::is_trusted(pack, self.keys()),
                pack: pack.clone(),
            }
        };
        installed.iter().map(seen).collect()
    }
}

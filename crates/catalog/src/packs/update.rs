//! Updates: every pack that can be, in one write.

use super::{Inner, PackChange, PackError, Updated, Upstream, Which, held::Held, index_copy::Ask};
use crate::Snapshot;
use ::packs::{
    index::Index,
    plan::{self, Choice, Refusal, Request},
};
use rules::{InstalledPack, SINGLES};
use std::sync::Arc;

/// What is known of each pack that is to be updated.
enum Tried {
    Held(Box<Held>),
    Over(Result<PackChange, PackError>),
}

impl Inner {
    pub(super) async fn update(self: &Arc<Self>, which: Which) -> Result<Updated, PackError> {
        let snapshot = self.writable()?;
        let repository = self.repository()?;
        let seen = self
            .index
            .get(self, Ask::IfOldEvenIfItFailed, |inner| &inner.index)
            .await?;
        let stale = seen.failure.as_ref();
        let mut warnings: Vec<String> = stale
            .map(|error| format!("the index is a copy of {}: {error}", seen.known.cached.fetched_at))
            .into_iter()
            .collect();
        let index = seen.known.listing;
        let tried = self
            .apart(move |inner| inner.try_all(&*repository, &index, &snapshot, &which))
            .await?;
        let mut packs = Vec::new();
        let mut held = Vec::new();
        for (name, tried) in tried {
            match tried {
                Tried::Held(pack) => held.push(*pack),
                Tried::Over(outcome) => packs.push((name, outcome)),
            }
        }
        let names: Vec<_> = held.iter().map(|held| held.name.clone()).collect();
        self.announce(None).await?;
        let (changes, snapshot) = self.put_in(held, false).await?;
        warnings.extend(self.record_changes(&changes, &snapshot).await?);
        packs.extend(names.into_iter().zip(changes));
        packs.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Updated {
            packs,
            warnings,
            snapshot,
        })
    }

    /// Fetches what is newer. When the repository cannot be asked for one, it is not asked for the others.
    fn try_all(
        &self,
        repository: &dyn Upstream,
        index: &Index,
        snapshot: &Snapshot,
        which: &Which,
    ) -> Vec<(String, Tried)> {
        let installed = snapshot.packs();
        let mut names: Vec<String> = match which {
            Which::All => installed
                .keys()
                .filter(|name| *name != SINGLES)
                .cloned()
                .collect(),
            Which::Named(names) => names.clone(),
        };
        names.sort();
        names.dedup();
        let mut broken: Option<PackError> = None;
        let mut each = |name: String| {
            let tried = match installed.get(&name).filter(|_| name != SINGLES) {
                None => Err(Refusal::NotFound(format!("`{name}` is not installed")).into()),
                Some(pack) => self.try_one(repository, (index, which), (&name, pack), broken.as_ref()),
            };
            if let Err(PackError::Repository(error)) = &tried
                && !error.is_about_file()
            {
                broken = Some(error.clone().into());
            }
            (name, tried.unwrap_or_else(|error| Tried::Over(Err(error))))
        };
        names.into_iter().map(&mut each).collect()
    }

    fn try_one(
        &self,
        repository: &dyn Upstream,
        (index, which): (&Index, &Which),
        (name, pack): (&str, &InstalledPack),
        broken: Option<&PackError>,
    ) -> Result<Tried, PackError> {
        let kept = |reason: Option<String>| Ok(Tried::Over(Ok(kept(name, pack, reason))));
        let release =
            match plan::newer_release((repository.source(), index), name, pack, &self.sources.engine) {
                Ok(Choice::Fetch(release)) => release,
                Ok(Choice::Keep(reason)) => return kept(reason),
                // Nobody asked for this one by its name: it has no newer version.
                Err(Refusal::NotFound(reason)) if matches!(which, Which::All) => return kept(Some(reason)),
                Err(refusal) => return Err(refusal.into()),
            };
        match broken {
            Some(error) => Err(error.clone()),
            None => {
                let request = Request::Update(name.to_owned());
                let held = self.hold_release(repository, (name, &release), request, Some(pack))?;
                Ok(Tried::Held(Box::new(held)))
            }
        }
    }
}

fn kept(name: &str, pack: &InstalledPack, reason: Option<String>) -> PackChange {
    PackChange {
        name: name.to_owned(),
        from: pack.version().cloned(),
        to: pack.version().cloned(),
        changed: false,
        warnings: reason.into_iter().collect(),
        outdated: Vec::new(),
    }
}

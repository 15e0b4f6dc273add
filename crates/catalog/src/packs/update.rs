//! Updates: every pack that can be, in one write as far as they may be held in memory together.

use super::{
    Inner, Listener, PackChange, PackError, Updated, Upstream, Which, download::Downloads, held::Held,
    index_copy::Ask,
};
use crate::Snapshot;
use ::packs::{
    index::Index,
    plan::{self, Choice, Refusal, Request},
};
use rules::{InstalledPack, SINGLES};
use std::{collections::VecDeque, sync::Arc};

/// What is known of each pack that is to be updated.
enum Tried {
    Held(Box<Held>),
    Over(Result<PackChange, PackError>),
}

/// What is still to be tried, who hears of it, and why the repository is not asked any more.
struct Queue {
    names: VecDeque<String>,
    downloads: Downloads,
    broken: Option<PackError>,
}

/// What an update asks and looks at; the same for all of its packs.
struct Asked {
    repository: Arc<dyn Upstream>,
    index: Arc<Index>,
    snapshot: Arc<Snapshot>,
    which: Which,
}

impl Inner {
    pub(super) async fn update(
        self: &Arc<Self>,
        which: Which,
        listener: Listener,
    ) -> Result<Updated, PackError> {
        let snapshot = self.up_to_date().await?;
        let repository = self.repository()?;
        // Who asks for an update wants what there is now, and the answer is mostly that nothing has changed.
        let seen = self.index.get(self, Ask::Now, |inner| &inner.index).await?;
        let stale = seen.failure.as_ref();
        let stale =
            stale.map(|error| format!("the index is a copy of {}: {error}", seen.known.cached.fetched_at));
        let asked = Arc::new(Asked {
            repository,
            index: seen.known.listing,
            snapshot: Arc::clone(&snapshot),
            which,
        });
        let mut updated = Updated {
            packs: Vec::new(),
            warnings: stale.into_iter().collect(),
            snapshot,
        };
        let names = names_of(&asked.which, &asked.snapshot);
        let newer = names.iter().filter(|name| self.is_newer(&asked, name));
        let mut queue = Queue {
            downloads: Downloads::new(&listener, newer.count()),
            names,
            broken: None,
        };
        while !queue.names.is_empty() {
            let asked = Arc::clone(&asked);
            let (tried, rest) = self.apart(move |inner| inner.try_some(&asked, queue)).await?;
            queue = rest;
            self.write_tried(tried, &mut updated).await?;
        }
        updated.packs.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(updated)
    }

    /// Writes those that were fetched. A failure is one of these packs alone where others have changed before them.
    async fn write_tried(
        self: &Arc<Self>,
        tried: Vec<(String, Tried)>,
        updated: &mut Updated,
    ) -> Result<(), PackError> {
        let mut held = Vec::new();
        for (name, tried) in tried {
            match tried {
                Tried::Held(pack) => held.push(*pack),
                Tried::Over(outcome) => updated.packs.push((name, outcome)),
            }
        }
        let names: Vec<_> = held.iter().map(|held| held.name.clone()).collect();
        self.announce(None).await?;
        match self.put_in(held, false).await {
            Ok((changes, snapshot)) => {
                let warning = self.record_changes(&changes, &snapshot).await?;
                updated.warnings.extend(warning);
                updated.packs.extend(names.into_iter().zip(changes));
                updated.snapshot = snapshot;
            }
            Err(error) if updated.changed() => {
                let failed = names.into_iter().map(|name| (name, Err(error.clone())));
                updated.packs.extend(failed);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Fetches what is newer, as much as may be held at once; what is left over comes in another write. When the
    /// repository cannot be asked for one, it is not asked for the others.
    fn try_some(&self, asked: &Asked, mut queue: Queue) -> (Vec<(String, Tried)>, Queue) {
        let (mut tried, mut bytes) = (Vec::new(), 0);
        while bytes < self.sources.held_bytes_max
            && let Some(name) = queue.names.pop_front()
        {
            let installed = asked.snapshot.packs().get(&name);
            let outcome = match installed.filter(|_| name != SINGLES) {
                None => Err(Refusal::NotFound(format!("`{name}` is not installed")).into()),
                Some(pack) => self.try_one(asked, (&name, pack), &mut queue),
            };
            if let Err(PackError::Repository(error)) = &outcome
                && !error.is_about_file()
            {
                queue.broken = Some(error.clone().into());
            }
            if let Ok(Tried::Held(held)) = &outcome {
                bytes += held.bytes();
            }
            tried.push((name, outcome.unwrap_or_else(|error| Tried::Over(Err(error)))));
        }
        (tried, queue)
    }

    /// Whether there is a version to fetch.
    fn is_newer(&self, asked: &Asked, name: &str) -> bool {
        let installed = asked.snapshot.packs().get(name).filter(|_| name != SINGLES);
        let newer = installed.map(|pack| self.newer_release(asked, name, pack));
        matches!(newer, Some(Ok(Choice::Fetch(_))))
    }

    fn newer_release(&self, asked: &Asked, name: &str, pack: &InstalledPack) -> Result<Choice, Refusal> {
        let listed = (asked.repository.source(), &*asked.index);
        plan::newer_release(listed, name, pack, &self.sources.engine)
    }

    fn try_one(
        &self,
        asked: &Asked,
        (name, pack): (&str, &InstalledPack),
        queue: &mut Queue,
    ) -> Result<Tried, PackError> {
        let kept = |reason: Option<String>| Ok(Tried::Over(Ok(kept(name, pack, reason))));
        let release = match self.newer_release(asked, name, pack) {
            Ok(Choice::Fetch(release)) => release,
            Ok(Choice::Keep(reason)) => return kept(reason),
            // Nobody asked for this one by its name: it has no newer version.
            Err(Refusal::NotFound(reason)) if matches!(asked.which, Which::All) => return kept(Some(reason)),
            Err(refusal) => return Err(refusal.into()),
        };
        match &queue.broken {
            Some(error) => Err(error.clone()),
            None => {
                let request = Request::Update(name.to_owned());
                let asked_for = (request, Some(pack));
                let (repository, downloads) = (&*asked.repository, &mut queue.downloads);
                let held = self.hold_release(repository, (name, &release), asked_for, downloads)?;
                Ok(Tried::Held(Box::new(held)))
            }
        }
    }
}

/// The packs that are asked for, by name, each once.
fn names_of(which: &Which, snapshot: &Snapshot) -> VecDeque<String> {
    let mut names: Vec<String> = match which {
        Which::All => snapshot
            .packs()
            .keys()
            .filter(|name| *name != SINGLES)
            .cloned()
            .collect(),
        Which::Named(names) => names.clone(),
    };
    names.sort();
    names.dedup();
    names.into()
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

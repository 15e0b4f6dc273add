//! Installations: of what is wanted, of an archive in hand, or of what `packs.lock` records.

use super::{
    Inner, Install, Installed, Listener, PackChange, PackError,
    download::Downloads,
    held::Held,
    index_copy::{Ask, Seen},
};
use crate::Snapshot;
use ::packs::{
    index::{Index, Release},
    lock::Locked,
    plan::{self, Origin, Request, Wanted},
};
use rules::InstalledPack;
use semver::Version;
use std::sync::Arc;

impl Inner {
    pub(super) async fn install(
        self: &Arc<Self>,
        what: Install,
        trust: bool,
        listener: Listener,
    ) -> Result<Installed, PackError> {
        let snapshot = self.up_to_date().await?;
        let mut downloads = Downloads::new(&listener, 1);
        let held = match what {
            Install::Wanted(Wanted::Pack { name, version }) => {
                let pack = (name, version);
                self.from_repository(&snapshot, pack, trust, downloads).await?
            }
            Install::Wanted(Wanted::Url(url)) => {
                let request = of_archive(trust);
                let hold = move |inner: &Self| inner.hold_url(&url, request, &mut downloads);
                self.apart(hold).await??
            }
            Install::Archive(archive, signature) => {
                let request = of_archive(trust);
                let held = self.apart(move |inner| inner.hold(request, archive, Origin::Hand));
                held.await??.signed(signature)
            }
            Install::Locked => return self.restore(snapshot, listener).await,
        };
        self.announce(None).await?;
        let (changes, snapshot) = self.put_in(vec![held], true).await?;
        let warnings = self
            .record_changes(&changes, &snapshot)
            .await?
            .into_iter()
            .collect();
        let packs = changes.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Installed {
            packs,
            warnings,
            snapshot,
        })
    }

    async fn from_repository(
        self: &Arc<Self>,
        snapshot: &Snapshot,
        (name, version): (String, Option<Version>),
        trust: bool,
        mut downloads: Downloads,
    ) -> Result<Held, PackError> {
        let repository = self.repository()?;
        let installed = snapshot.packs().get(&name);
        let release = self.release(&name, version.as_ref(), installed).await?;
        let request = Request::Install {
            name: Some(name.clone()),
            version,
            trust,
        };
        let hold = move |inner: &Self| {
            inner.hold_release(&*repository, (&name, &release), (request, None), &mut downloads)
        };
        self.apart(hold).await?
    }

    /// The version that is wanted. What a copy of the index does not have may be new, so the repository is asked then.
    async fn release(
        self: &Arc<Self>,
        name: &str,
        version: Option<&Version>,
        installed: Option<&InstalledPack>,
    ) -> Result<Release, PackError> {
        let engine = &self.sources.engine;
        let find =
            |seen: &Seen<Index>| plan::wanted_release(&seen.known.listing, name, version, installed, engine);
        let seen = self
            .index
            .get(self, Ask::IfOldEvenIfItFailed, |inner| &inner.index)
            .await?;
        match find(&seen) {
            Err(plan::Refusal::NotFound(_)) if !seen.is_new => {
                let seen = self.index.get(self, Ask::Now, |inner| &inner.index).await?;
                Ok(find(&seen)?)
            }
            found => Ok(found?),
        }
    }

    /// Installs what `packs.lock` records: all of it or nothing.
    async fn restore(
        self: &Arc<Self>,
        snapshot: Arc<Snapshot>,
        listener: Listener,
    ) -> Result<Installed, PackError> {
        let installed = snapshot.packs().clone();
        let (locked, held) = self
            .apart(move |inner| {
                let locked = inner.locked()?;
                let missing: Vec<_> = locked
                    .iter()
                    .filter(|locked| !is_installed(locked, installed.get(&locked.name)))
                    .collect();
                let mut downloads = Downloads::new(&listener, missing.len());
                let held = inner.hold_all(&missing, &mut downloads)?;
                Ok::<_, PackError>((locked, held))
            })
            .await??;
        let (changes, snapshot) = self.put_in(held, true).await?;
        let mut changes = changes.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut packs = Vec::new();
        for locked in &locked {
            let at = changes.iter().position(|change| change.name == locked.name);
            packs.push(at.map_or_else(|| unchanged(locked), |at| changes.swap_remove(at)));
        }
        let others = snapshot
            .packs()
            .keys()
            .filter(|name| **name != rules::SINGLES && locked.iter().all(|locked| locked.name != **name));
        let warnings = others
            .map(|name| format!("`{name}` is installed and not in `{}`", ::packs::lock::LOCK_FILE))
            .collect();
        Ok(Installed {
            packs,
            warnings,
            snapshot,
        })
    }
}

impl Inner {
    /// Gets all that is locked and missing; it becomes one write, so all of it is held at once.
    fn hold_all(&self, missing: &[&Locked], downloads: &mut Downloads) -> Result<Vec<Held>, PackError> {
        let (mut held, mut bytes): (Vec<Held>, usize) = (Vec::new(), 0);
        for locked in missing {
            if bytes >= self.sources.held_bytes_max {
                return Err(PackError::Lock(format!(
                    "what is locked and missing is more than the {} bytes that may be installed at once; install \
                     `{}` alone first",
                    self.sources.held_bytes_max, locked.name
                )));
            }
            let pack = self.hold_locked(locked, downloads)?;
            bytes += pack.bytes();
            held.push(pack);
        }
        Ok(held)
    }
}

fn of_archive(trust: bool) -> Request {
    Request::Install {
        name: None,
        version: None,
        trust,
    }
}

/// Whether exactly this is installed.
fn is_installed(locked: &Locked, installed: Option<&InstalledPack>) -> bool {
    let source = installed.and_then(|pack| pack.source.as_ref());
    source.is_some_and(|source| {
        source.version == locked.version
            && source.sha256 == locked.sha256
            && source.key == locked.key
            && source.trusted == locked.trusted
    })
}

fn unchanged(locked: &Locked) -> PackChange {
    PackChange {
        name: locked.name.clone(),
        from: Some(locked.version.clone()),
        to: Some(locked.version.clone()),
        changed: false,
        warnings: Vec::new(),
        outdated: Vec::new(),
    }
}

//! Archives on their way in: fetched and checked, and then decided on.

use super::{
    Inner, PackChange, PackError, Upstream, as_seen,
    download::Downloads,
    outdated::{self, Same},
};
use crate::Snapshot;
use ::packs::{
    archive::ARCHIVE_BYTES_MAX,
    content::{self, Content},
    fetch,
    index::Release,
    lock::Locked,
    plan::{self, Offer, Origin, Plan, Request},
    repository,
    signature::TrustedKeys,
};
use bytes::Bytes;
use rules::{InstalledPack, Timestamp};
use std::sync::{Arc, Mutex};
use store::{Edit, NewPack};

/// A pack that is there and not installed yet.
pub(super) struct Held {
    pub(super) name: String,
    request: Request,
    origin: Origin,
    /// What an index or a lock file says of its archive.
    sha256: Option<String>,
    key: Option<String>,
    archive: Bytes,
    signature: Option<String>,
    content: Content,
    /// Whether it comes out of `packs.lock`, so that it takes the place of whatever is there.
    is_exact: bool,
}

impl Inner {
    /// Checks an archive that somebody has in hand.
    pub(super) fn hold(&self, request: Request, archive: Bytes, origin: Origin) -> Result<Held, PackError> {
        let content = content::of_archive(&archive, &self.sources.engine)?;
        Ok(Held {
            name: content.manifest.name.to_string(),
            request,
            origin,
            sha256: None,
            key: None,
            archive,
            signature: None,
            content,
            is_exact: false,
        })
    }

    /// Gets a version of a pack from the repository, and its signature where that will be asked for: by the keys, or
    /// because what is `installed` has one.
    pub(super) fn hold_release(
        &self,
        repository: &dyn Upstream,
        (name, release): (&str, &Release),
        (request, installed): (Request, Option<&InstalledPack>),
        downloads: &mut Downloads,
    ) -> Result<Held, PackError> {
        let with_signature = plan::needs_signature(self.keys(), installed);
        let pack = (name, &release.version);
        let got = repository
            .archive(pack, with_signature, &mut downloads.next(name))
            .map_err(missing)?;
        let signature = got.signature;
        let held = self.hold(request, got.bytes.into(), Origin::Url(got.url))?;
        check_version(&held.content, release)?;
        Ok(Held {
            sha256: release.sha256.clone(),
            signature: signature.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            ..held
        })
    }

    /// Gets the archive at a URL that a user chose, and its signature beside it where keys are trusted.
    pub(super) fn hold_url(
        &self,
        url: &str,
        request: Request,
        downloads: &mut Downloads,
    ) -> Result<Held, PackError> {
        let (fetcher, name) = (&self.sources.fetcher, fetch::name_of(url));
        let archive = fetcher.fetch_traced(url, ARCHIVE_BYTES_MAX, &mut downloads.next(&name))?;
        let archive = archive.bytes;
        let held = self.hold(request, archive.into(), Origin::Url(url.to_owned()))?;
        match plan::needs_signature(self.keys(), None) {
            true => Ok(held.signed(self.signature_beside(url)?)),
            false => Ok(held),
        }
    }

    /// Gets what a lock file records.
    pub(super) fn hold_locked(&self, locked: &Locked, downloads: &mut Downloads) -> Result<Held, PackError> {
        let Some(url) = &locked.url else {
            return Err(PackError::Lock(format!(
                "`{}` was not installed from a URL, so it cannot be fetched; install it from its file",
                locked.name
            )));
        };
        let repository = self.sources.repository.as_deref();
        let home = repository.filter(|repository| plan::is_below(url, repository.source()));
        let held = match home {
            Some(repository) => {
                let release = Release {
                    version: locked.version.clone(),
                    sha256: None,
                    size: None,
                    requires: None,
                };
                let asked = (locked.request(), None);
                self.hold_release(repository, (&locked.name, &release), asked, downloads)
            }
            None => self.hold_url(url, locked.request(), downloads),
        };
        Ok(Held {
            sha256: Some(locked.sha256.clone()),
            key: locked.key.clone(),
            is_exact: true,
            ..held?
        })
    }

    fn signature_beside(&self, url: &str) -> Result<Option<String>, PackError> {
        use ::packs::{
            fetch::Error as Met,
            signature::{SIGNATURE_BYTES_MAX, SIGNATURE_ENDING},
        };
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let separator = if query.is_empty() { "" } else { "?" };
        let beside = format!("{path}{SIGNATURE_ENDING}{separator}{query}");
        let fetcher = &self.sources.fetcher;
        match fetcher.fetch_traced(&beside, SIGNATURE_BYTES_MAX, &mut |_, _| {}) {
            Ok(fetched) => Ok(Some(String::from_utf8_lossy(&fetched.bytes).into_owned())),
            Err(Met::Status {
                status: 404 | 410, ..
            }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Decides on packs in one turn and writes those that may be; with `all_or_none` one that is refused keeps all out.
    pub(super) async fn put_in(
        self: &Arc<Self>,
        held: Vec<Held>,
        all_or_none: bool,
    ) -> Result<(Vec<Result<PackChange, PackError>>, Arc<Snapshot>), PackError> {
        let decided = Arc::new(Mutex::new(Vec::new()));
        let (inner, stash) = (Arc::clone(self), Arc::clone(&decided));
        let changed = self.catalog.change(move |snapshot, now| {
            let (outcomes, edits) = inner.decide(&held, snapshot, now);
            let is_refused = all_or_none && outcomes.iter().any(Result::is_err);
            *stash.lock().expect("no holder of the lock panics") = outcomes;
            Ok(if is_refused { Vec::new() } else { edits })
        });
        let snapshot = changed.await?.snapshot;
        let decided: Vec<Result<Decision, PackError>> =
            std::mem::take(&mut *decided.lock().expect("no holder of the lock panics"));
        let mut same = Vec::new();
        let mut outcome = |decision: Decision| {
            same.extend(decision.same);
            decision.change
        };
        let changes = decided
            .into_iter()
            .map(|decided| decided.map(&mut outcome))
            .collect();
        if !same.is_empty() {
            self.apart(move |inner| inner.unchanged.note(&inner.sources, same))
                .await?;
        }
        Ok((changes, snapshot))
    }

    fn decide(
        &self,
        held: &[Held],
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> (Vec<Result<Decision, PackError>>, Vec<Edit>) {
        let mut installed = snapshot.packs().clone();
        let mut edits = Vec::new();
        let overrides = outdated::overrides(snapshot);
        let mut decide = |held: &Held| {
            let plan = held.plan(&installed, self.keys(), now)?;
            plan.apply(&mut installed);
            edits.extend(held.edit(&plan));
            let mut decision = Decision {
                change: change_of(plan, &held.content),
                same: Vec::new(),
            };
            if let Some(overrides) = overrides.get(&*held.name).filter(|_| decision.change.changed) {
                let compared = self.unchanged.compare(
                    &self.sources,
                    snapshot,
                    (overrides, &decision.change),
                    &held.content,
                );
                (decision.change.outdated, decision.same) = compared;
            }
            Ok(decision)
        };
        let decided = held.iter().map(&mut decide).collect();
        (decided, as_seen(snapshot, edits))
    }
}

/// An old archive in the place of a new one may be signed, and is still not what was asked for.
fn check_version(content: &Content, release: &Release) -> Result<(), plan::Refusal> {
    let manifest = &content.manifest;
    match manifest.version == release.version {
        true => Ok(()),
        false => Err(plan::Refusal::Invalid(format!(
            "the archive of {} {} holds version {}",
            manifest.name, release.version, manifest.version
        ))),
    }
}

/// A version that the index does not name may not be there.
fn missing(error: repository::Error) -> PackError {
    match matches!(error, repository::Error::NotFound { .. }) {
        true => plan::Refusal::NotFound(error.to_string()).into(),
        false => error.into(),
    }
}

/// What was decided on one pack.
struct Decision {
    change: PackChange,
    /// Overrides whose rule in the pack is the same as before.
    same: Vec<Same>,
}

fn change_of(plan: Plan, content: &Content) -> PackChange {
    let left_out = content.warnings.iter().map(content::Problem::to_string);
    PackChange {
        name: plan.name,
        from: plan.from,
        to: plan.pack.as_ref().and_then(InstalledPack::version).cloned(),
        changed: plan.changed,
        warnings: plan.warnings.into_iter().chain(left_out).collect(),
        outdated: Vec::new(),
    }
}

impl Held {
    /// The same with its signature, if there is one.
    pub(super) fn signed(self, signature: Option<String>) -> Self {
        Self { signature, ..self }
    }

    /// What it takes of memory, but for what its rules are made into.
    pub(super) fn bytes(&self) -> usize {
        let files = self.content.files.iter().map(|file| file.bytes.len());
        self.archive.len() + files.sum::<usize>()
    }

    fn plan(
        &self,
        installed: &plan::Installed,
        keys: &TrustedKeys,
        now: Timestamp,
    ) -> Result<Plan, plan::Refusal> {
        let offer = Offer {
            request: self.request.clone(),
            origin: self.origin.clone(),
            sha256: self.sha256.clone(),
            key: self.key.clone(),
            archive: &self.archive,
            signature: self.signature.as_deref(),
            content: &self.content,
        };
        if !self.is_exact {
            return plan::decide(&offer, installed, keys, now);
        }
        // What is recorded is restored as if nothing were there: neither a version nor an archive stands in its way.
        let mut others = installed.clone();
        let present = others.remove(&self.name);
        let plan = plan::decide(&offer, &others, keys, now)?;
        Ok(Plan {
            from: present.as_ref().and_then(InstalledPack::version).cloned(),
            ..plan
        })
    }

    fn edit(&self, plan: &Plan) -> Option<Edit> {
        let pack = plan.pack.clone().filter(|_| plan.changed)?;
        Some(Edit::Install(Arc::new(NewPack {
            pack,
            files: self.content.files.clone(),
            rules: self.content.rules.clone(),
        })))
    }
}

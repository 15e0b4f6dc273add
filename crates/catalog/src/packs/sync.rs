//! The synchronization of single rules: what is new comes, what the index no longer lists goes, as one change.

use super::{
    Inner, PackError, Synced,
    index_copy::{Ask, Known},
    singles::{ENDING, Remembered},
};
use crate::Snapshot;
use ::packs::{
    content,
    digest::sha256,
    index::SinglesIndex,
    repository::{self, Files, Round},
};
use rules::{InstalledPack, PackFile, PackSource, SINGLES, Timestamp};
use semver::Version;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Edit, Single, SinglesChange};

/// What a round is going to do, and what came of it.
struct Prepared {
    remembered: Remembered,
    put: Vec<Single>,
    /// The hashes of the files that are put.
    hashes: BTreeMap<String, String>,
    remove: BTreeSet<String>,
    failed: Vec<(String, String)>,
    stopped: Option<repository::Error>,
}

impl Inner {
    pub(super) async fn sync(self: &Arc<Self>, force: bool) -> Result<Synced, PackError> {
        let synced = self.follow_index(force).await;
        let mut status = self.singles();
        match &synced {
            Ok(synced) => {
                status.rest = synced.rest;
                status.failure = synced.stopped.as_ref().map(PackError::to_string);
                if synced.stopped.is_none() {
                    status.synced_at = Some(self.now());
                }
            }
            Err(error) => status.failure = Some(error.to_string()),
        }
        drop(status);
        synced
    }

    async fn follow_index(self: &Arc<Self>, force: bool) -> Result<Synced, PackError> {
        let snapshot = self.writable()?;
        let seen = self
            .singles_index
            .get(self, Ask::Now, |inner| &inner.singles_index)
            .await?;
        if let Some(failure) = seen.failure {
            return Err(failure);
        }
        let known = seen.known;
        let source = self.source_of(&known);
        let prepared = self
            .apart(move |inner| inner.prepare(&snapshot, &known, force))
            .await??;
        let Prepared {
            mut remembered,
            put,
            hashes,
            remove,
            failed,
            stopped,
        } = prepared;
        let (put_count, removed) = (put.len(), remove.len());
        let (snapshot, changed) = self.write_singles(source, put, &remove).await?;
        remembered.files.retain(|file, _| !remove.contains(file));
        remembered.files.extend(hashes);
        let rest = remembered.rest.len();
        self.apart(move |inner| remembered.write(&inner.sources)).await?;
        Ok(Synced {
            put: put_count,
            removed,
            failed,
            rest,
            until: stopped.as_ref().and_then(repository::Error::until),
            stopped: stopped.map(PackError::from),
            changed,
            snapshot,
        })
    }

    /// Downloads and checks what is to come.
    fn prepare(
        &self,
        snapshot: &Snapshot,
        known: &Known<SinglesIndex>,
        force: bool,
    ) -> Result<Prepared, PackError> {
        let repository = self.repository()?;
        let listing = &known.listing;
        let mut remembered = Remembered::read(&self.sources, repository.source());
        let installed = remembered.installed(snapshot);
        listing.check(&installed.keys().cloned().collect(), force)?;
        let index = sha256(&known.cached.bytes);
        let listed = repository::listed(listing);
        let again = remembered.again(&index, &listed, &installed);
        let mut plan = repository::plan(&listed, &installed, &again);
        let mut failed: Vec<(String, String)> = listing
            .problems
            .iter()
            .map(|problem| (repository::IndexKind::Singles.path().to_owned(), problem.clone()))
            .collect();
        self.leave_out(&mut plan.download, &remembered, force, &mut failed);
        let round = match plan.download.is_empty() {
            true => Round::default(),
            false => repository.singles(&plan),
        };
        remembered.index = index;
        remembered.rest = round.rest;
        remembered
            .refused
            .retain(|file, _| listed.contains_key(file) && !round.files.contains_key(file));
        failed.extend(
            round
                .failed
                .iter()
                .map(|(file, error)| (file.clone(), error.to_string())),
        );
        let mut prepared = Prepared {
            remembered,
            put: Vec::new(),
            hashes: BTreeMap::new(),
            remove: plan.remove,
            failed,
            stopped: round.stopped,
        };
        prepared.check(round.files, &listed, &installed);
        Ok(prepared)
    }

    /// Takes out what is not downloaded: files without the hash that is required, and those that were refused before.
    fn leave_out(
        &self,
        download: &mut Files,
        remembered: &Remembered,
        force: bool,
        failed: &mut Vec<(String, String)>,
    ) {
        let is_hash_required = !self.sources.keys.is_empty();
        download.retain(|file, hash| {
            let reason = match hash {
                None if is_hash_required => {
                    Some("has no hash in the index, which is required where keys are trusted")
                }
                hash => remembered
                    .refusal(file, hash.as_deref())
                    .filter(|_| !force)
                    .map(|refused| &*refused.reason),
            };
            failed.extend(reason.map(|reason| (file.clone(), reason.to_owned())));
            reason.is_none()
        });
    }

    /// Writes what came and goes; nothing where neither files nor their source are other ones.
    async fn write_singles(
        self: &Arc<Self>,
        source: PackSource,
        put: Vec<Single>,
        remove: &BTreeSet<String>,
    ) -> Result<(Arc<Snapshot>, bool), PackError> {
        let change = Arc::new(SinglesChange {
            source,
            put,
            remove: remove.iter().map(|file| format!("{file}{ENDING}")).collect(),
        });
        let changed = self.catalog.change(move |snapshot, now| {
            let known = snapshot.packs().get(SINGLES);
            let has_files = !change.put.is_empty() || !change.remove.is_empty();
            let is_same = known.is_none_or(|known| is_same_source(known, &change.source));
            if !has_files && is_same {
                return Ok(Vec::new());
            }
            let source = at(&change.source, now);
            Ok(vec![Edit::Singles(Arc::new(SinglesChange {
                source,
                ..SinglesChange::clone(&change)
            }))])
        });
        let changed = changed.await?;
        Ok((changed.snapshot, !changed.edits.is_empty()))
    }

    /// Where the single rules come from, and who vouches for them.
    fn source_of(&self, known: &Known<SinglesIndex>) -> PackSource {
        PackSource {
            url: Some(known.cached.source.clone()),
            // An index may have any version; rules need one that compares.
            version: Version::parse(&known.listing.version).unwrap_or(Version::new(0, 0, 0)),
            sha256: sha256(&known.cached.bytes),
            trusted: known.key.is_some(),
            key: known.key.clone(),
            installed_at: known.cached.fetched_at,
        }
    }
}

impl Prepared {
    /// Checks the files that came; those that are as they were are not put again.
    fn check(
        &mut self,
        files: BTreeMap<String, Vec<u8>>,
        listed: &Files,
        installed: &BTreeMap<String, String>,
    ) {
        let mut came: Vec<(String, String, PackFile)> = Vec::new();
        for (file, bytes) in files {
            let hash = sha256(&bytes);
            if installed.get(&file) != Some(&hash) {
                let path = format!("{file}{ENDING}");
                came.push((file, hash, PackFile { path, bytes }));
            }
        }
        let checked: Vec<_> = came.iter().map(|(_, _, file)| file.clone()).collect();
        let checked = content::of_singles(&checked);
        for ((file, hash, pack_file), rules) in came.into_iter().zip(checked) {
            match rules {
                Ok(rules) => {
                    self.hashes.insert(file, hash);
                    self.put.push(Single {
                        file: pack_file,
                        rules,
                    });
                }
                Err(problems) => {
                    let reason = problems.first().map(ToString::to_string).unwrap_or_default();
                    let listed = listed.get(&file).and_then(Option::as_deref);
                    self.remembered.refuse(&file, listed, &reason);
                    self.failed.push((file, reason));
                }
            }
        }
    }
}

fn at(source: &PackSource, now: Timestamp) -> PackSource {
    PackSource {
        installed_at: now,
        ..source.clone()
    }
}

/// Whether the same vouches for the singles: then only their files can be other ones.
fn is_same_source(known: &InstalledPack, source: &PackSource) -> bool {
    known.source.as_ref().is_some_and(|known| {
        (&known.url, &known.key, known.trusted) == (&source.url, &source.key, source.trusted)
    })
}

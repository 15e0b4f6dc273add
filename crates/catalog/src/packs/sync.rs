//! The synchronization of single rules: what is new comes, what the index no longer lists goes, as one change.

use super::{
    Inner, PackError, Synced,
    index_copy::{Ask, Known},
    singles::{ENDING, Remembered},
};
use crate::{Error, Snapshot};
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
    /// The paths of files that go.
    remove: BTreeSet<String>,
    failed: Vec<(String, String)>,
    stopped: Option<repository::Error>,
}

/// The files in the folder of the singles, whoever put them there.
#[derive(Default)]
struct Present {
    /// Those that an index can name, as it names them, with their hashes.
    installed: BTreeMap<String, String>,
    /// The paths of all others.
    others: Vec<String>,
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
        self.writable()?;
        let seen = self
            .singles_index
            .get(self, Ask::Now, |inner| &inner.singles_index)
            .await?;
        if let Some(failure) = seen.failure {
            return Err(failure);
        }
        let known = seen.known;
        let source = self.source_of(&known);
        let present = self.present().await?;
        let prepared = self
            .apart(move |inner| inner.prepare(present, &known, force))
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
        let (snapshot, changed) = self.write_singles(source, put, remove).await?;
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

    /// The files that are there, by what is in them and not by what was once put.
    async fn present(&self) -> Result<Present, PackError> {
        let files = self
            .catalog
            .inner
            .store
            .singles(sha256)
            .await
            .map_err(Error::from)?;
        let mut present = Present::default();
        for (path, hash) in files {
            match path.strip_suffix(ENDING) {
                Some(file) => drop(present.installed.insert(file.to_owned(), hash)),
                None => present.others.push(path),
            }
        }
        Ok(present)
    }

    /// Downloads and checks what is to come.
    fn prepare(
        &self,
        present: Present,
        known: &Known<SinglesIndex>,
        force: bool,
    ) -> Result<Prepared, PackError> {
        let repository = self.repository()?;
        let listing = &known.listing;
        let mut remembered = Remembered::read(&self.sources, repository.source());
        let Present { installed, others } = present;
        listing.check(&installed.keys().cloned().collect(), force)?;
        let index = sha256(&known.cached.bytes);
        let listed = repository::listed(listing);
        let again = remembered.again(&index, &listed);
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
            remove: plan.remove.iter().map(path_of).collect(),
            remembered,
            put: Vec::new(),
            hashes: BTreeMap::new(),
            failed,
            stopped: round.stopped,
        };
        prepared.check(round.files, &listed, &installed);
        let unvouched = prepared
            .remembered
            .follow(known.key.as_deref(), &listed, &installed);
        if known.key.is_some() {
            prepared.leave_no(unvouched, others);
        }
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
        let is_hash_required = !self.keys().is_empty();
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
        remove: BTreeSet<String>,
    ) -> Result<(Arc<Snapshot>, bool), PackError> {
        let change = Arc::new(SinglesChange {
            source,
            put,
            remove: remove.into_iter().collect(),
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
    /// Lets go what would be trusted with all others although no key vouches for it.
    fn leave_no(&mut self, unvouched: BTreeSet<String>, others: Vec<String>) {
        let stay = unvouched.iter().filter(|file| !self.hashes.contains_key(*file));
        self.remove.extend(stay.map(path_of).chain(others));
    }

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

fn path_of(file: &String) -> String {
    format!("{file}{ENDING}")
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

//! A store whose packs somebody else exchanges while they are read.

use crate::fixtures::{memory, noon, run};
use async_trait::async_trait;
use backup::Saved;
use rules::PackFile;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};
use store::{
    Changes, Contents, Digest, Edit, Error, ErrorKind, Look, MemoryStore, Revision, RuleStore, contract::pack,
};

/// A pack is installed in the middle of a look at files, which fails, as long as some of these are left.
struct Exchanged {
    store: MemoryStore,
    left: AtomicUsize,
    /// Whether the files can be read while nobody changes anything.
    is_readable: bool,
}

fn exchanged(times: usize, is_readable: bool) -> Exchanged {
    Exchanged {
        store: memory(&[Edit::Install(pack("shop", "1.0.0", &[("a", "a{}")]))]),
        left: AtomicUsize::new(times),
        is_readable,
    }
}

#[async_trait]
impl RuleStore for Exchanged {
    async fn load(&self) -> Result<Contents, Error> {
        self.store.load().await
    }

    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        self.store.changes(since, look).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.store.singles(digest).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
            let more = pack(&format!("more-{left}"), "1.0.0", &[(&format!("m-{left}"), "m{}")]);
            self.store.write(&[Edit::Install(more)]).await?;
            return Err(Error::new(ErrorKind::Unavailable, "the file is gone"));
        }
        match self.is_readable {
            true => self.store.pack_files(name).await,
            false => Err(Error::new(ErrorKind::Unavailable, "the file cannot be read")),
        }
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        self.store.write(edits).await
    }

    fn kind(&self) -> &'static str {
        "exchanged"
    }
}

#[test]
fn it_is_read_again() {
    let saved = run(Saved::take(&exchanged(2, true), noon())).unwrap();
    let packs: Vec<_> = saved.files.keys().collect();
    assert_eq!(packs, ["more-1", "more-2", "shop"]);
}

#[test]
fn one_that_never_stands_still_is_given_up() {
    let failed = run(Saved::take(&exchanged(usize::MAX, true), noon())).unwrap_err();
    assert!(failed.to_string().contains("faster"), "{failed}");
}

#[test]
fn what_cannot_be_read_although_nobody_changes_it_is_named() {
    let failed = run(Saved::take(&exchanged(1, false), noon())).unwrap_err();
    assert_eq!(failed.to_string(), "the file cannot be read");
}

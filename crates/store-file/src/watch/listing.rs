//! The tree as a comparison sees it: which files stand where, with sizes and times.
//!
//! It holds at least what a load reads. Names are kept as hashes, so a million files take some tens of megabytes.

use super::events::Events;
use crate::{
    Folders,
    folder::MANIFEST_FILE,
    scan::{DEPTH_MAX, FILES_MAX, Tree},
    stamp,
    state::STATE_FILE,
};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, DirEntry, Metadata},
    hash::{BuildHasher as _, RandomState},
    os::unix::fs::MetadataExt as _,
    path::Path,
};
use store::SOURCE_FILE;

/// What stands at a path, as a hash of what tells a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64);

impl Stamp {
    /// The stamp of a path where nothing stands.
    const NOTHING: Self = Self(0);

    /// The stamp of a path now, and whether it is a link; a link's own.
    pub(super) fn of(path: &Path, hasher: &RandomState) -> (Self, bool) {
        let metadata = fs::symlink_metadata(path);
        metadata.map_or((Self::NOTHING, false), |metadata| {
            (Self::from(&metadata, hasher), metadata.is_symlink())
        })
    }

    fn from(metadata: &Metadata, hasher: &RandomState) -> Self {
        let hash = match metadata.is_dir() {
            // Its times change with every temporary file in it.
            true => hasher.hash_one((metadata.dev(), metadata.ino())),
            false => hasher.hash_one(stamp::Stamp::of(metadata)),
        };
        Self(hash.max(1))
    }
}

/// Whether a load reads files of this name.
pub(super) fn is_read(name: &str) -> bool {
    rulefile::rule_file(name).is_some() || [STATE_FILE, SOURCE_FILE, MANIFEST_FILE].contains(&name)
}

/// Everything that a load may look at.
#[derive(Debug, Default)]
pub(super) struct Listing {
    stamps: HashMap<u64, Stamp>,
    /// Whether there are links, so that hidden names can matter.
    pub(super) has_links: bool,
}

impl Listing {
    /// Lists the tree, and lets its folders be watched before they are read.
    pub(super) fn take(folders: &Folders, hasher: &RandomState, events: Option<&mut Events>) -> Self {
        let tree = Tree::of(folders);
        let mut walk = Walk {
            tree: &tree,
            hasher,
            events,
            entered: HashSet::new(),
            listing: Self::default(),
        };
        if let Some(events) = &mut walk.events {
            events.enter_outside();
        }
        walk.enter(&folders.root);
        walk.stamp(&folders.root.join(STATE_FILE));
        for folder in [&folders.local, &folders.overrides, &folders.community] {
            if fs::metadata(folder).is_ok_and(|metadata| metadata.is_dir()) {
                walk.folder(folder, 0);
            }
        }
        walk.listing
    }

    /// Takes over what is known of one path.
    pub(super) fn note(&mut self, path: u64, stamp: Stamp) {
        match stamp {
            Stamp::NOTHING => self.stamps.remove(&path),
            stamp => self.stamps.insert(path, stamp),
        };
    }

    /// What stands elsewhere, or differently, than in an earlier listing, by the hash of its path.
    pub(super) fn differences<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = (u64, Stamp)> + 'a {
        let differs = |(path, stamp): &(u64, Stamp)| earlier.stamps.get(path) != Some(stamp);
        let now = self
            .stamps
            .iter()
            .map(|(path, stamp)| (*path, *stamp))
            .filter(differs);
        let gone = earlier
            .stamps
            .keys()
            .filter(|path| !self.stamps.contains_key(path));
        now.chain(gone.map(|path| (*path, Stamp::NOTHING)))
    }
}

struct Walk<'a> {
    tree: &'a Tree,
    hasher: &'a RandomState,
    events: Option<&'a mut Events>,
    /// Real folders that were entered.
    entered: HashSet<(u64, u64)>,
    listing: Listing,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path) {
        if let Some(events) = &mut self.events {
            events.enter(folder);
        }
    }

    fn stamp(&mut self, path: &Path) {
        self.listing
            .note(self.hasher.hash_one(path), Stamp::of(path, self.hasher).0);
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        let Ok(metadata) = fs::metadata(path) else { return };
        let is_new = self.entered.insert((metadata.dev(), metadata.ino()));
        self.listing
            .note(self.hasher.hash_one(path), Stamp::from(&metadata, self.hasher));
        if !is_new || depth > DEPTH_MAX {
            return;
        }
        self.enter(path);
        // One that cannot be read holds nothing, as for a load; its rights are told by its parent's events.
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        for entry in entries {
            if self.listing.stamps.len() > 2 * FILES_MAX {
                return;
            }
            self.entry(&entry, depth);
        }
    }

    fn entry(&mut self, entry: &DirEntry, depth: usize) {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { return };
        if is_read(&name) && !kind.is_dir() {
            self.stamp(&entry.path());
        } else if name.starts_with('.') {
            return;
        }
        if kind.is_dir() {
            self.folder(&entry.path(), depth + 1);
        } else if kind.is_symlink() {
            self.link(&entry.path(), depth);
        }
    }

    /// A link counts with what it leads to, and its target's folder is watched wherever in the tree it lies.
    fn link(&mut self, path: &Path, depth: usize) {
        self.listing.has_links = true;
        self.stamp(path);
        let Ok(real) = fs::canonicalize(path) else { return };
        if !self.tree.holds(&real) {
            return;
        }
        if real.is_dir() {
            self.folder(path, depth + 1);
        } else {
            self.stamp(&real);
            if let Some(folder) = real.parent() {
                self.enter(folder);
            }
        }
    }
}

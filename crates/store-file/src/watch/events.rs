//! What the kernel tells of changes in folders (inotify).
//!
//! Folders are watched one by one, as the listing enters them: watching one that is watched costs nothing, so
//! one that was deleted and made again needs no thought. A watch that cannot be had is an error that is kept.

use super::listing::is_read;
use crate::{Folders, atomic::is_left_over};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    io::Errno,
};
use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    io,
    mem::MaybeUninit,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// Bytes that are read at once: some hundred events.
const BUFFER_BYTES: usize = 16 * 1024;

/// Files that are looked at one by one after a burst; beyond, the tree is compared.
const FILES_MAX: usize = 20_000;

/// What is told of a folder of the tree.
const ANY: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF);

/// What is told of the folder that holds one of the tree: whether that came, went or was replaced.
const ENTRIES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE);

/// What a burst of events says.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Files of the kind that is read.
    pub(super) files: HashSet<PathBuf>,
    /// Whether folders or links may have changed, or too much to tell.
    pub(super) is_structural: bool,
}

/// A queue of events.
#[derive(Debug)]
pub(super) struct Events {
    queue: OwnedFd,
    watched: HashMap<i32, Watched>,
    /// Those that the present listing has entered.
    current: HashSet<i32>,
    /// The folders of the tree, which are looked for in the folders that hold them.
    anchors: Vec<PathBuf>,
    refused: Option<Errno>,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    /// Whether it only holds a folder of the tree.
    is_outside: bool,
}

impl Events {
    pub(super) fn open(folders: &Folders) -> io::Result<Self> {
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let Folders {
            root,
            local,
            community,
            overrides,
        } = folders.clone();
        Ok(Self {
            queue,
            watched: HashMap::new(),
            current: HashSet::new(),
            anchors: vec![root, local, community, overrides],
            refused: None,
        })
    }

    /// Watches the folders that hold those of the tree.
    pub(super) fn enter_outside(&mut self) {
        for anchor in self.anchors.clone() {
            if let Some(parent) = anchor.parent() {
                self.add(parent, ENTRIES, true);
            }
        }
    }

    /// Watches a folder of the tree; to be called before it is read, so that nothing falls between.
    pub(super) fn enter(&mut self, folder: &Path) {
        self.add(folder, ANY, false);
    }

    fn add(&mut self, folder: &Path, what: WatchFlags, is_outside: bool) {
        // A folder of the tree that holds another one stays what it is.
        let flags = what | WatchFlags::ONLYDIR | WatchFlags::MASK_ADD;
        let path = folder.to_path_buf();
        // The parent of a bare name has none.
        let folder = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        match inotify::add_watch(&self.queue, folder, flags) {
            Ok(watch) => {
                self.watched.insert(watch, Watched { path, is_outside });
                self.current.insert(watch);
            }
            // It is gone, or cannot be read, which the listing finds too.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => {}
            Err(error) => self.refused = Some(error),
        }
    }

    /// Stops watching what was not entered since the last call.
    pub(super) fn forget_others(&mut self) {
        let current = std::mem::take(&mut self.current);
        let queue = &self.queue;
        self.watched.retain(|watch, _| {
            let is_current = current.contains(watch);
            if !is_current {
                // The kernel has forgotten those that were deleted.
                let _ = inotify::remove_watch(queue, *watch);
            }
            is_current
        });
    }

    /// Whether every folder so far could be watched.
    pub(super) fn is_complete(&self) -> bool {
        self.refused.is_none()
    }

    /// The same, with the reason.
    pub(super) fn completeness(&self) -> io::Result<()> {
        self.refused.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Waits until there is something to take.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        let limit = Timespec::try_from(limit).ok();
        let mut queues = [PollFd::new(&self.queue, PollFlags::IN)];
        // An interrupted wait is a short one.
        poll(&mut queues, limit.as_ref()).is_ok_and(|ready| ready > 0)
    }

    /// Takes all that is there. Where there are links, hidden names may be what they lead through.
    pub(super) fn take(&mut self, news: &mut News, has_links: bool) {
        let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
        let mut reader = Reader::new(&self.queue, &mut buffer);
        while let Ok(event) = reader.next() {
            let what = event.events();
            if what.contains(ReadFlags::QUEUE_OVERFLOW) || news.files.len() >= FILES_MAX {
                news.is_structural = true;
                continue;
            }
            // Events of folders that were forgotten meanwhile say nothing.
            let Some(folder) = self.watched.get(&event.wd()) else {
                continue;
            };
            let Some(name) = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes())) else {
                // About the folder itself; one outside is not ours.
                news.is_structural |= !folder.is_outside;
                continue;
            };
            let path = folder.path.join(name);
            if folder.is_outside || self.anchors.contains(&path) {
                news.is_structural |= self.anchors.contains(&path);
                continue;
            }
            note(news, path, what, has_links);
        }
    }
}

fn note(news: &mut News, path: PathBuf, what: ReadFlags, has_links: bool) {
    let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
    let is_folder = what.contains(ReadFlags::ISDIR);
    if !is_folder && std::str::from_utf8(name).is_ok_and(is_read) {
        news.files.insert(path);
    } else if name.starts_with(b".") {
        // What is ours is there for a moment only, and no link leads to it.
        news.is_structural |= has_links && !std::str::from_utf8(name).is_ok_and(is_left_over);
    } else {
        // A folder, or what may be a link to one. Writing to a file that is not read says nothing.
        let is_entry = what
            .intersects(ReadFlags::CREATE | ReadFlags::DELETE | ReadFlags::MOVED_FROM | ReadFlags::MOVED_TO);
        news.is_structural |= is_folder || is_entry;
    }
}

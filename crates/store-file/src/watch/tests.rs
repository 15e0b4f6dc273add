//! What is told, and what a comparison sees, without the thread; and the thread where nothing is told.

mod comparing;

use super::{
    Shared, Watch, Watcher,
    events::{Events, News},
    listing::{Listing, Stamp},
};
use crate::Folders;
use std::{
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io::Write as _,
    os::unix::fs::symlink,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longer than anything here takes; a test that hangs must end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A tree, what was seen of it, and what is told of it.
struct Watched {
    dir: TempDir,
    hasher: RandomState,
    seen: Listing,
    events: Events,
}

impl Watched {
    /// A tree with one file, a link to one in a hidden folder, and an empty pack.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folders = Folders::below(dir.path().join("rules"));
        let mut watched = Self {
            events: Events::open(&folders).unwrap(),
            hasher: RandomState::new(),
            seen: Listing::default(),
            dir,
        };
        watched.put("local/sub/a.rule.yaml");
        watched.put("local/..1/b.rule.yaml");
        watched.put("local/..2/b.rule.yaml");
        watched.link("..1", "local/..data");
        watched.link("..data/b.rule.yaml", "local/b.rule.yaml");
        fs::create_dir_all(watched.path("community/pack")).unwrap();
        watched.compare();
        watched
    }

    fn folders(&self) -> Folders {
        Folders::below(self.dir.path().join("rules"))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("rules").join(path)
    }

    fn put(&self, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(b"css: x").unwrap();
    }

    fn link(&self, target: &str, path: &str) {
        symlink(target, self.path(path)).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// How many differences a comparison sees.
    fn compare(&mut self) -> usize {
        let listing = Listing::take(&self.folders(), &self.hasher, Some(&mut self.events));
        self.events.forget_others();
        let found = listing.differences(&self.seen).count();
        self.seen = listing;
        found
    }

    /// What is told within the patience.
    fn news(&mut self) -> News {
        let mut news = News::default();
        assert!(self.events.wait(PATIENCE), "nothing is told");
        // One action may be told in several events.
        while self.events.wait(Duration::from_millis(20)) {
            self.events.take(&mut news, self.seen.has_links);
        }
        news
    }
}

type Action = fn(&Watched);

#[test]
fn every_way_to_change_a_file_is_told_and_seen() {
    let cases: &[(&str, Action)] = &[
        ("written in place", |tree| tree.put("local/sub/a.rule.yaml")),
        ("a new file", |tree| tree.put("local/sub/new.rule.json")),
        ("renamed over", |tree| {
            tree.put("local/sub/.swap");
            tree.rename("local/sub/.swap", "local/sub/a.rule.yaml");
        }),
        ("renamed away", |tree| {
            tree.rename("local/sub/a.rule.yaml", "local/sub/a.txt")
        }),
        ("deleted", |tree| {
            fs::remove_file(tree.path("local/sub/a.rule.yaml")).unwrap()
        }),
        ("a hard link", |tree| {
            let (from, to) = (tree.path("local/sub/a.rule.yaml"), "local/hard.rule.yaml");
            fs::hard_link(from, tree.path(to)).unwrap();
        }),
        ("the target of a link", |tree| tree.put("local/..1/b.rule.yaml")),
        ("the state", |tree| tree.put(".state.json")),
        ("the source of a pack", |tree| {
            tree.put("community/pack/.source.json")
        }),
        ("the manifest of a pack", |tree| {
            tree.put("community/pack/manifest.yaml")
        }),
    ];
    for (what, action) in cases {
        let mut tree = Watched::new();
        action(&tree);
        let news = tree.news();
        assert!(!news.files.is_empty(), "{what}: {news:?}");
        assert!(tree.compare() > 0, "{what} is not seen");
        assert_eq!(tree.compare(), 0, "{what} is seen twice");
    }
}

#[test]
fn every_way_to_change_folders_and_links_is_told_and_seen() {
    let cases: &[(&str, Action)] = &[
        ("a new folder", |tree| {
            fs::create_dir(tree.path("overrides")).unwrap();
        }),
        ("a folder renamed", |tree| {
            tree.rename("local/sub", "local/other");
        }),
        ("a pack removed", |tree| {
            fs::remove_dir(tree.path("community/pack")).unwrap();
        }),
        ("a link swapped", |tree| {
            tree.link("..2", "local/..data_tmp");
            tree.rename("local/..data_tmp", "local/..data");
        }),
        ("a link to a folder", |tree| tree.link("sub", "local/again")),
        ("the whole tree renamed", |tree| {
            fs::rename(tree.path(""), tree.dir.path().join("gone")).unwrap();
        }),
    ];
    for (what, action) in cases {
        let mut tree = Watched::new();
        action(&tree);
        let news = tree.news();
        assert!(news.is_structural, "{what}: {news:?}");
        assert!(tree.compare() > 0, "{what} is not seen");
        assert_eq!(tree.compare(), 0, "{what} is seen twice");
    }
}

/// Each of the three once needed the next comparison to be told again.
#[test]
fn folders_that_come_later_or_again_are_watched() {
    let mut tree = Watched::new();
    fs::create_dir_all(tree.path("overrides/pack")).unwrap();
    fs::remove_dir_all(tree.path("local/sub")).unwrap();
    fs::create_dir(tree.path("local/sub")).unwrap();
    tree.compare();
    tree.news();
    for path in ["overrides/pack/c.rule.yaml", "local/sub/a.rule.yaml"] {
        tree.put(path);
        let told = tree.news().files;
        assert!(told.contains(&tree.path(path)), "{path}: {told:?}");
    }
    fs::remove_dir_all(tree.path("")).unwrap();
    tree.compare();
    tree.news();
    fs::create_dir(tree.path("")).unwrap();
    assert!(tree.news().is_structural, "the tree itself came again");
}

#[test]
fn what_is_not_read_is_not_seen() {
    let mut tree = Watched::new();
    tree.put("local/notes.txt");
    tree.put("local/sub/.hidden.rule.yaml");
    tree.put("local/sub/.a.rule.yaml.tmp");
    tree.put("elsewhere/d.rule.yaml");
    assert_eq!(tree.compare(), 0);
    fs::read(tree.path("local/sub/a.rule.yaml")).unwrap();
    assert!(tree.news().files.is_empty(), "reading is no change");
}

#[test]
fn a_link_out_of_the_tree_is_not_followed() {
    let mut tree = Watched::new();
    let outside = tempfile::tempdir().unwrap();
    File::create(outside.path().join("e.rule.yaml")).unwrap();
    tree.link(outside.path().to_str().unwrap(), "local/out");
    tree.compare();
    tree.news();
    File::create(outside.path().join("f.rule.yaml")).unwrap();
    assert_eq!(tree.compare(), 0);
}

/// Waits for a change as a caller does, and fails when none comes.
async fn is_changed(watch: &Watch) -> bool {
    tokio::time::timeout(PATIENCE, watch.changed()).await.is_ok()
}

#[tokio::test]
async fn own_writes_wake_nobody_and_others_do() {
    let tree = Watched::new();
    let watch = Watch::new(tree.folders());
    assert!(is_changed(&watch).await, "what happened before counts");
    for n in 0..100 {
        let path = format!("local/own{n}.rule.yaml");
        let mut writing = watch.writing();
        tree.put(&path);
        writing.wrote(&tree.path(&path));
    }
    let mut writing = watch.writing();
    fs::remove_file(tree.path("local/own0.rule.yaml")).unwrap();
    writing.wrote(&tree.path("local/own0.rule.yaml"));
    drop(writing);
    // Longer than any burst: all of it was judged by then.
    let own = tokio::time::timeout(Duration::from_secs(2), watch.changed()).await;
    assert!(own.is_err(), "an own write was taken for another's");
    tree.put("local/own1.rule.yaml");
    assert!(is_changed(&watch).await);
}

#[tokio::test]
async fn a_call_that_was_given_up_loses_nothing() {
    let tree = Watched::new();
    let watch = Watch::new(tree.folders());
    assert!(is_changed(&watch).await);
    let given_up = tokio::time::timeout(Duration::ZERO, watch.changed()).await;
    assert!(given_up.is_err());
    tree.put("local/new.rule.yaml");
    thread::sleep(BURST);
    assert!(is_changed(&watch).await);
}

/// Enough for a change to be found while nobody waits.
const BURST: Duration = Duration::from_millis(200);

/// Lets the thread run where nothing is told, does something, and says whether the thread found it.
fn is_found_by_comparing(action: Action) -> bool {
    let tree = Watched::new();
    let shared = Arc::new(Shared::default());
    let mut watcher = Watcher::new(tree.folders(), Arc::downgrade(&shared));
    (watcher.events, watcher.is_told) = (None, false);
    thread::spawn(move || watcher.run());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let changed = || {
        let changed = async { tokio::time::timeout(PATIENCE, shared.changed.notified()).await };
        runtime.block_on(changed).is_ok()
    };
    assert!(changed(), "what happened before counts");
    action(&tree);
    changed()
}

#[test]
fn where_nothing_is_told_changes_are_found_by_comparing() {
    assert!(is_found_by_comparing(|tree| tree.put("local/new.rule.yaml")));
    assert!(is_found_by_comparing(|tree| {
        tree.link("..2", "local/..data_tmp");
        tree.rename("local/..data_tmp", "local/..data");
    }));
}

#[test]
fn a_copy_with_the_same_size_and_time_is_another_file() {
    let (tree, hasher) = (Watched::new(), RandomState::new());
    let path = tree.path("local/sub/a.rule.yaml");
    let (before, _) = Stamp::of(&path, &hasher);
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    tree.put("local/sub/.copy");
    File::options()
        .write(true)
        .open(tree.path("local/sub/.copy"))
        .unwrap()
        .set_modified(time)
        .unwrap();
    tree.rename("local/sub/.copy", "local/sub/a.rule.yaml");
    assert_ne!(Stamp::of(&path, &hasher).0, before);
}

#[test]
fn the_thread_ends_with_its_store() {
    let tree = Watched::new();
    let shared = Arc::new(Shared::default());
    let watcher = Watcher::new(tree.folders(), Arc::downgrade(&shared));
    let thread = thread::spawn(move || watcher.run());
    drop(shared);
    let started = Instant::now();
    while !thread.is_finished() {
        assert!(started.elapsed() < PATIENCE, "it goes on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_does_not_exist_is_watched_for() {
    let dir = tempfile::tempdir().unwrap();
    let folders = Folders::below(dir.path().join("rules"));
    let mut events = Events::open(&folders).unwrap();
    let hasher = RandomState::new();
    let before = Listing::take(&folders, &hasher, Some(&mut events));
    fs::create_dir(dir.path().join("other")).unwrap();
    let mut news = News::default();
    assert!(events.wait(PATIENCE));
    events.take(&mut news, false);
    assert!(!news.is_structural, "another's folder");
    fs::create_dir_all(dir.path().join("rules/local")).unwrap();
    assert!(events.wait(PATIENCE));
    events.take(&mut news, false);
    assert!(news.is_structural);
    let now = Listing::take(&folders, &hasher, Some(&mut events));
    let local = hasher.hash_one(dir.path().join("rules/local"));
    assert!(now.differences(&before).any(|(path, _)| path == local));
}

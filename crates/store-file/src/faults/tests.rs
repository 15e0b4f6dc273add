//! Every write, with every one of its calls failing: nothing is changed, and everything goes on.

mod ending;
mod slow;

use super::{Fails, Faults};
use crate::{Access, FileStore, Folders, atomic::is_left_over, disk::Disk, owner::Owner};
use rules::{Layer, RuleId, SINGLES, Timestamp};
use rustix::io::Errno;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{
    Contents, Edit, ErrorKind, Expected, Look, RuleStore as _,
    contract::{pack, rule, singles},
};

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap()
}

/// A store over a tree of its own, whose disk fails as planned.
struct Trial {
    dir: tempfile::TempDir,
    store: FileStore,
    faults: Faults,
}

impl Trial {
    fn new() -> Self {
        let dir = quick_dir();
        let folders = Folders::below(dir.path());
        let owner = Owner::of(&folders, Access::ReadWrite, Arc::new(noon())).unwrap();
        let faults = Faults::default();
        let disk = Disk {
            faults: faults.clone(),
        };
        let store = FileStore::with(folders, owner, disk);
        let trial = Self { dir, store, faults };
        trial.write(&BEFORE.map(|(id, css)| put(id, css))).unwrap();
        trial.write(&[Edit::Disable(id("old"))]).unwrap();
        trial.write(&packs_before()).unwrap();
        trial.faults.plan([]);
        trial
    }

    fn write(&self, edits: &[Edit]) -> Result<(), store::Error> {
        run(self.store.write(edits)).map(drop)
    }

    fn load(&self) -> Contents {
        run(self.store.load()).unwrap()
    }

    /// The store says what somebody says who reads the tree for the first time.
    fn agrees(&self, what: &str) {
        let shown = |contents: &Contents| {
            let rules = contents.rules.iter().map(|rule| format!("{rule:?}"));
            (
                rules.collect::<Vec<_>>(),
                contents.disabled.clone(),
                contents.problems.clone(),
            )
        };
        let before = self.load().revision;
        let fresh = FileStore::new(self.store.folders().clone());
        assert_eq!(shown(&self.load()), shown(&run(fresh.load()).unwrap()), "{what}");
        let changes = run(self.store.changes(before, Look::OwnWrites)).unwrap();
        assert!(changes.unwrap().rules.is_empty(), "{what}");
    }

    /// Every pack has the rules of one version, and says that it is that one.
    fn packs_are_whole(&self, what: &str) {
        let contents = self.load();
        assert_eq!(contents.problems, [], "{what}");
        for sourced in &contents.rules {
            if let Some(name) = sourced
                .origin
                .pack_name
                .as_deref()
                .filter(|name| *name != SINGLES)
            {
                let version = contents.packs[name].version().unwrap();
                assert_eq!(&*sourced.rule.assets().css, format!("/*{version}*/"), "{what}");
                let source = contents.packs[name].source.as_ref().unwrap();
                assert_eq!(source.version, *version, "{what}");
            }
        }
        assert!(contents.packs.contains_key("q"), "{what}");
    }

    /// The same tree in the hands of the next process.
    fn reopened(self) -> Self {
        let Self { dir, store, .. } = self;
        drop(store);
        let folders = Folders::below(dir.path());
        let store = FileStore::open(folders, Access::ReadWrite, Arc::new(noon())).unwrap();
        let faults = Faults::default();
        Self { dir, store, faults }
    }

    /// Nothing has a name that only a crash leaves behind.
    fn has_no_left_overs(&self, what: &str) {
        let all = crate::atomic::all_below(self.dir.path());
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let left: Vec<_> = all.iter().filter(|path| is_left_over(&name(path))).collect();
        assert!(left.is_empty(), "{what}: {left:?}");
    }

    /// All files with their bytes, and all folders.
    fn tree(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut tree = BTreeMap::new();
        collect(self.dir.path(), &mut tree);
        tree
    }
}

/// A folder that waits for no disk, where there is such a thing: what is tested is the order of calls.
fn quick_dir() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn collect(folder: &Path, tree: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if is_left_over(path.file_name().unwrap().to_str().unwrap()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, tree);
            tree.insert(path, None);
        } else {
            tree.insert(path.clone(), Some(fs::read(path).unwrap()));
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(future)
}

const BEFORE: [(&str, &str); 3] = [("old", "old{}"), ("gone", "gone{}"), ("p:old", "old{}")];

fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

fn put_in(layer: Layer, id: &str, css: &str) -> Edit {
    Edit::Put {
        layer,
        rule: rule(id, css),
        replaces: Expected::Anything,
    }
}

fn put(id: &str, css: &str) -> Edit {
    put_in(Layer::Local, id, css)
}

fn remove(text: &str) -> Edit {
    Edit::Remove {
        layer: Layer::Local,
        id: id(text),
        replaces: Expected::Anything,
    }
}

/// What is installed before: a pack that is updated, one that goes, and singles.
fn packs_before() -> Vec<Edit> {
    vec![
        install("q", "1.0.0", 2),
        install("g", "1.0.0", 1),
        singles("1.0.0", &[("kept", "1{}"), ("old", "1{}"), ("gone", "1{}")], &[]),
    ]
}

/// A pack of so many rules, all of which say its version.
fn install(name: &str, version: &str, rules: usize) -> Edit {
    let ids: Vec<String> = (0..rules).map(|n| format!("r{n}")).collect();
    let css = format!("/*{version}*/");
    let rules: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, &*css)).collect();
    Edit::Install(pack(name, version, &rules))
}

/// A write of each kind, and of all kinds at once.
fn scenarios() -> Vec<(&'static str, Vec<Edit>)> {
    let many = (0..20).map(|n| put(&format!("many-{n}"), "new{}"));
    let mixed = (0..20).map(|n| put(&format!("mixed-{n}"), "new{}"));
    let mixed = [put("old", "new{}"), remove("gone")].into_iter().chain(mixed);
    vec![
        ("a new file", vec![put("new", "new{}")]),
        (
            "a new file in new folders",
            vec![put_in(Layer::Override, "cookies:new", "new{}")],
        ),
        ("a file replaced", vec![put("old", "new{}")]),
        ("a file removed", vec![remove("gone")]),
        ("the state", vec![Edit::Pin(id("old"), Layer::Local)]),
        ("many files", many.collect()),
        ("many files, one replaced and one removed", mixed.collect()),
        ("a pack installed", vec![install("new", "1.0.0", 2)]),
        ("a pack updated", vec![install("q", "2.0.0", 3)]),
        ("a pack updated to many files", vec![install("q", "2.0.0", 20)]),
        ("a pack uninstalled", vec![Edit::Uninstall("g".to_owned())]),
        (
            "singles",
            vec![singles("2.0.0", &[("old", "2{}"), ("new", "2{}")], &["gone"])],
        ),
        (
            "several packs, and singles, and rules",
            vec![
                install("q", "2.0.0", 1),
                install("new", "2.0.0", 1),
                Edit::Uninstall("g".to_owned()),
                singles("2.0.0", &[("new", "2{}")], &["gone"]),
                put("old", "new{}"),
            ],
        ),
        (
            "some of everything",
            vec![
                put("new", "new{}"),
                put("old", "new{}"),
                remove("gone"),
                put("p:old", "new{}"),
                put_in(Layer::Override, "cookies:new", "new{}"),
                Edit::Enable(id("old")),
            ],
        ),
    ]
}

/// How many calls a write makes that nothing keeps from succeeding.
fn calls(edits: &[Edit]) -> usize {
    let trial = Trial::new();
    trial.write(edits).unwrap();
    trial.faults.plan([])
}

/// The call from which on a write is done: what fails then only leaves a temporary file behind.
fn done_at(edits: &[Edit]) -> usize {
    let replaced = edits.iter().map(|edit| match edit {
        Edit::Put { rule, .. } => usize::from(BEFORE.iter().any(|(id, _)| rule.id().as_str() == *id)),
        Edit::Expect { .. } | Edit::ExpectPacks(_) | Edit::ExpectState(_) => 0,
        Edit::Install(new) => usize::from(new.check().unwrap().name.as_ref() == "q"),
        Edit::Singles(change) => {
            let is_old = |single: &&store::Single| single.file.path == "old.rule.json";
            1 + change.remove.len() + change.put.iter().filter(is_old).count()
        }
        Edit::Remove { .. }
        | Edit::Disable(_)
        | Edit::Enable(_)
        | Edit::Pin(..)
        | Edit::Unpin(_)
        | Edit::Uninstall(_) => 1,
    });
    calls(edits) - replaced.sum::<usize>()
}

fn check(what: &str, edits: &[Edit], is_done: bool, fails: Fails) {
    let trial = Trial::new();
    let before = trial.tree();
    trial.faults.plan([fails]);
    let written = trial.write(edits);
    trial.faults.plan([]);
    let what = format!("{what}, {fails:?}: {written:?}");
    if is_done {
        assert!(written.is_ok(), "{what}");
    } else {
        let error = written.expect_err(&what);
        let reason = std::io::Error::from_raw_os_error(fails.errno).to_string();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{what}");
        assert!(
            error.message.contains(&reason) && error.message.contains('`'),
            "{what}"
        );
        assert_eq!(trial.tree(), before, "{what}");
    }
    trial.agrees(&what);
    trial.write(edits).expect(&what);
    trial.agrees(&what);
}

#[test]
fn a_write_of_which_one_call_fails_changes_nothing() {
    let errnos = [Errno::NOSPC, Errno::IO, Errno::ROFS, Errno::ACCESS];
    for (what, edits) in scenarios() {
        let done_at = done_at(&edits);
        for n in 0..calls(&edits) {
            let errno = errnos[n % errnos.len()].raw_os_error();
            let fails = Fails {
                first: n,
                last: n,
                errno,
            };
            check(what, &edits, n >= done_at, fails);
        }
    }
}

/// A disk that fails for good: not everything can be put back, but no file is half, and all that is there is served.
#[test]
fn a_write_from_which_on_every_call_fails_leaves_whole_files() {
    for (what, edits) in scenarios() {
        let done_at = done_at(&edits);
        for first in 0..calls(&edits) {
            let trial = Trial::new();
            let errno = Errno::IO.raw_os_error();
            trial.faults.plan([Fails {
                first,
                last: usize::MAX,
                errno,
            }]);
            let written = trial.write(&edits);
            trial.faults.plan([]);
            let what = format!("{what}, from {first} on: {written:?}");
            assert_eq!(written.is_ok(), first >= done_at, "{what}");
            trial.agrees(&what);
            assert_eq!(trial.load().problems, [], "{what}");
            trial.write(&edits).expect(&what);
            trial.agrees(&what);
        }
    }
}

#[test]
fn a_file_system_without_second_names_or_renames_that_replace_nothing_is_written() {
    for (what, edits) in scenarios() {
        // One call, or it and the next one, which may be the other way: files are copied then.
        let calls = (0..calls(&edits)).flat_map(|n| [(n, n), (n, n + 1)]);
        for (first, last) in calls {
            let trial = Trial::new();
            let errno = Errno::INVAL.raw_os_error();
            trial.faults.plan([Fails { first, last, errno }]);
            // Either the call has another way, or it is an error like any other.
            let _ = trial.write(&edits);
            trial.faults.plan([]);
            trial.agrees(&format!("{what}, {first} to {last}"));
        }
    }
}

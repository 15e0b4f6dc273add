//! Packs as folders: what is written, what is in the way, and what a crash leaves.

use crate::tree::{Tree, load, noon, run};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};
use store::{
    Edit, ErrorKind, NewPack, RuleStore as _,
    contract::{pack, singles},
};
use store_file::{Access, FileStore, Folders};

fn install(pack: &Arc<NewPack>) -> Edit {
    Edit::Install(Arc::clone(pack))
}

fn refused(store: &FileStore, edit: Edit) -> String {
    let error = run(store.write(&[edit])).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unwritable, "{error}");
    error.message
}

#[test]
fn a_pack_becomes_a_folder_with_its_record() {
    let tree = Tree::new();
    let store = tree.writer();
    let one = pack("cookies", "1.0.0", &[("eu.banner", "a{}")]);
    run(store.write(&[install(&one)])).unwrap();
    let files = [
        "community/cookies/.source.json",
        "community/cookies/manifest.yaml",
        "community/cookies/rules/eu.banner.rule.json",
    ];
    assert_eq!(tree.files(), files);
    let record = tree.read("community/cookies/.source.json");
    assert_eq!(
        rulefile::pack_source::parse(record.as_bytes()).ok(),
        one.pack.source
    );

    let before = load(&store).revision;
    let after = run(store.write(&[install(&pack("cookies", "2.0.0", &[]))])).unwrap();
    assert_eq!(
        (after, load(&store).revision.0),
        (load(&store).revision, before.0 + 1)
    );
    assert_eq!(tree.files(), files[..2]);
    run(store.write(&[Edit::Uninstall("cookies".to_owned())])).unwrap();
    assert_eq!(tree.files(), [""; 0]);
    assert!(!tree.path("community/cookies").exists());
}

#[test]
fn a_large_pack_is_replaced_as_a_small_one() {
    let tree = Tree::new();
    let store = tree.writer();
    let ids: Vec<String> = (0..200).map(|n| format!("r{n}")).collect();
    for (version, css) in [("1.0.0", "a{}"), ("2.0.0", "b{}")] {
        let rules: Vec<_> = ids.iter().map(|id| (&**id, css)).collect();
        run(store.write(&[install(&pack("large", version, &rules))])).unwrap();
        let contents = load(&store);
        assert_eq!((contents.rules.len(), contents.problems), (200, vec![]));
        assert!(
            contents
                .rules
                .iter()
                .all(|sourced| &*sourced.rule.assets().css == css)
        );
    }
}

#[test]
fn singles_are_files_of_their_own() {
    let tree = Tree::new();
    let store = tree.writer();
    run(store.write(&[singles("1.0.0", &[("a", "1{}"), ("b", "1{}")], &[])])).unwrap();
    tree.put(
        "community/singles/by-hand.rule.yaml",
        "type: exact\npattern: https://a.example/\ncss: h{}\n",
    );
    run(store.write(&[singles("2.0.0", &[("c", "2{}")], &["a"])])).unwrap();
    assert_eq!(
        tree.files(),
        [
            "community/singles/.source.json",
            "community/singles/b.rule.json",
            "community/singles/by-hand.rule.yaml",
            "community/singles/c.rule.json"
        ]
    );
    assert_eq!(load(&store).rules.len(), 3);
}

#[test]
fn the_files_of_singles_are_found_wherever_their_folder_is() {
    let tree = Tree::new();
    let folders = Folders {
        community: tree.path("of-others"),
        ..Folders::below(tree.path(""))
    };
    let store = FileStore::open(folders, Access::ReadWrite, Arc::new(noon())).unwrap();
    run(store.write(&[singles("1.0.0", &[("a", "1{}"), ("b.c", "1{}")], &[])])).unwrap();
    tree.put("of-others/singles/deep/by-hand.rule.yaml", "broken: [");
    let found = run(store.singles(|bytes| bytes.len().to_string())).unwrap();
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["a.rule.json", "b.c.rule.json", "deep/by-hand.rule.yaml"]
    );
    assert_eq!(found["deep/by-hand.rule.yaml"], "9");
}

#[test]
fn what_is_no_folder_of_that_very_name_is_not_swapped() {
    let tree = Tree::with(&[
        ("elsewhere/manifest.yaml", "name: linked\n"),
        ("community/Upper/manifest.yaml", "name: upper\n"),
        ("community/plain", "a file"),
    ]);
    tree.link("../elsewhere", "community/linked");
    let store = tree.writer();
    let before = tree.files();
    for (name, reason) in [
        ("linked", "`community/linked` is a link"),
        ("upper", "`community/Upper` is in the way"),
        ("plain", "`community/plain` is no folder"),
    ] {
        for edit in [
            install(&pack(name, "1.0.0", &[("a", "a{}")])),
            Edit::Uninstall(name.to_owned()),
        ] {
            let message = refused(&store, edit);
            assert!(message.contains(reason), "{message}");
        }
    }
    assert_eq!(tree.files(), before);
}

/// Links that lead to a file inside of the tree, to one outside, to nothing, and to a folder.
#[test]
fn singles_take_the_place_of_links_and_are_not_written_through_them() {
    let tree = Tree::with(&[("local/l.rule.yaml", "[]\n")]);
    let outside = Tree::with(&[("o.rule.json", "theirs")]);
    let store = tree.writer();
    let link = |target: &Path, name: &str| {
        tree.link(
            target.to_str().unwrap(),
            &format!("community/singles/{name}.rule.json"),
        );
    };
    link(Path::new("../../local/l.rule.yaml"), "a");
    link(&outside.path("o.rule.json"), "b");
    link(Path::new("nowhere"), "c");
    link(&outside.path(""), "d");
    let css = ["a", "b", "c", "d"].map(|id| (id, "new{}"));
    run(store.write(&[singles("1.0.0", &css, &[])])).unwrap();
    for name in ["a", "b", "c", "d"] {
        let path = tree.path(&format!("community/singles/{name}.rule.json"));
        let found = path.symlink_metadata().unwrap();
        assert!(found.is_file(), "{name}");
        assert_eq!(found.permissions().mode() & 0o002, 0, "{name}");
    }
    assert_eq!(load(&store).rules.len(), 4);
    assert_eq!(tree.read("local/l.rule.yaml"), "[]\n");
    assert_eq!(outside.read("o.rule.json"), "theirs");
    link(&outside.path("o.rule.json"), "e");
    run(store.write(&[singles("2.0.0", &[], &["e"])])).unwrap();
    assert!(!tree.files().contains(&"community/singles/e.rule.json".to_owned()));
    assert_eq!(outside.read("o.rule.json"), "theirs");
}

#[test]
fn singles_are_not_written_into_folders_that_are_links_out_of_the_tree() {
    let (tree, outside) = (Tree::new(), Tree::with(&[("theirs", "")]));
    let store = tree.writer();
    tree.link(outside.path("").to_str().unwrap(), "community/singles");
    let message = refused(&store, singles("1.0.0", &[("a", "a{}")], &[]));
    assert!(message.contains("is a link"), "{message}");
    assert_eq!(outside.files(), ["theirs"]);
}

#[test]
fn files_that_say_something_else_than_was_checked_are_refused() {
    let tree = Tree::new();
    let store = tree.writer();
    let good = pack("cookies", "1.0.0", &[("a", "a{}")]);
    type Change = fn(&mut NewPack);
    let cases: [(Change, &str); 5] = [
        (|new| new.rules.clear(), "hold more rules"),
        (|new| new.files.truncate(1), "do not hold `cookies:a`"),
        (
            |new| new.files[1].bytes.retain(|byte| *byte != b'}'),
            "do not hold `cookies:a`",
        ),
        (
            |new| new.files[0].path = "other.yaml".to_owned(),
            "do not hold its manifest",
        ),
        (
            |new| new.files[0].bytes = b"name: cookies".to_vec(),
            "do not hold its manifest",
        ),
    ];
    for (change, reason) in cases {
        let mut new = NewPack::clone(&good);
        change(&mut new);
        let message = refused(&store, Edit::Install(Arc::new(new)));
        assert!(message.contains(reason), "{message}");
    }
    let Edit::Singles(change) = singles("1.0.0", &[("a", "a{}")], &[]) else {
        unreachable!();
    };
    let mut other = (*change).clone();
    other.put[0].rules.clear();
    let message = refused(&store, Edit::Singles(Arc::new(other)));
    assert!(message.contains("hold more rules"), "{message}");
    let mut other = (*change).clone();
    other.put[0].file.path = "a.txt".to_owned();
    let message = refused(&store, Edit::Singles(Arc::new(other)));
    assert!(message.contains("is no rule file"), "{message}");
    assert_eq!(tree.files(), [""; 0]);
}

#[test]
fn what_a_crash_left_of_packs_is_removed_or_put_back() {
    let tree = Tree::with(&[
        ("community/.asset-injector-7-1.tmp/manifest.yaml", "staged"),
        (
            "community/.asset-injector-7-2-of-gone.tmp/manifest.yaml",
            "the only one",
        ),
        ("community/.asset-injector-7-3-of-there.tmp/manifest.yaml", "old"),
        ("community/there/manifest.yaml", "new"),
        ("community/singles/.asset-injector-7-4.tmp", "a single"),
        ("community/there/.asset-injector-7-5.tmp", "not ours"),
    ]);
    load(&tree.writer());
    assert_eq!(
        tree.files(),
        [
            "community/gone/manifest.yaml",
            "community/there/.asset-injector-7-5.tmp",
            "community/there/manifest.yaml"
        ]
    );
    assert_eq!(tree.read("community/gone/manifest.yaml"), "the only one");
    assert_eq!(tree.read("community/there/manifest.yaml"), "new");
}

#[test]
fn a_folder_that_came_by_hand_is_replaced_with_all_that_is_in_it() {
    let tree = Tree::with(&[
        ("community/cookies/rules/sub/x.rule.yaml", "broken: ["),
        ("community/cookies/notes", ""),
    ]);
    let store = tree.writer();
    assert_eq!(load(&store).problems.len(), 1);
    run(store.write(&[install(&pack("cookies", "1.0.0", &[("a", "a{}")]))])).unwrap();
    let contents = load(&store);
    assert_eq!((contents.rules.len(), contents.problems), (1, vec![]));
    assert!(!fs::exists(tree.path("community/cookies/notes")).unwrap());
}

#[test]
fn a_manifest_of_another_pack_is_a_problem_and_says_nothing() {
    let manifest = "name: other\nversion: 1.0.0\ndescription: d\nauthor: Ann\n";
    let tree = Tree::with(&[
        ("community/cookies/manifest.yaml", manifest),
        (
            "community/cookies/rules/a.rule.yaml",
            "{type: exact, pattern: 'https://a.example/', css: 'a{}'}",
        ),
    ]);
    let contents = load(&tree.writer());
    let problem = &contents.problems[0];
    assert_eq!(
        (&*problem.file, &*problem.field, &*problem.reason),
        (
            "community/cookies/manifest.yaml",
            "name",
            "is `other`, and the folder is that of `cookies`"
        )
    );
    assert_eq!((contents.problems.len(), problem.skipped), (1, false));
    assert_eq!(contents.packs["cookies"].manifest, None);
    assert_eq!(contents.rules[0].rule.id().as_str(), "cookies:a");
}

/// Names the tree that a process changes until it is killed.
const VICTIM: &str = "STORE_FILE_TEST_VICTIM";

/// Packs whose rules and records all say one version, in one write, again and again.
fn change_for_ever(tree: &Path) -> ! {
    let folders = Folders::below(tree);
    let store = FileStore::open(folders, Access::ReadWrite, Arc::new(noon())).unwrap();
    for n in 0.. {
        let (version, css) = (format!("1.{n}.0"), format!("/*1.{n}.0*/"));
        let ids: Vec<String> = (0..n % 30).map(|n| format!("r{n}")).collect();
        let rules: Vec<_> = ids.iter().map(|id| (&**id, &*css)).collect();
        let edits = ["p", "q"].map(|name| install(&pack(name, &version, &rules)));
        run(store.write(&edits)).unwrap();
    }
    unreachable!("it is killed");
}

#[test]
fn a_process_that_is_killed_leaves_every_pack_whole() {
    if let Some(tree) = std::env::var_os(VICTIM) {
        change_for_ever(Path::new(&tree));
    }
    let tree = Tree::quick();
    let mut versions = BTreeSet::new();
    for round in 0..20 {
        let test = "packs::a_process_that_is_killed_leaves_every_pack_whole";
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact"])
            .env(VICTIM, tree.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Any moment of its work, its start included.
        thread::sleep(Duration::from_millis(40 + 7 * round));
        victim.kill().unwrap();
        victim.wait().unwrap();
        let contents = load(&tree.writer());
        assert_eq!(contents.problems, []);
        for sourced in &contents.rules {
            let version = contents.packs[sourced.rule.id().pack().unwrap()].version();
            assert_eq!(&*sourced.rule.assets().css, format!("/*{}*/", version.unwrap()));
        }
        for pack in contents.packs.values() {
            assert_eq!(pack.version(), pack.source.as_ref().map(|source| &source.version));
            versions.insert(pack.version().unwrap().to_string());
        }
        let is_left = |path: &String| path.contains(".asset-injector-");
        assert!(!tree.files().iter().any(is_left), "{:?}", tree.files());
    }
    assert!(
        versions.len() > 3,
        "it was killed before it did anything: {versions:?}"
    );
}

//! The files of packs and of singles, as they are stored.

use super::{
    super::{
        Harness,
        samples::{install, pack, singles},
        subject::Subject,
    },
    changed,
};
use crate::{Edit, SOURCE_FILE};
use rules::{PackFile, SINGLES};

/// Byte by byte, in the order of their paths; those of the version before are gone.
pub fn the_files_of_a_pack_are_those_that_were_installed<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    assert_eq!(store.pack_files("cookies"), []);
    let first = changed(&pack("cookies", "1.0.0", &[("b", "b{}"), ("a", "a{}")]), |new| {
        new.files
            .push(file("docs/read me.txt", "\u{feff}one\r\ntwo, no end".as_bytes()));
        new.files.push(file("docs.txt", b""));
    });
    store.done(&[
        install(&first),
        install(&pack("cookies-more", "1.0.0", &[("c", "c{}")])),
    ]);
    assert_eq!(store.pack_files("cookies"), sorted(&first.files));
    let second = pack("cookies", "2.0.0", &[("b", "b2{}")]);
    store.done(&[install(&second)]);
    assert_eq!(store.pack_files("cookies"), sorted(&second.files));
    store.reopen();
    assert_eq!(store.pack_files("cookies"), sorted(&second.files));
    store.done(&[Edit::Uninstall("cookies".to_owned())]);
    assert_eq!(store.pack_files("cookies"), []);
    assert_eq!(store.pack_files("cookies-more").len(), 2);
    for elsewhere in ["", ".", "..", "../local", "cookies-more/rules", "/etc"] {
        assert_eq!(store.pack_files(elsewhere), [], "`{elsewhere}` is no pack");
    }
}

/// Those of all changes, each as it was put last, and nothing that says where they come from.
pub fn the_files_of_singles_are_those_that_were_put<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    assert_eq!(store.pack_files(SINGLES), []);
    let changes = [
        singles("1.0.0", &[("c", "1{}"), ("a", "1{}"), ("b", "1{}")], &[]),
        singles("2.0.0", &[("b", "2{}")], &["a"]),
    ];
    let mut expected: Vec<PackFile> = Vec::new();
    for change in changes {
        let Edit::Singles(of) = &change else {
            unreachable!("it was made as one")
        };
        let goes =
            |path: &String| of.remove.contains(path) || of.put.iter().any(|put| put.file.path == *path);
        expected.retain(|file| !goes(&file.path));
        expected.extend(of.put.iter().map(|put| put.file.clone()));
        store.done(std::slice::from_ref(&change));
        assert_eq!(store.pack_files(SINGLES), sorted(&expected));
    }
    assert!(expected.iter().all(|file| file.path != SOURCE_FILE));
}

fn file(path: &str, bytes: &[u8]) -> PackFile {
    PackFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
    }
}

fn sorted(files: &[PackFile]) -> Vec<PackFile> {
    let mut files = files.to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

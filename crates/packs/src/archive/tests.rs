//! What is accepted, what is refused and why, and that limits hold.

use super::*;
use flate2::{Compression, write::DeflateEncoder};
use proptest::prelude::*;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use std::io::Write as _;

fn file(path: &str, bytes: &[u8]) -> PackFile {
    PackFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
    }
}

/// An archive of stored entries with these names, as somebody may write it who keeps to no rule.
fn raw(entries: &[(&[u8], &[u8], u32)]) -> Vec<u8> {
    let mut writer = ZipArchiveWriter::new(Vec::new());
    for (name, bytes, mode) in entries {
        let (mut entry, config) = writer
            .new_file(rawzip::path::EntryPath::verbatim(*name))
            .unix_permissions(*mode)
            .start()
            .unwrap();
        let mut data = config.wrap(&mut entry);
        data.write_all(bytes).unwrap();
        let (_, descriptor) = data.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap()
}

fn named(names: &[&str]) -> Vec<u8> {
    let entries: Vec<_> = names
        .iter()
        .map(|name| (name.as_bytes(), b"x".as_slice(), 0o100_644))
        .collect();
    raw(&entries)
}

#[track_caller]
fn refused(bytes: &[u8]) -> Fault {
    read(bytes).unwrap_err().fault
}

#[test]
fn the_same_files_give_the_same_bytes_in_any_order() {
    let (a, b) = (
        file("a.txt", b"aaaaaaaaaaaaaaaaaaaaaaaa"),
        file("rules/\u{e9}.rule.yaml", b"b"),
    );
    let one = build(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(one, build(&[b.clone(), a.clone()]).unwrap());
    assert_eq!(read(&one).unwrap(), [a, b]);
    assert_eq!(crate::digest::sha256(&one).len(), 64);
}

#[test]
fn names_that_are_not_safe_are_refused_with_the_entry() {
    for name in [
        "../a",
        "/a",
        "a/../../b",
        "a\\b",
        "C:a",
        "con",
        "a/NUL.txt",
        "a.",
        "a//b",
        "./a",
        "a\nb",
        "",
    ] {
        let error = read(&named(&[name])).unwrap_err();
        assert!(matches!(error.fault, Fault::Name(_)), "{name:?}: {error}");
        assert_eq!(error.entry.as_deref(), Some(name));
    }
    let error = read(&raw(&[(b"\xff", b"x", 0)])).unwrap_err();
    assert!(matches!(error.fault, Fault::Name(_)), "{error}");
}

#[test]
fn names_that_are_one_file_somewhere_are_refused() {
    for names in [
        ["a", "a"],
        ["a/B", "A/b"],
        ["\u{e9}", "e\u{301}"],
        ["a", "a/b"],
        ["A/b", "a"],
    ] {
        assert!(matches!(refused(&named(&names)), Fault::Twice(_)), "{names:?}");
    }
    let folder_too = raw(&[(b"a", b"x", 0), (b"A/", b"", 0)]);
    assert!(matches!(refused(&folder_too), Fault::Twice(_)));
    let full = raw(&[(b"a/", b"x", 0)]);
    assert_eq!(
        refused(&full),
        Fault::Differs("unpacked size"),
        "a folder holds nothing"
    );
}

#[test]
fn links_and_devices_are_refused_and_folders_are_passed_over() {
    for kind in [0o120_777, 0o020_644, 0o060_644, 0o010_644, 0o140_644, 0o040_755] {
        assert_eq!(
            refused(&raw(&[(b"a", b"/etc/passwd", kind)])),
            Fault::NoFile,
            "{kind:o}"
        );
    }
    let bytes = raw(&[(b"rules/", b"", 0o040_755), (b"rules/a", b"x", 0o100_755)]);
    assert_eq!(read(&bytes).unwrap(), [file("rules/a", b"x")]);
}

#[test]
fn archives_in_archives_are_refused_by_name_and_by_what_they_hold() {
    let inner = named(&["a"]);
    let mut tape = vec![0; 512];
    tape[257..262].copy_from_slice(b"ustar");
    for (name, bytes) in [
        ("a.zip", b"x".as_slice()),
        ("a.TAR.GZ", b"x"),
        ("a.7z", b"x"),
        ("a.txt", &inner),
        ("a", b"\x1f\x8b\x08"),
        ("a", &tape),
    ] {
        assert_eq!(
            refused(&raw(&[(name.as_bytes(), bytes, 0)])),
            Fault::Nested,
            "{name}"
        );
    }
}

#[test]
fn what_is_not_wanted_may_be_anything_that_is_no_danger() {
    let inner = named(&["a"]);
    let bytes = raw(&[
        (b"packs/p.zip", &inner, 0),
        (b"singles/a", b"x", 0),
        (b"link", b"a", 0o120_777),
    ]);
    assert_eq!(
        read_some(&bytes, |path| path.starts_with("singles/")).unwrap(),
        [file("singles/a", b"x")]
    );
    assert!(read_some(&named(&["../a", "b"]), |path| path == "b").is_err());
}

#[test]
fn nothing_may_stand_around_or_between_entries() {
    let bytes = named(&["a", "b"]);
    assert_eq!(refused(&[bytes.as_slice(), b"tail"].concat()), Fault::Trailing);
    assert_eq!(refused(&[b"MZ".as_slice(), &bytes].concat()), Fault::Gap);
    // One archive before another: which of them is meant?
    assert!(matches!(
        refused(&[named(&["c"]), bytes.clone()].concat()),
        Fault::Gap | Fault::Overlap
    ));
    let mut with_comment = ZipArchiveWriter::new(Vec::new());
    with_comment.set_comment(*b"PK\x05\x06 hidden");
    assert!(read(&with_comment.finish().unwrap()).is_err());
    assert_eq!(
        refused(&ZipArchiveWriter::new(Vec::new()).finish().unwrap()),
        Fault::Empty
    );
}

#[test]
fn whatever_is_cut_off_is_refused() {
    let bytes = build(&[file("a", &b"ab".repeat(100)), file("b", b"x")]).unwrap();
    for length in 0..bytes.len() {
        assert!(
            read(&bytes[..length]).is_err(),
            "{length} bytes of {}",
            bytes.len()
        );
    }
}

/// Where a mark stands for the n-th time.
fn find(bytes: &[u8], mark: &[u8], n: usize) -> usize {
    let mut places = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(mark));
    places.nth(n).unwrap()
}

#[test]
fn an_entry_and_the_directory_must_say_the_same() {
    let bytes = named(&["abc", "def"]);
    let local = find(&bytes, b"PK\x03\x04", 0);
    let directory = find(&bytes, b"PK\x01\x02", 0);
    let change = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] ^= value;
        refused(&bytes)
    };
    assert_eq!(change(local + 30, 1), Fault::Differs("name"));
    assert_eq!(change(local + 6, 2), Fault::Differs("flags"));
    assert_eq!(change(local + 8, 8), Fault::Differs("method"));
    assert_eq!(change(directory + 16, 1), Fault::Differs("descriptor"));
    assert_eq!(change(directory + 24, 1), Fault::Differs("descriptor"));
    assert_eq!(change(directory + 8, 1), Fault::Encrypted);
    let second = find(&bytes, b"PK\x01\x02", 1);
    let mut overlapping = bytes.clone();
    overlapping[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    assert!(read(&overlapping).is_err());
    assert!(
        matches!(change(local + 33, 0x20), Fault::Data(_)),
        "the data themselves"
    );
}

#[test]
fn what_is_encrypted_is_refused_with_the_entry() {
    let mut bytes = named(&["a"]);
    let (local, central) = (find(&bytes, b"PK\x03\x04", 0), find(&bytes, b"PK\x01\x02", 0));
    bytes[local + 6] |= 1;
    bytes[central + 8] |= 1;
    let error = read(&bytes).unwrap_err();
    assert_eq!(
        (error.fault, error.entry.as_deref()),
        (Fault::Encrypted, Some("a"))
    );
}

#[test]
fn only_two_ways_of_packing_are_read() {
    let mut writer = ZipArchiveWriter::new(Vec::new());
    let method = CompressionMethod::ZSTD;
    let (mut entry, config) = writer.new_file("a").compression_method(method).start().unwrap();
    let (_, descriptor) = config.wrap(&mut entry).finish().unwrap();
    entry.finish(descriptor).unwrap();
    assert_eq!(refused(&writer.finish().unwrap()), Fault::Method);
}

/// An archive that deflates so many zeros, and says that they are so many.
fn bomb(zeros: usize, said: Option<u32>) -> Vec<u8> {
    let mut writer = ZipArchiveWriter::new(Vec::new());
    let method = CompressionMethod::DEFLATE;
    let (mut entry, config) = writer.new_file("a").compression_method(method).start().unwrap();
    let mut data = config.wrap(DeflateEncoder::new(&mut entry, Compression::new(9)));
    data.write_all(&vec![0; zeros]).unwrap();
    let (encoder, descriptor) = data.finish().unwrap();
    encoder.finish().unwrap();
    entry.finish(descriptor).unwrap();
    let mut bytes = writer.finish().unwrap();
    if let Some(said) = said {
        let descriptor = find(&bytes, b"PK\x07\x08", 0);
        bytes[descriptor + 12..descriptor + 16].copy_from_slice(&said.to_le_bytes());
        let directory = find(&bytes, b"PK\x01\x02", 0);
        bytes[directory + 24..directory + 28].copy_from_slice(&said.to_le_bytes());
    }
    bytes
}

#[test]
fn a_bomb_does_not_unfold_whatever_it_says_of_its_size() {
    assert_eq!(refused(&bomb(10_000_000, None)), Fault::TooMuch);
    assert_eq!(refused(&bomb(10_000_000, Some(10))), Fault::TooMuch);
    assert_eq!(
        refused(&bomb(1_000, Some(10))),
        Fault::Data("its size is another")
    );
    let stored = raw(&[(b"a", &vec![0; UNPACKED_BYTES_MAX + 1], 0)]);
    assert_eq!(refused(&stored), Fault::TooMuch);
}

#[test]
fn many_entries_are_too_many() {
    let names: Vec<_> = (0..=ENTRIES_MAX).map(|n| format!("{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(read(&named(&names[..ENTRIES_MAX])).unwrap().len(), ENTRIES_MAX);
    assert_eq!(refused(&named(&names)), Fault::TooManyEntries);
}

#[test]
fn nothing_is_built_that_would_not_be_read() {
    assert!(matches!(
        build(&[file("../a", b"")]).unwrap_err().fault,
        Fault::Name(_)
    ));
    assert!(matches!(
        build(&[file("a", b""), file("A", b"")]).unwrap_err().fault,
        Fault::Twice(_)
    ));
    assert_eq!(build(&[]).unwrap_err().fault, Fault::Empty);
    assert_eq!(build(&[file("a.zip", b"")]).unwrap_err().fault, Fault::Nested);
    // What would unfold too far is stored instead.
    let zeros = [file("a", &vec![0; 1_000_000])];
    assert_eq!(read(&build(&zeros).unwrap()).unwrap(), zeros);
}

#[test]
fn archives_of_other_programs_are_read() {
    let paths =
        |bytes: &[u8]| read(bytes).map(|files| files.into_iter().map(|file| file.path).collect::<Vec<_>>());
    let stored = include_bytes!("../../fuzz/seeds/archive/stored.zip");
    assert_eq!(paths(stored).unwrap(), ["manifest.yaml", "rules/a.rule.yaml"]);
    let deflated = include_bytes!("../../fuzz/seeds/archive/deflated.zip");
    assert_eq!(
        paths(deflated).unwrap(),
        ["manifest.yaml", "rules/\u{e9}.rule.yaml"]
    );
    let streamed = include_bytes!("../../fuzz/seeds/archive/streamed.zip");
    assert_eq!(paths(streamed).unwrap(), ["manifest.yaml"]);
    let with_folder = include_bytes!("../../fuzz/seeds/archive/folder.zip");
    assert_eq!(paths(with_folder).unwrap(), ["rules/b"]);
    let link = include_bytes!("../../fuzz/seeds/archive/link.zip");
    assert_eq!(refused(link), Fault::NoFile);
}

proptest! {
    /// Feature: asset-injector, Property: an archive that is built is read back as it was
    #[test]
    fn what_is_built_is_read_back(files in prop::collection::btree_map("[a-c]{1,3}(/[d-f]{1,2})?\\.txt", prop::collection::vec(any::<u8>(), 0..300), 1..8)) {
        let files: Vec<_> = files.into_iter().map(|(path, bytes)| PackFile { path, bytes }).collect();
        if let Ok(bytes) = build(&files) {
            prop_assert_eq!(read(&bytes), Ok(files));
        } else {
            // Random bytes may look like an archive.
            prop_assert!(files.iter().any(|file| file.bytes.starts_with(b"\x1f\x8b") || file.bytes.starts_with(b"BZh")));
        }
    }

    /// Feature: asset-injector, Property: a damaged archive is refused or holds the same files
    #[test]
    fn damage_is_noticed(at in 0_usize..10_000, bit in 0_u8..8) {
        let files = [file("a/b.txt", &b"some text ".repeat(20)), file("c.txt", b"x")];
        let mut bytes = build(&files).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(found) = read(&bytes) {
            let held = |files: &[PackFile]| files.iter().map(|file| file.bytes.clone()).collect::<Vec<_>>();
            prop_assert_eq!(held(&found), held(&files));
        }
    }
}

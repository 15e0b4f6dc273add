//! What one write may go through is bounded.

use super::EDITED_BYTES_MAX;
use crate::{Access, FileStore, Folders};
use rules::{Clock, Layer, Timestamp};
use std::{fmt::Write as _, fs, sync::Arc};
use store::{Edit, Error, ErrorKind, Expected, RuleStore as _, contract::rule};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-23T12:00:00Z").unwrap()
    }
}

/// Found by a reader: a replacing import into one large file held all other writes up for hours.
#[test]
fn a_write_that_goes_through_large_files_again_and_again_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for n in 0..100 {
        writeln!(
            text,
            "- {{id: r{n}, type: wildcard, pattern: 'r{n}.example/*', css: 'a{{}}'}}"
        )
        .unwrap();
    }
    let file = dir.path().join("local/many.rule.yaml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::File::create(&file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .unwrap();
    let store = FileStore::open(Folders::below(dir.path()), Access::ReadWrite, Arc::new(Noon)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.load()).unwrap();
    let write = |count: usize| -> Result<(), Error> {
        let put = |n: usize| Edit::Put {
            layer: Layer::Local,
            rule: rule(&format!("r{n}"), "b{}"),
            replaces: Expected::Anything,
        };
        let edits: Vec<_> = (0..count).map(put).collect();
        runtime.block_on(store.write(&edits)).map(drop)
    };
    let most = EDITED_BYTES_MAX / text.len();
    let error = write(most + 2).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unwritable);
    assert!(error.message.contains("local/many.rule.yaml"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "nothing is changed");
    write(most / 2).unwrap();
    assert!(fs::read_to_string(&file).unwrap().contains("b{}"));
}

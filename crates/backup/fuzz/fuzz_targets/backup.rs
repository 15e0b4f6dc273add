//! No archive makes the reader panic; what it accepts without leaving anything out is written again as it is read.
//!
//! The input is the lines between the first and the last one, or, where it is packed already, an archive.

#![no_main]

use backup::{Saved, compare, read};
use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, io::Write as _};

const HEADS: [&str; 2] = [
    r#"{"archive":{"format":"asset-injector-backup","version":1,"revision":7,"pack_files":true}}"#,
    r#"{"archive":{"format":"asset-injector-backup","version":1,"revision":7,"pack_files":false}}"#,
];

fuzz_target!(|data: &[u8]| {
    if data.starts_with(&[0x1f, 0x8b]) {
        drop(read(data));
        return;
    }
    for head in HEADS {
        if let Ok(saved) = read(&archive(head, data)[..]) {
            check(&saved);
        }
    }
});

fn check(saved: &Saved) {
    let written = saved.write(Vec::new()).expect("what was read can be written");
    let again = read(&written[..]).expect("what was written can be read");
    // What is left out is not written, and what hangs on it may go with it.
    if saved.left_out.is_empty() {
        assert_eq!(again.left_out, []);
        assert!(compare(saved, &again).is_equal());
        assert_eq!(again.write(Vec::new()).expect("it can be written"), written);
    }
}

/// The lines with a first and a last one that fit them.
fn archive(head: &str, data: &[u8]) -> Vec<u8> {
    let mut text = format!("{head}\n").into_bytes();
    text.extend_from_slice(data);
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    let hash = Sha256::digest(&text).iter().fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    let end = format!("{{\"end\":{{\"lines\":{lines},\"sha256\":\"{hash}\"}}}}\n");
    text.extend_from_slice(end.as_bytes());
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&text).expect("memory can be written");
    packer.finish().expect("memory can be written")
}

//! Compares text with a committed file; `UPDATE_EXPECTED=1` writes it instead.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

/// Fails unless the text is that of `expected/NAME.txt`.
#[track_caller]
pub(crate) fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/expected")
        .join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        File::create(&path).unwrap().write_all(actual.as_bytes()).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        actual, expected,
        "{name}: if the change is meant, run the test with UPDATE_EXPECTED=1"
    );
}

//! No archive makes the reader panic or passes its limits; what it accepts can be built again and read back equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use packs::archive::{ENTRIES_MAX, RATIO_MAX, UNPACKED_BYTES_MAX, build, read};

fuzz_target!(|data: &[u8]| {
    let Ok(files) = read(data) else { return };
    let unpacked: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(files.len() <= ENTRIES_MAX);
    assert!(unpacked <= UNPACKED_BYTES_MAX.min(data.len() * RATIO_MAX));
    for file in &files {
        assert_eq!(packs::path::check(&file.path), Ok(()));
    }
    // An archive of folders alone is one, and nothing can be built of it.
    if files.is_empty() {
        return;
    }
    let again = build(&files).expect("what was accepted can be built");
    assert_eq!(read(&again), Ok(files));
});

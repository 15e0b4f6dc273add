//! A library that is loaded into the binary and lies to it: calls that fail with EIO, a clock that is wrong.

use crate::binary::write;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};
use tempfile::TempDir;

/// The calls that can be made to fail.
const CALLS: [&str; 8] = [
    "fsync", "write", "rename", "link", "unlink", "open", "read", "opendir",
];

/// What is wrong at the moment with the disk and the clock of the programs that it is loaded into.
pub(crate) struct Shim {
    /// Holds one file for each thing that is wrong.
    faults: TempDir,
}

impl Shim {
    pub(crate) fn new() -> Self {
        Self {
            faults: tempfile::tempdir().unwrap(),
        }
    }

    /// The same program, with the library loaded.
    pub(crate) fn load_into<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("LD_PRELOAD", library())
            .env("FAULTS", self.faults.path())
    }

    /// Lets these calls fail from now on, and no other.
    pub(crate) fn fail(&self, calls: &[&str]) {
        for call in CALLS {
            let path = self.faults.path().join(call);
            match calls.contains(&call) {
                true => write(path, "").unwrap(),
                // It may have worked before.
                false => drop(fs::remove_file(path)),
            }
        }
    }

    /// Puts the clock so many seconds after the right time.
    pub(crate) fn set_clock(&self, seconds: i64) {
        // Read at any time, so it must never be seen half.
        let new = self.faults.path().join("new");
        write(&new, &seconds.to_string()).unwrap();
        fs::rename(new, self.faults.path().join("clock")).unwrap();
    }
}

/// The library, compiled once; the compiler is the one that linked this test.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults.so");
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let built = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(&library)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shim/faults.c"))
            .arg("-ldl")
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        library
    })
}

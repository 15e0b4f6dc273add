//! A small disk of its own below a sandbox, in a mount namespace that only the test and its servers see.
//!
//! It is gone when the process that holds the namespace ends, which happens with the test however that ends.

use crate::binary::{Sandbox, without_environment};
use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Where the disk is, below the sandbox.
pub(crate) const DISK: &str = "disk";

/// A disk in memory.
pub(crate) struct Volume {
    sandbox: Sandbox,
    /// Keeps the namespace until its standard input is closed.
    holder: Child,
}

impl Volume {
    /// A disk with these bounds, as mount options; `None`, and a word about it, where mounting is not permitted.
    pub(crate) fn new(bounds: &str) -> Option<Self> {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path().join(DISK)).unwrap();
        let script = format!("mount -t tmpfs -o {bounds} none {DISK} && echo mounted && exec cat");
        let mut holder = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .current_dir(sandbox.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut said = String::new();
        let mut stdout = BufReader::new(holder.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        if said == "mounted\n" {
            return Some(Self { sandbox, holder });
        }
        holder.wait().unwrap();
        // Not by a macro, whose output the tests' runner keeps to itself.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED, since nothing can be mounted here: {bounds}"
        );
        None
    }

    /// The path at which this process sees the disk.
    pub(crate) fn path(&self) -> PathBuf {
        let seen = self.sandbox.path().join(DISK);
        Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(seen.strip_prefix("/").unwrap())
    }

    /// A shell that sees the disk, in the sandbox and without an environment.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("nsenter");
        let holder = self.holder.id().to_string();
        let entered = format!("cd '{}' && {script}", self.sandbox.path().display());
        command
            .args(["--user", "--preserve-credentials", "--mount", "--target", &holder])
            .args(["sh", "-c", &entered]);
        without_environment(&mut command);
        command
    }

    /// The server on rules that lie on the disk.
    pub(crate) fn serve(&self) -> Command {
        let mut command = self.shell(&format!("exec {} serve", env!("CARGO_BIN_EXE_asset-injector")));
        command.env("RULES_DIR", format!("{DISK}/rules"));
        command
    }

    /// Runs a shell's script to its end.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) {
        assert!(self.shell(script).status().unwrap().success(), "{script}");
    }

    /// Takes all bytes that are left.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).unwrap();
        let full = filler
            .write_all(&vec![b'x'; 64 << 20])
            .expect_err("the disk is small");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    }

    /// Gives back the bytes that were taken.
    pub(crate) fn free(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It ends by itself.
        let _ = self.holder.wait();
    }
}

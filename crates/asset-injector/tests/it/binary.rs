//! Runs the binary in a folder of its own, with nothing of this process's environment.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// What a rule file needs, for a rule that matches `host` and shows its id in its CSS.
pub(crate) fn rule(id: &str, host: &str) -> String {
    format!("id: {id}\ntype: wildcard\npattern: 'https://{host}/*'\ncss: '#{id} {{ display: none }}'\n")
}

/// Writes a file as most programs do: in place.
pub(crate) fn write(path: impl AsRef<Path>, text: &str) -> io::Result<()> {
    File::create(path)?.write_all(text.as_bytes())
}

/// A folder in which the binary runs.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A sandbox with these files.
    pub(crate) fn with<P: AsRef<str>, T: AsRef<str>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let sandbox = Self::new();
        files
            .into_iter()
            .for_each(|(path, text)| sandbox.write(path.as_ref(), text.as_ref()));
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// The binary with these arguments, in this folder, without an environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asset-injector"));
        command.args(args).current_dir(self.path());
        without_environment(&mut command);
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    /// Runs the binary to its end with these variables.
    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = self
            .command(args)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Ran {
            output,
            folder: self.path().to_path_buf(),
        }
    }
}

/// What a run of the binary left.
pub(crate) struct Ran {
    output: Output,
    folder: PathBuf,
}

impl Ran {
    /// Fails unless the run ended with this code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        assert_eq!(
            self.output.status.code(),
            Some(expected),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }

    /// What it printed, with a placeholder for its folder.
    pub(crate) fn stdout(&self) -> String {
        self.clean(&self.output.stdout)
    }

    /// What it said beside it, with a placeholder for its folder.
    pub(crate) fn stderr(&self) -> String {
        self.clean(&self.output.stderr)
    }

    /// What it printed as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout()).unwrap_or_else(|error| panic!("{error}: {}", self.stdout()))
    }

    /// Fails unless standard error holds all of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        let stderr = self.stderr();
        parts
            .iter()
            .for_each(|part| assert!(stderr.contains(part), "no {part:?} in:\n{stderr}"));
        self
    }

    /// Fails unless standard output holds all of these.
    #[track_caller]
    pub(crate) fn prints(self, parts: &[&str]) -> Self {
        let stdout = self.stdout();
        parts
            .iter()
            .for_each(|part| assert!(stdout.contains(part), "no {part:?} in:\n{stdout}"));
        self
    }

    fn clean(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(
            !text.contains('\u{1b}'),
            "colours do not belong in a pipe: {text:?}"
        );
        text.replace(&*self.folder.to_string_lossy(), "[FOLDER]")
            .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    }
}

/// Takes the environment of the tests from a command, but for where it writes which of its lines were executed: those
/// whom coverage is measured for look there.
pub(crate) fn without_environment(command: &mut Command) {
    const COUNTERS: &str = "LLVM_PROFILE_FILE";
    command.env_clear();
    command.envs(std::env::var_os(COUNTERS).map(|file| (COUNTERS, file)));
}

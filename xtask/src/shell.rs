//! Running other programs.
//!
//! Plain `std::process`: what the tasks need of a shell library is three functions, and some of
//! them (signals, polling a child) such a library does not have.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Makes the repository's root the working directory, wherever cargo was called from.
pub(crate) fn enter_root() -> Result<()> {
    let root = root();
    std::env::set_current_dir(root).with_context(|| format!("cannot enter `{}`", root.display()))
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    ours.parent().expect("xtask lies in the root")
}

/// The cargo that runs this task, so that a pinned toolchain stays the same one inside it.
pub(crate) fn cargo() -> Command {
    as_if_alone(Command::new(
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
    ))
}

/// The same without a word on what goes well: other steps run beside it.
pub(crate) fn quiet_cargo() -> Command {
    let mut command = cargo();
    command.env("CARGO_TERM_QUIET", "true");
    command
}

/// Takes away what `cargo run` tells us of our own package: build scripts of dependencies watch such
/// variables, and would run anew whenever `cargo xtask` and plain cargo take turns.
pub(crate) fn as_if_alone(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    command
}

/// A command from words.
pub(crate) fn command<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// Prints the command, runs it with our streams, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// The same with what it says shown in one piece when it has ended: others run beside it.
pub(crate) fn run_aside(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    print!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    if !done.status.success() {
        bail!("`{}` ended with {}", line(command), done.status);
    }
    Ok(())
}

/// Runs the command quietly and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` ended with {}:\n{}",
            line(command),
            output.status,
            said.trim_end()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no UTF-8", line(command)))
}

/// Whether the command can be started and ends well; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The first file of this name in `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The command as a person would type it; changed variables stand in front.
pub(crate) fn line(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(key, value)| Some((key, value?)));
    let mut words: Vec<String> = variables
        .filter(|(key, _)| *key != "PATH")
        .map(|(key, value)| format!("{}={}", key.to_string_lossy(), quote(&value.to_string_lossy())))
        .collect();
    let program = Path::new(command.get_program());
    words.push(
        program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy()
            .into_owned(),
    );
    words.extend(
        command
            .get_args()
            .map(|argument| quote(&argument.to_string_lossy())),
    );
    let words = words.join(" ");
    match command.get_current_dir() {
        Some(folder) => format!("cd {} && {words}", folder.display()),
        None => words,
    }
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{command, line, output, succeeds};

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut shown = command("/usr/bin/grep", ["-e", "it's", "a b.txt"]);
        shown.env("CI", "true").env_remove("GONE").current_dir("e2e");
        assert_eq!(line(&shown), r"cd e2e && CI=true grep -e 'it'\''s' 'a b.txt'");
    }

    #[test]
    fn a_failing_command_says_what_it_said() {
        let error =
            output(&mut command("sh", ["-c", "echo no such thing >&2; exit 3"])).expect_err("it fails");
        let message = error.to_string();
        assert!(
            message.contains("exit status: 3") && message.contains("no such thing"),
            "{message}"
        );
        assert!(!succeeds(&mut command("a-program-that-nobody-has", ["x"])));
    }
}

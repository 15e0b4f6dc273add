//! The page for `man`: the help of every command, in one page to search in.

use crate::{build_info, cli::Cli};
use clap::{Command, CommandFactory as _};
use std::fmt::Write as _;

/// The page in roff, as a file `asset-injector.1` holds it.
pub(super) fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let about = root.get_about().map(ToString::to_string).unwrap_or_default();
    let version = build_info::VERSION;
    let mut text = format!(
        ".TH ASSET\\-INJECTOR 1 \"\" \"asset\\-injector {version}\" \"User Commands\"\n\
         .SH NAME\nasset\\-injector \\- {}\n.SH DESCRIPTION\n",
        escaped(&about)
    );
    add_help(&mut text, &mut root);
    text.push_str(".SH COMMANDS\n");
    add_commands(&mut text, &mut root, "");
    text
}

fn add_commands(text: &mut String, parent: &mut Command, path: &str) {
    for command in parent.get_subcommands_mut() {
        if !command.is_hide_set() && command.get_name() != "help" {
            let path = format!("{path}{}", command.get_name());
            writeln!(text, ".SS {}", escaped(&path)).expect("a string takes every text");
            add_help(text, command);
            add_commands(text, command, &format!("{path} "));
        }
    }
}

/// The help as it stands, since its columns are laid out already.
fn add_help(text: &mut String, command: &mut Command) {
    let help = command.render_long_help().to_string();
    writeln!(text, ".nf\n{}\n.fi", escaped(help.trim_end())).expect("a string takes every text");
}

/// Text in which `man` sees no command, no escape and no hyphen that it may change.
fn escaped(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end().replace('\\', "\\e").replace('-', "\\-");
        let is_command = line.starts_with(['.', '\'']);
        if is_command { format!("\\&{line}") } else { line }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{escaped, page};

    #[test]
    fn nothing_of_a_text_is_taken_for_a_command() {
        assert_eq!(
            escaped(".env\n'a'\n--a \\ b  \nx.y"),
            "\\&.env\n\\&'a'\n\\-\\-a \\e b\nx.y"
        );
    }

    #[test]
    fn every_line_that_begins_with_a_dot_is_a_known_command() {
        let known = [".TH ", ".SH ", ".SS ", ".nf", ".fi"];
        for line in page().lines().filter(|line| line.starts_with(['.', '\''])) {
            assert!(known.iter().any(|command| line.starts_with(command)), "{line}");
        }
        assert!(page().contains("\n.SS rules list\n"));
    }
}

//! `cargo xtask codegen`: files that the binary prints and the repository holds.
//!
//! They are committed so that a reader sees them and a change of the surface shows in its diff;
//! `--check` compares them, so they cannot drift.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// What prints the documents.
struct Printer {
    program: &'static str,
    /// The arguments of cargo that build it.
    build: &'static [&'static str],
    prints: &'static [Generated],
}

/// Options of `codegen`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compare instead of writing; fails on a difference
    #[arg(long)]
    check: bool,
}

/// A file and the arguments that make a program print it.
struct Generated {
    path: &'static str,
    args: &'static [&'static str],
}

/// In this order: the program holds the document that the routes make.
const PRINTERS: [Printer; 2] = [
    Printer {
        program: "target/debug/examples/openapi",
        build: &["--package", "api", "--example", "openapi"],
        prints: &[Generated {
            path: "docs/reference/openapi.json",
            args: &[],
        }],
    },
    Printer {
        program: "target/debug/asset-injector",
        build: &["--package", "asset-injector"],
        prints: &[
            Generated {
                path: "docs/reference/configuration.md",
                args: &["reference", "configuration"],
            },
            Generated {
                path: "docs/reference/cli.md",
                args: &["reference", "cli"],
            },
            Generated {
                path: "docs/reference/errors.md",
                args: &["reference", "errors"],
            },
            Generated {
                path: "docs/reference/metrics.md",
                args: &["reference", "metrics"],
            },
            Generated {
                path: "docs/schemas/rule.schema.json",
                args: &["schema", "rule"],
            },
            Generated {
                path: "docs/schemas/manifest.schema.json",
                args: &["schema", "manifest"],
            },
        ],
    },
];

/// Writes or compares.
pub(crate) fn main(args: &Args) -> Result<()> {
    if args.check { check() } else { write() }
}

/// Fails if a generated file is not what the program prints today.
pub(crate) fn check() -> Result<()> {
    // As the tests build them: after them they are there, where builds of single packages have other features of what
    // they depend on, and all of that to build again.
    shell::run(shell::cargo().args(["test", "--workspace", "--locked", "--no-run", "--quiet"]))?;
    let (mut fresh, mut stale) = (0, 0);
    for printer in &PRINTERS {
        for Generated { path, args } in printer.prints {
            let committed = std::fs::read_to_string(path).unwrap_or_default();
            match first_difference(&committed, &printer.print(args)?) {
                None => fresh += 1,
                Some((line, old, new)) => {
                    println!("{path}:{line}: differs from what the program prints\n  - {old}\n  + {new}");
                    stale += 1;
                }
            }
        }
    }
    if stale > 0 {
        bail!("{stale} generated files are stale\nhelp: run `cargo xtask codegen` and commit the result");
    }
    println!("{fresh} generated files are up to date");
    Ok(())
}

fn write() -> Result<()> {
    for printer in &PRINTERS {
        shell::run(shell::cargo().args(["build", "--locked"]).args(printer.build))?;
        for Generated { path, args } in printer.prints {
            let fresh = printer.print(args)?;
            if std::fs::read_to_string(path).is_ok_and(|committed| committed == fresh) {
                println!("unchanged {path}");
                continue;
            }
            if let Some(folder) = Path::new(path).parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, fresh).with_context(|| format!("cannot write `{path}`"))?;
            println!("wrote     {path}");
        }
    }
    Ok(())
}

impl Printer {
    fn print(&self, args: &[&str]) -> Result<String> {
        shell::output(Command::new(self.program).args(args)).map(ended_by_newline)
    }
}

fn ended_by_newline(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The number of the first line that differs, and both versions of it.
fn first_difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if old == new {
        return None;
    }
    let (mut old, mut new) = (old.lines(), new.lines());
    for number in 1.. {
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return Some((number, "(end of file)", "(end of file, other line endings)")),
            (a, b) => return Some((number, a.unwrap_or("(end of file)"), b.unwrap_or("(end of file)"))),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{ended_by_newline, first_difference};

    #[test]
    fn the_first_difference_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("", "a\n"), Some((1, "(end of file)", "a")));
        assert!(first_difference("a\r\n", "a\n").is_some());
    }

    #[test]
    fn generated_files_end_with_one_newline() {
        assert_eq!(ended_by_newline("{}".to_owned()), "{}\n");
        assert_eq!(ended_by_newline("{}\n\n".to_owned()), "{}\n");
    }
}

//! `cargo xtask tidy`: the rules of the house that no compiler and no clippy lint knows.
//!
//! A rule is a function from the tree of files to findings, and one line in [`RULES`]; it reads no
//! disk, so a test plants a fault in a tree in memory. `tests.rs` proves of every rule that it fires.

mod crates;
mod documents;
mod markdown;
mod names;
mod orphans;
mod properties;
mod records;
mod reference;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::time::Instant;

use anyhow::{Result, bail};

use tree::{File, Tree};

/// A rule of the house.
struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

/// A place that breaks a rule, and what to do about it.
#[derive(Debug)]
struct Finding {
    path: String,
    line: usize,
    message: String,
    remedy: String,
}

/// Every rule; adding one is one line here.
const RULES: &[Rule] = &[
    Rule {
        name: "crate-edges",
        check: crates::edges,
    },
    Rule {
        name: "foreign-crates",
        check: crates::foreign,
    },
    Rule {
        name: "pure-crates",
        check: crates::pure,
    },
    Rule {
        name: "one-place-for-versions",
        check: crates::versions,
    },
    Rule {
        name: "workspace-lints",
        check: crates::lints,
    },
    Rule {
        name: "file-header",
        check: source::header,
    },
    Rule {
        name: "file-length",
        check: source::length,
    },
    Rule {
        name: "no-mod-rs",
        check: source::mod_rs,
    },
    Rule {
        name: "one-test-binary",
        check: source::test_binary,
    },
    Rule {
        name: "no-ignored-tests",
        check: source::ignored,
    },
    Rule {
        name: "orphan-files",
        check: orphans::orphans,
    },
    Rule {
        name: "module-names",
        check: names::modules,
    },
    Rule {
        name: "type-names",
        check: names::types,
    },
    Rule {
        name: "unfinished",
        check: names::unfinished,
    },
    Rule {
        name: "property-tags",
        check: properties::tags,
    },
    Rule {
        name: "property-cases",
        check: properties::cases,
    },
    Rule {
        name: "document-paths",
        check: documents::paths,
    },
    Rule {
        name: "document-links",
        check: documents::links,
    },
    Rule {
        name: "document-tasks",
        check: documents::tasks,
    },
    Rule {
        name: "document-names",
        check: documents::settings,
    },
    Rule {
        name: "one-sentence-a-line",
        check: documents::sentences,
    },
    Rule {
        name: "configuration-reference",
        check: reference::configuration,
    },
    Rule {
        name: "error-reference",
        check: reference::errors,
    },
    Rule {
        name: "changelog",
        check: records::changelog,
    },
    Rule {
        name: "decisions",
        check: records::decisions,
    },
    Rule {
        name: "licence",
        check: records::licence,
    },
    Rule {
        name: "one-task-runner",
        check: text::scripts,
    },
    Rule {
        name: "whitespace",
        check: text::whitespace,
    },
    Rule {
        name: "self-contained",
        check: text::self_contained,
    },
];

/// Checks the repository.
pub(crate) fn main() -> Result<()> {
    let started = Instant::now();
    let tree = Tree::load()?;
    let mut count = 0;
    for rule in RULES {
        for finding in (rule.check)(&tree) {
            println!("{}", finding.report(rule.name));
            count += 1;
        }
    }
    let properties = properties::list(&tree);
    println!("{} properties are tested:", properties.len());
    for property in properties {
        println!("  {property}");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "tidy: {} rules over {} files in {seconds:.1} s",
        RULES.len(),
        tree.len()
    );
    if count > 0 {
        bail!("tidy: {count} findings");
    }
    Ok(())
}

impl Finding {
    fn new(file: &File, line: usize, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::at(&file.path, line, message, remedy)
    }

    /// For files that should be there and are not.
    fn at(path: &str, line: usize, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    fn report(&self, rule: &str) -> String {
        format!(
            "{}:{}: {} [{rule}]\n  help: {}",
            self.path, self.line, self.message, self.remedy
        )
    }
}

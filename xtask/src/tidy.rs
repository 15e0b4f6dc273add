//! `cargo xtask tidy`: the rules of the house that no compiler and no clippy lint knows.
//!
//! A rule is a function from the tree of files to findings, and one line in [`RULES`]; it reads no
//! disk, so a test plants a fault in a tree in memory. `tests.rs` proves of every rule that it fires.

mod crates;
mod deployment;
mod documents;
mod markdown;
mod monitoring;
mod names;
mod orphans;
mod properties;
mod records;
mod reference;
mod requirements;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod workflows;
mod yaml;

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
    rule("crate-edges", crates::edges),
    rule("foreign-crates", crates::foreign),
    rule("pure-crates", crates::pure),
    rule("one-place-for-versions", crates::versions),
    rule("workspace-lints", crates::lints),
    rule("file-header", source::header),
    rule("file-length", source::length),
    rule("handler-length", source::handlers),
    rule("no-mod-rs", source::mod_rs),
    rule("one-test-binary", source::test_binary),
    rule("no-ignored-tests", source::ignored),
    rule("orphan-files", orphans::orphans),
    rule("module-names", names::modules),
    rule("type-names", names::types),
    rule("unfinished", names::unfinished),
    rule("property-tags", properties::tags),
    rule("property-cases", properties::cases),
    rule("document-paths", documents::paths),
    rule("document-links", documents::links),
    rule("document-tasks", documents::tasks),
    rule("document-rules", documents::rules),
    rule("document-names", documents::settings),
    rule("one-sentence-a-line", documents::sentences),
    rule("configuration-reference", reference::configuration),
    rule("error-reference", reference::errors),
    rule("deployment", deployment::agreement),
    rule("monitoring-metrics", monitoring::metrics),
    rule("monitoring-alerts", monitoring::alerts),
    rule("monitoring-dashboard", monitoring::dashboard),
    rule("requirements", requirements::agreement),
    rule("changelog", records::changelog),
    rule("decisions", records::decisions),
    rule("licence", records::licence),
    rule("workflow-triggers", workflows::triggers),
    rule("workflow-rights", workflows::rights),
    rule("workflow-time-outs", workflows::time_outs),
    rule("workflow-pins", workflows::pins),
    rule("workflow-scripts", workflows::scripts),
    rule("workflow-tokens", workflows::tokens),
    rule("workflow-uploads", workflows::uploads),
    rule("workflow-turns", workflows::turns),
    rule("workflow-edges", workflows::edges),
    rule("workflow-jobs", workflows::pipeline),
    rule("workflow-order", workflows::order),
    rule("workflow-digests", workflows::digests),
    rule("workflow-deployments", workflows::deployments),
    rule("one-task-runner", text::scripts),
    rule("whitespace", text::whitespace),
    rule("self-contained", text::self_contained),
];

const fn rule(name: &'static str, check: fn(&Tree) -> Vec<Finding>) -> Rule {
    Rule { name, check }
}

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

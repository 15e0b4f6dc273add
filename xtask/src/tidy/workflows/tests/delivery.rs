//! Every change of the workflows that deliver is found, and they themselves break no rule.

mod cd;
mod image;
mod release;

use super::super::super::{RULES, Tree};

/// The workflows that make one graph, each with changes that must not be made.
const WORKFLOWS: [(&str, &str, &[Mutation]); 3] = [
    (
        "image.yml",
        include_str!("../../../../../.github/workflows/image.yml"),
        image::MUTATIONS,
    ),
    (
        "cd.yml",
        include_str!("../../../../../.github/workflows/cd.yml"),
        cd::MUTATIONS,
    ),
    (
        "release.yml",
        include_str!("../../../../../.github/workflows/release.yml"),
        release::MUTATIONS,
    ),
];

/// A rule, a part of the workflow, and what stands there instead, at its first place.
pub(super) type Mutation = (&'static str, &'static str, &'static str);

/// Whether a mutation here shows that a rule fires.
pub(super) fn shows(rule: &str) -> bool {
    let mut all = WORKFLOWS.iter().flat_map(|(.., mutations)| *mutations);
    all.any(|(name, ..)| *name == rule)
}

/// How often a rule finds something, with this text in the place of one of the workflows.
fn found(rule: &str, file: &str, text: &str) -> usize {
    let mut tree = Tree::default();
    for (name, ours, _) in WORKFLOWS {
        let text = if name == file { text } else { ours };
        tree.put(&format!(".github/workflows/{name}"), text);
    }
    let rule = RULES
        .iter()
        .find(|known| known.name == rule)
        .expect("a rule of this name");
    (rule.check)(&tree).len()
}

#[test]
fn the_workflows_that_deliver_break_no_rule() {
    for rule in RULES.iter().filter(|rule| rule.name.starts_with("workflow-")) {
        assert_eq!(found(rule.name, "", ""), 0, "{}", rule.name);
    }
}

#[test]
fn every_mutation_of_what_delivers_is_found() {
    for (file, ours, mutations) in WORKFLOWS {
        assert!(mutations.len() >= 20, "{file}");
        for (rule, from, to) in mutations {
            assert!(ours.contains(from), "{from:?} is not in {file}");
            let mutated = ours.replacen(from, to, 1);
            assert!(
                found(rule, file, &mutated) > 0,
                "{rule} does not find {from:?} -> {to:?} in {file}"
            );
        }
    }
}

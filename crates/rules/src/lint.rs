//! What is legal in rules and probably not meant.
//!
//! A finding never refuses a rule, and there is none that cannot be acted on.

mod external;
mod hidden;
mod secret;

use crate::{Rule, Score, Sourced};
use std::collections::BTreeMap;
use urlmatch::Pattern;

/// A finding of `check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// The path of the field inside the rule.
    pub field: String,
    /// What is doubtful: lower case, no full stop.
    pub reason: String,
    /// The corrected form, where there is one.
    pub suggestion: Option<String>,
}

/// Findings about one rule by itself.
pub fn lint_rule(rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::from_iter(lint_pattern("pattern".to_owned(), rule.pattern()));
    for (n, exclude) in rule.exclude().iter().enumerate() {
        findings.extend(lint_pattern(format!("exclude[{n}]"), exclude));
    }
    findings.extend(external::lint(&rule.assets().css));
    for (field, text) in texts(rule) {
        findings.extend(secret::lint(field, text));
    }
    findings.extend(lint_priority(rule));
    findings
}

/// Findings about rules together, each with the index of the rule that it is about.
pub fn lint_rules(rules: &[Sourced]) -> Vec<(usize, Finding)> {
    let mut findings = lint_doubles(rules);
    findings.extend(hidden::lint(rules));
    findings.sort_by_key(|(index, _)| *index);
    findings
}

fn lint_pattern(field: String, pattern: &Pattern) -> impl Iterator<Item = Finding> + use<> {
    pattern.lints().into_iter().map(move |lint| Finding {
        code: lint.code,
        field: field.clone(),
        reason: lint.reason,
        suggestion: lint.suggestion,
    })
}

fn texts(rule: &Rule) -> impl Iterator<Item = (&'static str, &str)> {
    let required = [("css", &*rule.assets().css), ("js", &*rule.assets().js)];
    required
        .into_iter()
        .chain(rule.description().map(|description| ("description", description)))
}

fn lint_priority(rule: &Rule) -> Option<Finding> {
    let computed = Score::computed(rule).value;
    let priority = rule
        .priority()
        .filter(|priority| u32::from(*priority) < computed)?;
    Some(Finding {
        code: "priority-below-score",
        field: "priority".to_owned(),
        reason: format!(
            "{priority} is below the score {computed} that the rule has without it, so it ranks lower than its pattern would"
        ),
        suggestion: Some((computed + 1).to_string()),
    })
}

/// The same id twice in one layer: one of the two is not used.
fn lint_doubles(rules: &[Sourced]) -> Vec<(usize, Finding)> {
    let mut by_id = BTreeMap::<_, Vec<usize>>::new();
    for (n, sourced) in rules.iter().enumerate() {
        by_id
            .entry((sourced.rule.id(), sourced.origin.layer))
            .or_default()
            .push(n);
    }
    let place = |n: usize| {
        rules[n]
            .origin
            .file
            .as_deref()
            .unwrap_or("the same input")
            .to_owned()
    };
    let mut findings = Vec::new();
    for doubles in by_id.values().filter(|doubles| doubles.len() > 1) {
        for (nth, &n) in doubles.iter().enumerate() {
            let id = rules[n].rule.id();
            let reason = format!(
                "`{id}` stands in {} as well; only one of them is used",
                place(doubles[usize::from(nth == 0)])
            );
            let suggestion = (nth > 0).then(|| format!("{id}-{}", nth + 1));
            findings.push((
                n,
                Finding {
                    code: "double-id",
                    field: "id".to_owned(),
                    reason,
                    suggestion,
                },
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests;

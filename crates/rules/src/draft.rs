//! Unchecked input to a `Rule` or its violations: the only way to make a rule.
//!
//! Every problem of a draft is reported at once, in the order of the fields. A new field is a row of `FIELDS`.

mod field;
mod reader;

pub use field::{FIELDS, Field, FieldKind};

use crate::{
    Assets, Rule, RuleId, RuleTest, Timestamp, Value, Violation, Violations, rule::Details, stylesheet::Shape,
};
use reader::{Report, item};
use std::sync::Arc;
use urlmatch::{Candidate, Pattern, PatternKind};

/// Field names that later versions will give a meaning; rules that use them now would change theirs then.
const RESERVED: [&str; 12] = [
    "match", "hide", "remove", "steps", "when", "use", "merge", "run_at", "media", "cookies", "headers",
    "block",
];

/// The edits up to which an unknown field is taken for a misspelt one.
const MISSPELT_EDITS_MAX: usize = 2;

/// In which space a draft's id stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdSpace {
    /// The user's own rules: ids as they are, `pack:name` allowed.
    Local,
    /// A pack's rules or overrides of it: the id is written without the pack's name and gets it here.
    Pack(String),
}

/// A valid rule and what was ignored on the way.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The rule.
    pub rule: Rule,
    /// Fields that were accepted and ignored (`enabled`, `state`, `source`), each with a hint.
    pub warnings: Vec<Violation>,
}

/// Checks a draft: all fields, all problems at once, its scripts and its tests.
///
/// `default_id` stands in for a missing `id` (a UUID for a request, the path for a file).
///
/// ```
/// use rules::{IdSpace, Value, check};
///
/// let text = |text: &str| Value::Text(text.to_owned());
/// let draft = Value::Map(vec![
///     ("type".into(), text("wildcard")),
///     ("pattern".into(), text("example.com/*")),
///     ("css".into(), text("#banner { display: none }")),
///     ("priorty".into(), Value::Integer(5)),
/// ]);
/// let violations = check(&draft, &IdSpace::Local, Some("banner")).unwrap_err();
/// assert_eq!(violations.0[0].reason, "is not a field of a rule");
/// assert_eq!(violations.0[0].hint.as_deref(), Some("did you mean `priority`?"));
/// ```
///
/// # Errors
///
/// All violations, in the order of the fields.
pub fn check(draft: &Value, space: &IdSpace, default_id: Option<&str>) -> Result<Checked, Violations> {
    let mut report = Report::default();
    let Value::Map(entries) = draft else {
        report.mismatch("", draft, "a mapping of fields");
        return Err(Violations(report.violations));
    };
    let mut parts = Parts {
        space,
        default_id,
        fields: Fields::default(),
    };
    // Before all others: whether `base_version` may stand depends on the id.
    parts.name_missing(draft, &mut report);
    for field in FIELDS {
        match draft.get(field.name).filter(|value| **value != Value::Null) {
            Some(value) => (field.read)(&mut parts, &mut report, field, value),
            None if field.is_required => report.refuse(field.name, "is missing", None),
            None => {}
        }
    }
    require_assets(draft, &mut report);
    let extensions = read_others(entries, &mut report);
    run_tests(&parts.fields, &mut report);
    if report.violations.is_empty() {
        let rule = parts
            .fields
            .into_rule(extensions)
            .expect("a draft without violations has every required part");
        return Ok(Checked {
            rule,
            warnings: report.warnings,
        });
    }
    Err(Violations(report.into_violations()))
}

/// What the fields of a draft are read into.
#[derive(Default)]
struct Fields {
    id: Option<RuleId>,
    kind: Option<PatternKind>,
    pattern: Option<Pattern>,
    css: Option<Arc<str>>,
    css_shape: Option<Box<Shape>>,
    js: Option<Arc<str>>,
    js_needs_function: bool,
    priority: Option<u16>,
    exclude: Vec<Pattern>,
    /// Whether an exclusion was refused: tests that it decides would fail for no reason of their own.
    exclude_broken: bool,
    /// The tests with their place in the list and their URLs.
    tests: Vec<(usize, RuleTest, Candidate)>,
    expires_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    details: Details,
}

struct Parts<'a> {
    space: &'a IdSpace,
    default_id: Option<&'a str>,
    fields: Fields,
}

impl Parts<'_> {
    /// The effective id of an id as it is written.
    fn effective_id(&self, written: &str) -> Result<RuleId, String> {
        match self.space {
            IdSpace::Local => RuleId::parse(written),
            IdSpace::Pack(pack) => RuleId::in_pack(pack, written),
        }
    }

    /// Gives a draft without `id` its default one.
    fn name_missing(&mut self, draft: &Value, report: &mut Report) {
        if draft.get("id").is_some_and(|id| *id != Value::Null) {
            return;
        }
        match self.default_id.map(|id| self.effective_id(id)) {
            Some(Ok(id)) => self.fields.id = Some(id),
            Some(Err(reason)) => {
                let reason = format!(
                    "is missing, and `{}` cannot stand in: {reason}",
                    self.default_id.unwrap_or("")
                );
                report.refuse("id", reason, Some("write an `id`".to_owned()));
            }
            None => report.refuse(
                "id",
                "is missing",
                Some("every rule needs an `id` here".to_owned()),
            ),
        }
    }
}

fn require_assets(draft: &Value, report: &mut Report) {
    let is_empty = |name| match draft.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(_) => false,
    };
    if is_empty("css") && is_empty("js") {
        report.refuse(
            "css",
            "is missing, and so is `js`",
            Some("a rule gives a page at least one of them".to_owned()),
        );
    }
}

/// Everything that is no field: kept if it begins with `x-`, else refused.
fn read_others(entries: &[(String, Value)], report: &mut Report) -> Vec<(String, Value)> {
    let mut extensions = Vec::new();
    for (name, value) in entries {
        if name.starts_with("x-") {
            if name.contains('\0') || reader::holds_nul(value) {
                report.refuse(name, "holds the character U+0000", None);
            }
            extensions.push((name.clone(), value.clone()));
        } else if RESERVED.contains(&name.as_str()) {
            let hint = "leave it out, or write it as a field of your own that begins with `x-`";
            report.refuse(name, "is reserved for a later version", Some(hint.to_owned()));
        } else if !FIELDS.iter().any(|field| field.name == name) {
            // A proposal costs more than the field, so those that are only counted get none.
            let hint = (!report.is_full()).then(|| proposal(name, FIELDS.iter().map(|field| field.name)));
            report.refuse(name, "is not a field of a rule", hint);
        }
    }
    extensions
}

/// The nearest known name, or what names there are.
pub fn proposal(name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    let folded = name.trim().to_ascii_lowercase().replace('-', "_");
    // A bound on the length keeps a hostile name from costing its length times that of every field.
    let edits = |known: &str| {
        if folded.len() > 64 {
            usize::MAX
        } else {
            strsim::damerau_levenshtein(&folded, known)
        }
    };
    match known.clone().map(|known| (edits(known), known)).min() {
        Some((edits, nearest)) if edits <= MISSPELT_EDITS_MAX.min(nearest.len() / 2) => {
            format!("did you mean `{nearest}`?")
        }
        _ => format!(
            "there are {}",
            known
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// Runs the tests that the draft carries.
fn run_tests(fields: &Fields, report: &mut Report) {
    let Some(pattern) = fields.pattern.as_ref().filter(|_| !fields.exclude_broken) else {
        return;
    };
    for (n, test, candidate) in &fields.tests {
        let excluded_by = fields.exclude.iter().find(|exclude| exclude.is_match(candidate));
        let is_match = pattern.is_match(candidate);
        let reason = match (test.matches, is_match, excluded_by) {
            (true, false, _) => format!(
                "the rule must apply to `{}`, and its pattern does not match it",
                test.url
            ),
            (true, true, Some(exclude)) => {
                format!(
                    "the rule must apply to `{}`, and its exclusion `{}` matches it",
                    test.url,
                    exclude.as_str()
                )
            }
            (false, true, None) => format!("the rule must not apply to `{}`, and does", test.url),
            (true, true, None) | (false, false, _) | (false, true, Some(_)) => continue,
        };
        let hint = format!("the URL is matched as `{}`", candidate.as_str());
        report.refuse(item("tests", *n), reason, Some(hint));
    }
}

impl Fields {
    /// The rule, if all of its required parts are there.
    fn into_rule(self, extensions: Vec<(String, Value)>) -> Option<Rule> {
        let tests = self.tests.into_iter().map(|(_, test, _)| test).collect();
        let details = Details {
            tests,
            extensions: extensions.into(),
            ..self.details
        };
        let empty = || crate::assets::shared("");
        Some(Rule {
            id: self.id?,
            pattern: self.pattern?,
            assets: Assets {
                css: self.css.unwrap_or_else(empty),
                js: self.js.unwrap_or_else(empty),
            },
            exclude: self.exclude.into(),
            expires_at: self.expires_at,
            updated_at: self.updated_at,
            priority: self.priority,
            js_needs_function: self.js_needs_function,
            css_shape: self.css_shape,
            details: (details != Details::default()).then(|| Box::new(details)),
        })
    }
}

#[cfg(test)]
mod tests;

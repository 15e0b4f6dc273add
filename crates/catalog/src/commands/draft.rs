//! A caller's fields and the service's own become a rule.

use super::merge_patch;
use crate::Error;
use rules::{
    FIELDS, FieldKind, IdSpace, Rule, RuleId, Timestamp, Value, Violation, Violations, check, limits,
};

/// Fields that the service sets, beside those that only tell something: ignored where a caller sends them.
const SET_BY_US: [&str; 3] = ["base_version", "created_at", "updated_at"];
const MODIFIED_BY: &str = "modified_by";

/// What the service writes into a rule.
pub(super) struct Stamps<'a> {
    /// `None`: what the caller says.
    by: Option<&'a str>,
    created_at: Option<Timestamp>,
    updated_at: Timestamp,
    /// The pack's version, where an override is made of its rule; `None`: what the rule has.
    pub(super) base_version: Option<&'a str>,
}

impl<'a> Stamps<'a> {
    pub(super) fn of_new(by: Option<&'a str>, now: Timestamp) -> Self {
        Self {
            by,
            created_at: Some(now),
            updated_at: now,
            base_version: None,
        }
    }

    /// The stamps of what replaces a rule.
    pub(super) fn of_next(seen: &Rule, by: Option<&'a str>, now: Timestamp) -> Self {
        let next = |time: Timestamp| Timestamp::from_millis(time.as_millis().saturating_add(1));
        Self {
            by,
            created_at: seen.created_at(),
            // Grows even where the clock went back.
            updated_at: seen.updated_at().map_or(now, |seen| now.max(next(seen))),
            base_version: None,
        }
    }

    fn put_on(&self, fields: &mut Vec<(String, Value)>) {
        let time = |time: Timestamp| time.to_string();
        let sound = |version: &&str| semver::Version::parse(version).is_ok();
        let stamps = [
            (MODIFIED_BY, self.by.map(str::to_owned)),
            // A pack without a sound version gives none to compare with.
            ("base_version", self.base_version.filter(sound).map(str::to_owned)),
            ("created_at", self.created_at.map(time)),
            ("updated_at", Some(time(self.updated_at))),
        ];
        for (name, stamp) in stamps {
            if let Some(stamp) = stamp {
                fields.retain(|(field, _)| field != name);
                fields.push((name.to_owned(), Value::Text(stamp)));
            }
        }
    }

    /// The fields of a caller without those that are ignored.
    fn of_caller(&self, fields: &Value) -> Vec<(String, Value)> {
        let Value::Map(fields) = fields else {
            return Vec::new();
        };
        let is_ignored = |name: &str| {
            let is_read_only = |field: &rules::Field| field.name == name && field.kind == FieldKind::ReadOnly;
            SET_BY_US.contains(&name)
                || (name == MODIFIED_BY && self.by.is_some())
                || FIELDS.iter().any(is_read_only)
        };
        let kept = fields.iter().filter(|(name, _)| !is_ignored(name));
        kept.cloned().collect()
    }

    /// The fields of a rule without those that differ in every version of it.
    fn of_author(&self, rule: &Rule) -> Vec<(String, Value)> {
        let mut fields = self.of_caller(&rule.to_value());
        fields.retain(|(name, _)| name != "id");
        fields
    }
}

/// A new rule.
pub(super) fn created(draft: &Value, default_id: &str, stamps: &Stamps<'_>) -> Result<Rule, Error> {
    let mut fields = stamps.of_caller(draft);
    stamps.put_on(&mut fields);
    checked(fields, Some(default_id), None, 0)
}

/// The rule after a patch; `None` where that changes nothing.
pub(super) fn patched(seen: &Rule, patch: &Value, stamps: &Stamps<'_>) -> Result<Option<Rule>, Error> {
    let mut patch = stamps.of_caller(patch);
    let other_id = patch
        .iter()
        .find(|(name, _)| name == "id")
        .and_then(|(_, id)| differs(id, seen.id()));
    patch.retain(|(name, _)| name != "id");
    // To clear what is no field says nothing of the rule; it is a mistake all the same, and must not be lost.
    let is_mistake = |name: &str| !name.starts_with("x-") && !FIELDS.iter().any(|field| field.name == name);
    let cleared = patch
        .iter()
        .filter(|(name, value)| *value == Value::Null && is_mistake(name));
    let cleared: Vec<_> = cleared.cloned().collect();
    let current = seen.to_value();
    let extensions_before = extensions_bytes(seen.extensions());
    let Value::Map(mut fields) = merge_patch(current, Value::Map(patch)) else {
        unreachable!("a patch that is a mapping makes a mapping");
    };
    fields.extend(cleared);
    stamps.put_on(&mut fields);
    let rule = checked(fields, None, other_id, extensions_before)?;
    let is_same = stamps.of_author(&rule) == stamps.of_author(seen);
    Ok((!is_same).then_some(rule))
}

/// What is wrong with the id in a patch.
fn differs(sent: &Value, id: &RuleId) -> Option<Violation> {
    let reason = match sent {
        Value::Text(text) if RuleId::parse(text.trim()).is_ok_and(|sent| sent == *id) => return None,
        Value::Null => "cannot be cleared".to_owned(),
        Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Map(_) => format!("differs from the rule's, which is `{id}`"),
    };
    Some(Violation {
        field: "id".to_owned(),
        reason,
        hint: Some("leave it out: the path names the rule, and a rule keeps its id".to_owned()),
    })
}

/// Checks the fields; all problems at once, in the order of the fields.
fn checked(
    fields: Vec<(String, Value)>,
    default_id: Option<&str>,
    other_id: Option<Violation>,
    extensions_before: usize,
) -> Result<Rule, Error> {
    let extensions = extensions_bytes(fields.iter().filter(|(name, _)| name.starts_with("x-")));
    let checked = check(&Value::Map(fields), &IdSpace::Local, default_id);
    let (rule, mut violations) = match checked {
        Ok(checked) => (Some(checked.rule), Vec::new()),
        Err(violations) => (None, violations.0),
    };
    violations.splice(0..0, other_id);
    // Many patches, each small, must not make a rule of any size.
    if extensions > limits::EXTENSIONS_BYTES_MAX.max(extensions_before) {
        violations.push(Violation {
            field: String::new(),
            reason: format!(
                "its fields that begin with `x-` have {extensions} bytes together, {} are allowed",
                limits::EXTENSIONS_BYTES_MAX
            ),
            hint: None,
        });
    }
    rule.filter(|_| violations.is_empty())
        .ok_or(Error::Invalid(Violations(violations)))
}

fn extensions_bytes<'a>(extensions: impl IntoIterator<Item = &'a (String, Value)>) -> usize {
    extensions
        .into_iter()
        .map(|(name, value)| name.len() + bytes(value))
        .sum()
}

/// About the bytes of a value where it is written down.
fn bytes(value: &Value) -> usize {
    const SCALAR: usize = 8;
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => SCALAR,
        Value::Text(text) => text.len() + 2,
        Value::List(items) => items.iter().map(|item| bytes(item) + 1).sum(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| key.len() + 4 + bytes(value))
            .sum(),
    }
}

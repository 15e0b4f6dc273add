//! How each field is read: what it is checked for beyond its kind.

use super::Field;
use super::FieldKind;
use crate::draft::{
    Fields, IdSpace, Parts, proposal,
    reader::{self, Report, item},
};
use crate::{
    RuleTest, Value, assets::shared, rule::Details, script::check_script, stylesheet::check_stylesheet,
};
use urlmatch::{Candidate, Pattern, PatternKind};

impl Parts<'_> {
    pub(super) fn details(&mut self) -> &mut Details {
        &mut self.fields.details
    }
}

pub(super) fn ignore(_: &mut Parts<'_>, report: &mut Report, field: &Field, _: &Value) {
    let hint = match field.name {
        "enabled" | "state" => "to switch a rule off, use `asset-injector rules disable ID`",
        _ => "leave it out; rules are switched off with `asset-injector rules disable ID`",
    };
    report.warn(field.name, "is read-only and was ignored", hint);
}

pub(super) fn read_id(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(written) = reader::text(report, field, value) else {
        return;
    };
    match parts.effective_id(written) {
        Ok(id) => parts.fields.id = Some(id),
        Err(reason) => {
            let within_pack = matches!(parts.space, IdSpace::Pack(_)) && written.contains(':');
            let hint = within_pack
                .then(|| "write the id without the pack's name, which the folder gives".to_owned());
            report.refuse(field.name, reason, hint);
        }
    }
}

pub(super) fn read_kind(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(name) = reader::text(report, field, value) else {
        return;
    };
    parts.fields.kind = PatternKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    if parts.fields.kind.is_none() {
        let hint = proposal(name, PatternKind::ALL.into_iter().map(PatternKind::as_str));
        report.refuse(
            field.name,
            format!("`{}` is not a kind of pattern", reader::shortened(name)),
            Some(hint),
        );
    }
}

pub(super) fn read_pattern(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(written) = reader::text(report, field, value) else {
        return;
    };
    // Without a kind the pattern cannot be read; the missing kind is reported.
    let Some(kind) = parts.fields.kind else { return };
    match Pattern::parse(kind, written) {
        Ok(pattern) => parts.fields.pattern = Some(pattern),
        Err(error) => report.refuse(field.name, error.kind.to_string(), None),
    }
}

pub(super) fn read_css(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(css) = reader::text(report, field, value) else {
        return;
    };
    match check_stylesheet(css) {
        Ok(shape) => {
            parts.fields.css = Some(shared(css));
            parts.fields.css_shape = shape;
        }
        Err(reason) => report.refuse(field.name, reason, None),
    }
}

pub(super) fn read_js(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(js) = reader::text(report, field, value) else {
        return;
    };
    match check_script(js) {
        Ok(script) => {
            parts.fields.js = Some(shared(js));
            parts.fields.js_needs_function = script.needs_function;
        }
        Err(error) => report.refuse(field.name, error.reason, error.hint),
    }
}

pub(super) fn read_exclude(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let before = report.violations.len();
    for (n, written) in reader::texts(report, field, value) {
        match Pattern::parse(PatternKind::Wildcard, written) {
            Ok(pattern) => parts.fields.exclude.push(pattern),
            Err(error) => report.refuse(item(field.name, n), error.kind.to_string(), None),
        }
    }
    parts.fields.exclude_broken = report.violations.len() > before;
}

pub(super) fn read_tests(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let FieldKind::Tests { entries_max } = field.kind else {
        return;
    };
    for (n, entry) in reader::list(report, field.name, value, entries_max) {
        let path = item(field.name, n);
        if let Value::Map(keys) = entry {
            read_test(&mut parts.fields, report, n, keys);
        } else {
            report.mismatch(
                &path,
                entry,
                "a mapping such as `{url: \"https://…\", matches: true}`",
            );
        }
    }
}

fn read_test(fields: &mut Fields, report: &mut Report, n: usize, keys: &[(String, Value)]) {
    let path = |key: &str| format!("{}.{key}", item("tests", n));
    let (mut url, mut matches) = (None, Some(true));
    for (key, value) in keys {
        match (key.as_str(), value) {
            ("url", Value::Null) | ("matches", Value::Null) => {}
            ("url", value) => url = Some(reader::trimmed(report, &path(key), value)),
            ("matches", Value::Bool(value)) => matches = Some(*value),
            ("matches", value) => {
                matches = None;
                report.mismatch(&path(key), value, "true or false");
            }
            (unknown, _) => {
                let hint = proposal(unknown, ["url", "matches"].into_iter());
                report.refuse(path(unknown), "is not a field of a test", Some(hint));
            }
        }
    }
    match url {
        None => report.refuse(path("url"), "is missing", None),
        // What is wrong with it is reported.
        Some(None) => {}
        Some(Some(url)) => match Candidate::parse(url) {
            Ok(candidate) => fields.tests.extend(matches.map(|matches| {
                let url = url.to_owned();
                (n, RuleTest { url, matches }, candidate)
            })),
            Err(error) => report.refuse(path("url"), error.to_string(), None),
        },
    }
}

pub(super) fn read_base_version(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(version) = reader::text(report, field, value) else {
        return;
    };
    // An override that is exported and imported becomes a local rule `pack:name`, and stays equal.
    let is_override = parts.fields.id.as_ref().is_none_or(|id| id.pack().is_some());
    match semver::Version::parse(version) {
        Err(error) => {
            let hint = "versions look like `1.2.3`".to_owned();
            report.refuse(
                field.name,
                format!("is not a SemVer version: {error}"),
                Some(hint),
            );
        }
        Ok(_) if !is_override => {
            let hint = "leave it out: this rule does not stand in for a pack's rule".to_owned();
            report.refuse(field.name, "belongs to overrides only", Some(hint));
        }
        Ok(_) => parts.details().base_version = Some(version.into()),
    }
}

pub(super) fn boxed(report: &mut Report, field: &Field, value: &Value) -> Option<Box<str>> {
    reader::text(report, field, value).map(Into::into)
}

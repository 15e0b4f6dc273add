//! The fields of a rule: one row each. What a row says is what `check` enforces and what schemas are made of.

use super::{
    Fields, Parts,
    reader::{self, Report, item},
};
use crate::{Rule, RuleTest, Timestamp, Value, assets::shared, limits, rule::Details};
use crate::{script::check_script, stylesheet::check_stylesheet};
use urlmatch::{Candidate, Pattern, PatternKind};

/// What a field holds, with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// Text, trimmed.
    Text {
        /// Bytes after trimming.
        bytes_max: usize,
    },
    /// Text, byte for byte.
    Code {
        /// Bytes.
        bytes_max: usize,
    },
    /// One of the names of [`PatternKind`].
    PatternKind,
    /// A whole number from 0 on.
    Integer {
        /// The largest one.
        max: u16,
    },
    /// A time as RFC 3339 writes it.
    Time,
    /// A list of texts.
    Texts {
        /// Entries.
        entries_max: usize,
        /// Bytes of an entry after trimming.
        bytes_max: usize,
    },
    /// A list of `{url, matches}`.
    Tests {
        /// Entries.
        entries_max: usize,
    },
    /// Anything: it is accepted, so that what was read can be sent back, and ignored.
    ReadOnly,
}

/// One field of a rule.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether a rule must have it.
    pub is_required: bool,
    /// What it is for: a sentence for editors and references.
    pub doc: &'static str,
    pub(super) read: fn(&mut Parts<'_>, &mut Report, &Self, &Value),
    pub(crate) write: Option<fn(&Rule) -> Option<Value>>,
}

const METADATA: FieldKind = FieldKind::Text {
    bytes_max: limits::METADATA_BYTES_MAX,
};
const CODE: FieldKind = FieldKind::Code {
    bytes_max: limits::ASSET_BYTES_MAX,
};

/// A row for a field that is accepted and ignored.
const fn read_only(name: &'static str, doc: &'static str) -> Field {
    Field {
        name,
        kind: FieldKind::ReadOnly,
        is_required: false,
        doc,
        read: ignore,
        write: None,
    }
}

/// A row for a field that a rule may have.
const fn optional(
    name: &'static str,
    kind: FieldKind,
    doc: &'static str,
    read: fn(&mut Parts<'_>, &mut Report, &Field, &Value),
    write: fn(&Rule) -> Option<Value>,
) -> Field {
    Field {
        name,
        kind,
        is_required: false,
        doc,
        read,
        write: Some(write),
    }
}

/// Every field of a rule, in the order of the documentation.
pub static FIELDS: &[Field] = &[
    optional(
        "id",
        FieldKind::Text {
            bytes_max: limits::ID_BYTES_MAX + 1 + limits::PACK_NAME_BYTES_MAX,
        },
        "The name of the rule: A-Z, a-z, 0-9, `.`, `_`, `-`, beginning with a letter or digit. \
         A file with one rule may leave it out; the file's path stands in.",
        read_id,
        |rule| text(Some(rule.id.as_str())),
    ),
    Field {
        is_required: true,
        ..optional(
            "type",
            FieldKind::PatternKind,
            "The language of `pattern`: `exact` (one URL), `wildcard` (`*` and `?`) or `regex`.",
            read_kind,
            |rule| text(Some(rule.pattern.kind().as_str())),
        )
    },
    Field {
        is_required: true,
        ..optional(
            "pattern",
            FieldKind::Text {
                bytes_max: urlmatch::PATTERN_BYTES_MAX,
            },
            "Which page URLs the rule is for.",
            read_pattern,
            |rule| text(Some(rule.pattern.as_str())),
        )
    },
    optional("css", CODE, "The style sheet to inject.", read_css, |rule| {
        code(&rule.assets.css)
    }),
    optional(
        "js",
        CODE,
        "The script to inject: the body of a function.",
        read_js,
        |rule| code(&rule.assets.js),
    ),
    optional(
        "priority",
        FieldKind::Integer {
            max: limits::PRIORITY_MAX,
        },
        "Replaces the computed score; the higher one wins.",
        |parts, report, field, value| parts.fields.priority = reader::integer(report, field, value),
        |rule| rule.priority.map(|priority| Value::Integer(priority.into())),
    ),
    optional(
        "exclude",
        FieldKind::Texts {
            entries_max: limits::EXCLUDES_MAX,
            bytes_max: urlmatch::PATTERN_BYTES_MAX,
        },
        "Wildcard patterns of URLs that the rule must not apply to.",
        read_exclude,
        |rule| texts(rule.exclude.iter().map(Pattern::as_str)),
    ),
    optional(
        "tests",
        FieldKind::Tests {
            entries_max: limits::TESTS_MAX,
        },
        "URLs that the rule must apply to, or with `matches: false` must not. A rule whose test fails is not used.",
        read_tests,
        |rule| list(rule.tests().iter().map(write_test)),
    ),
    optional(
        "description",
        METADATA,
        "What the rule is for.",
        |p, r, f, v| p.details().description = boxed(r, f, v),
        |rule| text(rule.description()),
    ),
    optional(
        "author",
        METADATA,
        "Who wrote the rule.",
        |p, r, f, v| p.details().author = boxed(r, f, v),
        |rule| text(rule.author()),
    ),
    optional(
        "modified_by",
        METADATA,
        "Who changed the rule last.",
        |p, r, f, v| p.details().modified_by = boxed(r, f, v),
        |rule| text(rule.modified_by()),
    ),
    optional(
        "tags",
        FieldKind::Texts {
            entries_max: limits::TAGS_MAX,
            bytes_max: limits::TAG_BYTES_MAX,
        },
        "Words to find the rule by.",
        |p, r, f, v| {
            p.details().tags = reader::texts(r, f, v)
                .into_iter()
                .map(|(_, tag)| tag.to_owned())
                .collect()
        },
        |rule| texts(rule.tags().iter().map(String::as_str)),
    ),
    optional(
        "expires_at",
        FieldKind::Time,
        "From this moment on the rule no longer matches.",
        |p, r, f, v| p.fields.expires_at = reader::time(r, f, v),
        |rule| time(rule.expires_at),
    ),
    optional(
        "base_version",
        METADATA,
        "Only in an override: the pack's version that it was made from.",
        read_base_version,
        |rule| text(rule.base_version()),
    ),
    optional(
        "created_at",
        FieldKind::Time,
        "When the rule was created.",
        |p, r, f, v| p.details().created_at = reader::time(r, f, v),
        |rule| time(rule.created_at()),
    ),
    optional(
        "updated_at",
        FieldKind::Time,
        "When the rule was last changed.",
        |p, r, f, v| p.fields.updated_at = reader::time(r, f, v),
        |rule| time(rule.updated_at),
    ),
    read_only("source", "Where the rule comes from."),
    read_only("enabled", "Whether the rule is enabled."),
    read_only("state", "Whether the rule takes part, and if not, why."),
    read_only("shadowed_by", "What hides the rule."),
    read_only("file_path", "Where the rule is kept."),
];

/// The place of a path's field in the order of the documentation; unknown ones come last.
pub(super) fn position(path: &str) -> usize {
    let head = path.split(['[', '.']).next().unwrap_or(path);
    FIELDS
        .iter()
        .position(|field| field.name == head)
        .unwrap_or(FIELDS.len())
}

impl Parts<'_> {
    fn details(&mut self) -> &mut Details {
        &mut self.fields.details
    }
}

fn ignore(_: &mut Parts<'_>, report: &mut Report, field: &Field, _: &Value) {
    let hint = match field.name {
        "enabled" | "state" => "to switch a rule off, use `asset-injector rules disable ID`",
        _ => "leave it out; rules are switched off with `asset-injector rules disable ID`",
    };
    report.warn(field.name, "is read-only and was ignored", hint);
}

fn read_id(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(written) = reader::text(report, field, value) else {
        return;
    };
    match parts.effective_id(written) {
        Ok(id) => parts.fields.id = Some(id),
        Err(reason) => {
            let within_pack = matches!(parts.space, super::IdSpace::Pack(_)) && written.contains(':');
            let hint = within_pack
                .then(|| "write the id without the pack's name, which the folder gives".to_owned());
            report.refuse(field.name, reason, hint);
        }
    }
}

fn read_kind(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let Some(name) = reader::text(report, field, value) else {
        return;
    };
    parts.fields.kind = PatternKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    if parts.fields.kind.is_none() {
        let hint = super::proposal(name, PatternKind::ALL.into_iter().map(PatternKind::as_str));
        report.refuse(
            field.name,
            format!("`{}` is not a kind of pattern", reader::shortened(name)),
            Some(hint),
        );
    }
}

fn read_pattern(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
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

fn read_css(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
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

fn read_js(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
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

fn read_exclude(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
    let before = report.violations.len();
    for (n, written) in reader::texts(report, field, value) {
        match Pattern::parse(PatternKind::Wildcard, written) {
            Ok(pattern) => parts.fields.exclude.push(pattern),
            Err(error) => report.refuse(item(field.name, n), error.kind.to_string(), None),
        }
    }
    parts.fields.exclude_broken = report.violations.len() > before;
}

fn read_tests(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
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
    let (mut url, mut matches) = (None, true);
    for (key, value) in keys {
        match (key.as_str(), value) {
            ("url", Value::Null) | ("matches", Value::Null) => {}
            ("url", value) => url = Some(reader::trimmed(report, &path(key), value)),
            ("matches", Value::Bool(value)) => matches = *value,
            ("matches", value) => report.mismatch(&path(key), value, "true or false"),
            (unknown, _) => {
                let hint = super::proposal(unknown, ["url", "matches"].into_iter());
                report.refuse(path(unknown), "is not a field of a test", Some(hint));
            }
        }
    }
    match url {
        None => report.refuse(path("url"), "is missing", None),
        // What is wrong with it is reported.
        Some(None) => {}
        Some(Some(url)) => match Candidate::parse(url) {
            Ok(candidate) => fields.tests.push((
                n,
                RuleTest {
                    url: url.to_owned(),
                    matches,
                },
                candidate,
            )),
            Err(error) => report.refuse(path("url"), error.to_string(), None),
        },
    }
}

fn read_base_version(parts: &mut Parts<'_>, report: &mut Report, field: &Field, value: &Value) {
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

fn boxed(report: &mut Report, field: &Field, value: &Value) -> Option<Box<str>> {
    reader::text(report, field, value).map(Into::into)
}

fn text(text: Option<&str>) -> Option<Value> {
    text.map(|text| Value::Text(text.to_owned()))
}

fn code(code: &str) -> Option<Value> {
    text(Some(code).filter(|code| !code.is_empty()))
}

fn time(time: Option<Timestamp>) -> Option<Value> {
    time.map(|time| Value::Text(time.to_string()))
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Value> {
    list(texts.map(|text| Value::Text(text.to_owned())))
}

fn list(entries: impl Iterator<Item = Value>) -> Option<Value> {
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then_some(Value::List(entries))
}

fn write_test(test: &RuleTest) -> Value {
    let url = ("url".to_owned(), Value::Text(test.url.clone()));
    let matches = ("matches".to_owned(), Value::Bool(test.matches));
    Value::Map(vec![url, matches])
}

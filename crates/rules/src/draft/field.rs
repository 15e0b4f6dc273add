//! The fields of a rule: one row each. What a row says is what `check` enforces and what schemas are made of.

mod read;
mod write;

use super::{
    Parts,
    reader::{self, Report},
};
use crate::{Rule, Value, limits};
use read::{
    boxed, ignore, read_base_version, read_css, read_exclude, read_id, read_js, read_kind, read_pattern,
    read_tests,
};
use urlmatch::Pattern;
use write::{code, list, text, texts, time, write_test};

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
    /// One of the names of [`urlmatch::PatternKind`].
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

/// The place of a path in the order of the documentation; unknown fields come last.
pub(super) fn position(path: &str) -> (usize, usize) {
    let mut parts = path.split(['[', ']', '.']);
    let head = parts.next().unwrap_or(path);
    let field = FIELDS
        .iter()
        .position(|field| field.name == head)
        .unwrap_or(FIELDS.len());
    (
        field,
        parts.next().and_then(|index| index.parse().ok()).unwrap_or(0),
    )
}

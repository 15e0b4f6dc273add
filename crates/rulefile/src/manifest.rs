//! `manifest.yaml`, in which a pack says what it is: bytes to a [`Manifest`] or to all that is wrong, and back.
//!
//! A field is a row of a table, from which the schema for editors is made too.

mod field;
mod schema;

pub use schema::schema;

use crate::{
    Diagnostic, Format,
    document::{self, Report, entries},
    node::{Content, Entry, Node},
    print::{Layout, mapping},
    requires::ENGINE,
};
use field::{Draft, FIELDS};
use rules::{Manifest, Value, proposal};

/// The most bytes of a manifest.
pub const BYTES_MAX: usize = 256 * 1024;
/// The most bytes of a version or a requirement.
pub const VERSION_BYTES_MAX: usize = 256;
/// The most packs that a pack builds upon.
pub const DEPENDENCIES_MAX: usize = 64;

/// Parses a manifest.
///
/// ```
/// let bytes = b"name: print\nversion: 1.0.0\ndescription: For print\nauthr: Ann\n";
/// let found = rulefile::manifest::parse(bytes).unwrap_err();
/// let shown: Vec<_> = found.iter().map(|d| (d.line, d.field.as_str(), d.reason.as_str())).collect();
/// assert_eq!(shown, [(1, "author", "is missing"), (4, "authr", "is not a field of a manifest")]);
/// assert_eq!(found[1].hint.as_deref(), Some("did you mean `author`?"));
/// ```
///
/// # Errors
///
/// Everything that is wrong, by place.
pub fn parse(bytes: &[u8]) -> Result<Manifest, Vec<Diagnostic>> {
    let (root, mut report) = document::open(bytes, Format::Yaml, BYTES_MAX)?;
    let mut draft = Draft::default();
    for field in FIELDS {
        let written = root
            .get(field.name)
            .filter(|node| !matches!(node.content, Content::Null));
        match written {
            Some(node) => (field.read)(&mut draft, &mut report, field, node),
            None if field.is_required => report.refuse(root.start, field.name, "is missing", None),
            None => {}
        }
    }
    refuse_unknown(&root, &mut report);
    report.finish(draft.into_manifest())
}

/// Reports fields that are none; those that begin with `x-` are free.
fn refuse_unknown(root: &Node, report: &mut Report<'_>) {
    let is_known = |entry: &&Entry| {
        let key = entry.key.as_str();
        key.starts_with("x-") || FIELDS.iter().any(|field| field.name == key)
    };
    for entry in entries(root).iter().filter(|entry| !is_known(entry)) {
        if matches!(entry.value.content, Content::Refused) {
            continue;
        }
        let hint = proposal(&entry.key, FIELDS.iter().map(|field| field.name));
        report.refuse(
            entry.key_start,
            &entry.key,
            "is not a field of a manifest",
            Some(hint),
        );
    }
}

/// Prints a manifest that parses to an equal one.
pub fn print(manifest: &Manifest) -> String {
    let fields = FIELDS
        .iter()
        .filter_map(|field| Some((field.name.to_owned(), (field.write)(manifest)?)));
    mapping(&Value::Map(fields.collect()), 0, Layout::default())
}

#[cfg(test)]
mod tests;

//! The fields of a manifest: one row each. What a row says is what is enforced and what the schema is made of.

use super::{DEPENDENCIES_MAX, ENGINE, VERSION_BYTES_MAX};
use crate::{
    document::{Report, entries},
    node::{Content, Node},
};
use rules::{Dependency, Manifest, Requirement, Value, check_pack_name, limits, proposal};
use semver::Version;
use std::sync::Arc;

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Name,
    Version,
    Text,
    Tags,
    Dependencies,
    Requires,
}

/// One field of a manifest.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    /// What it is for: a sentence for editors.
    pub(super) doc: &'static str,
    pub(super) read: fn(&mut Draft, &mut Report<'_>, &Self, &Node),
    pub(super) write: fn(&Manifest) -> Option<Value>,
}

/// What the fields are read into.
#[derive(Default)]
pub(super) struct Draft {
    name: Option<Arc<str>>,
    version: Option<Version>,
    description: Option<String>,
    author: Option<String>,
    license: Option<String>,
    homepage: Option<String>,
    tags: Vec<String>,
    dependencies: Vec<Dependency>,
    requires: Option<Requirement>,
}

impl Draft {
    /// The manifest, where every required part is there.
    pub(super) fn into_manifest(self) -> Option<Manifest> {
        Some(Manifest {
            name: self.name?,
            version: self.version?,
            description: self.description?,
            author: self.author?,
            license: self.license,
            homepage: self.homepage,
            tags: self.tags,
            dependencies: self.dependencies,
            requires: self.requires,
        })
    }
}

const fn row(
    name: &'static str,
    kind: Kind,
    doc: &'static str,
    read: fn(&mut Draft, &mut Report<'_>, &Field, &Node),
    write: fn(&Manifest) -> Option<Value>,
) -> Field {
    Field {
        name,
        kind,
        is_required: false,
        doc,
        read,
        write,
    }
}

const fn required(field: Field) -> Field {
    Field {
        is_required: true,
        ..field
    }
}

/// Every field, in the order of the documentation.
pub(super) static FIELDS: &[Field] = &[
    required(row(
        "name",
        Kind::Name,
        "The pack's name, which the ids of its rules begin with: a-z, 0-9 and `-`.",
        read_name,
        |manifest| some(&manifest.name),
    )),
    required(row(
        "version",
        Kind::Version,
        "The pack's version, as SemVer 2.0 writes it.",
        read_version,
        |manifest| some(&manifest.version.to_string()),
    )),
    required(row(
        "description",
        Kind::Text,
        "What the pack is for.",
        |draft, report, field, node| draft.description = text(report, field, node),
        |manifest| some(&manifest.description),
    )),
    required(row(
        "author",
        Kind::Text,
        "Who made the pack.",
        |draft, report, field, node| draft.author = text(report, field, node),
        |manifest| some(&manifest.author),
    )),
    row(
        "license",
        Kind::Text,
        "Under which licence the pack is given.",
        |draft, report, field, node| draft.license = text(report, field, node),
        |manifest| some(manifest.license.as_ref()?),
    ),
    row(
        "homepage",
        Kind::Text,
        "Where people read about the pack.",
        |draft, report, field, node| draft.homepage = text(report, field, node),
        |manifest| some(manifest.homepage.as_ref()?),
    ),
    row(
        "tags",
        Kind::Tags,
        "Words to find the pack by.",
        read_tags,
        |manifest| list(manifest.tags.iter().map(|tag| Value::Text(tag.clone()))),
    ),
    row(
        "dependencies",
        Kind::Dependencies,
        "The packs that this one builds upon, each with the versions that do.",
        read_dependencies,
        |manifest| list(manifest.dependencies.iter().map(write_dependency)),
    ),
    row(
        "requires",
        Kind::Requires,
        "Which engines the pack is for; another one refuses it.",
        read_requires,
        |manifest| {
            let requirement = manifest.requires.as_ref()?.as_str().to_owned();
            Some(Value::Map(vec![(ENGINE.to_owned(), Value::Text(requirement))]))
        },
    ),
];

/// The fields of an entry of `dependencies`.
pub(super) const DEPENDENCY_FIELDS: [&str; 2] = ["name", "version"];

fn some(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn list(values: impl ExactSizeIterator<Item = Value>) -> Option<Value> {
    (values.len() > 0).then(|| Value::List(values.collect()))
}

fn write_dependency(dependency: &Dependency) -> Value {
    let values = [&dependency.name, dependency.requirement.as_str()];
    let pairs = DEPENDENCY_FIELDS.into_iter().zip(values);
    Value::Map(
        pairs
            .map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())))
            .collect(),
    )
}

fn text(report: &mut Report<'_>, field: &Field, node: &Node) -> Option<String> {
    report
        .text(node, field.name, limits::METADATA_BYTES_MAX)
        .map(str::to_owned)
}

fn read_name(draft: &mut Draft, report: &mut Report<'_>, field: &Field, node: &Node) {
    draft.name = pack_name(report, field.name, node).map(Into::into);
}

fn pack_name<'n>(report: &mut Report<'_>, path: &str, node: &'n Node) -> Option<&'n str> {
    let name = report.text(node, path, limits::PACK_NAME_BYTES_MAX)?;
    match check_pack_name(name) {
        Ok(()) => Some(name),
        Err(reason) => {
            report.refuse(node.start, path, reason, None);
            None
        }
    }
}

fn read_version(draft: &mut Draft, report: &mut Report<'_>, field: &Field, node: &Node) {
    let Some(written) = report.text(node, field.name, VERSION_BYTES_MAX) else {
        return;
    };
    match Version::parse(written) {
        Ok(version) => draft.version = Some(version),
        Err(error) => {
            let hint = "versions look like `1.2.3`".to_owned();
            report.refuse(
                node.start,
                field.name,
                format!("is not a SemVer version: {error}"),
                Some(hint),
            );
        }
    }
}

fn read_tags(draft: &mut Draft, report: &mut Report<'_>, field: &Field, node: &Node) {
    for (path, item) in report.list(node, field.name, limits::TAGS_MAX) {
        let tag = report.text(item, &path, limits::TAG_BYTES_MAX);
        draft.tags.extend(tag.map(str::to_owned));
    }
}

fn read_dependencies(draft: &mut Draft, report: &mut Report<'_>, field: &Field, node: &Node) {
    for (path, item) in report.list(node, field.name, DEPENDENCIES_MAX) {
        if !matches!(item.content, Content::Map(_)) {
            report.mismatch(item, &path, "a mapping such as `{name: other, version: '^1.2'}`");
            continue;
        }
        refuse_others(report, &path, item, &DEPENDENCY_FIELDS);
        let name = part(report, &path, item, "name").and_then(|(at, node)| pack_name(report, &at, node));
        let requirement =
            part(report, &path, item, "version").and_then(|(at, node)| requirement(report, &at, node));
        let (Some(name), Some(requirement)) = (name, requirement) else {
            continue;
        };
        if draft.dependencies.iter().any(|known| known.name == name) {
            report.refuse(item.start, &path, format!("names `{name}` again"), None);
            continue;
        }
        draft.dependencies.push(Dependency {
            name: name.to_owned(),
            requirement,
        });
    }
}

/// A required field of a mapping, with its path.
fn part<'n>(report: &mut Report<'_>, path: &str, item: &'n Node, name: &str) -> Option<(String, &'n Node)> {
    let at = format!("{path}.{name}");
    match item.get(name) {
        Some(node) => Some((at, node)),
        None => {
            report.refuse(item.start, &at, "is missing", None);
            None
        }
    }
}

fn read_requires(draft: &mut Draft, report: &mut Report<'_>, field: &Field, node: &Node) {
    if !matches!(node.content, Content::Map(_)) {
        report.mismatch(node, field.name, "a mapping such as `{asset-injector: '>=1.0'}`");
        return;
    }
    refuse_others(report, field.name, node, &[ENGINE]);
    if let Some(written) = node.get(ENGINE) {
        draft.requires = requirement(report, &format!("{}.{ENGINE}", field.name), written);
    }
}

fn requirement(report: &mut Report<'_>, path: &str, node: &Node) -> Option<Requirement> {
    let written = report.text(node, path, VERSION_BYTES_MAX)?;
    match Requirement::parse(written) {
        Ok(requirement) => Some(requirement),
        Err(reason) => {
            report.refuse(
                node.start,
                path,
                reason,
                Some("write one such as '>=1.4'".to_owned()),
            );
            None
        }
    }
}

/// Reports the fields of an inner mapping that it may not have.
fn refuse_others(report: &mut Report<'_>, path: &str, node: &Node, known: &'static [&'static str]) {
    let entries = entries(node).iter();
    for entry in entries.filter(|entry| !known.contains(&entry.key.as_str())) {
        let hint = proposal(&entry.key, known.iter().copied());
        report.refuse(
            entry.key_start,
            &format!("{path}.{}", entry.key),
            "is not a field here",
            Some(hint),
        );
    }
}

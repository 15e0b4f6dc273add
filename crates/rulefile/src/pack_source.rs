//! `.source.json`, which records where an installed pack came from: bytes to a [`PackSource`], and back.

use crate::{
    Diagnostic, Format,
    document::{self, Report},
    manifest::VERSION_BYTES_MAX,
    node::{Content, Node},
};
use rules::{PackSource, Timestamp};
use semver::Version;
use serde_json::json;

/// The most bytes of a record.
pub const BYTES_MAX: usize = 64 * 1024;
/// The most bytes of a text in it; a URL is the longest.
const TEXT_BYTES_MAX: usize = 8192;

/// Parses a record. Only the version must be there: a record that somebody wrote by hand may know no more, and then
/// has no hash, no time, and no trust. What else stands in it is for those who write it.
///
/// # Errors
///
/// Everything that is wrong, by place.
pub fn parse(bytes: &[u8]) -> Result<PackSource, Vec<Diagnostic>> {
    let (root, mut report) = document::open(bytes, Format::Json, BYTES_MAX)?;
    if written(&root, "version").is_none() {
        report.refuse(root.start, "version", "is missing", None);
    }
    let version = text(&root, &mut report, "version");
    let version = version.and_then(|(node, text)| read_version(&mut report, node, text));
    let installed_at = text(&root, &mut report, "installed_at");
    let installed_at = installed_at.and_then(|(node, text)| read_time(&mut report, node, text));
    let plain = |report: &mut Report<'_>, name| text(&root, report, name).map(|(_, text)| text.to_owned());
    let source = version.map(|version| PackSource {
        url: plain(&mut report, "source_url"),
        version,
        sha256: plain(&mut report, "sha256").unwrap_or_default(),
        key: plain(&mut report, "key"),
        trusted: truth(&root, &mut report, "trusted"),
        installed_at: installed_at.unwrap_or_default(),
    });
    report.finish(source)
}

/// Prints a record that parses to an equal one.
pub fn print(source: &PackSource) -> String {
    let record = json!({
        "source_url": source.url,
        "version": source.version.to_string(),
        "sha256": source.sha256,
        "key": source.key,
        "trusted": source.trusted,
        "installed_at": source.installed_at.to_string(),
    });
    format!("{record:#}\n")
}

fn written<'n>(root: &'n Node, name: &str) -> Option<&'n Node> {
    let is_empty = |node: &Node| match &node.content {
        Content::Null => true,
        Content::Text(text) => text.trim().is_empty(),
        Content::Bool(_)
        | Content::Integer(_)
        | Content::Float(_)
        | Content::List(_)
        | Content::Map(_)
        | Content::Refused => false,
    };
    root.get(name).filter(|node| !is_empty(node))
}

fn text<'n>(root: &'n Node, report: &mut Report<'_>, name: &str) -> Option<(&'n Node, &'n str)> {
    let node = written(root, name)?;
    Some((node, report.text(node, name, TEXT_BYTES_MAX)?))
}

fn truth(root: &Node, report: &mut Report<'_>, name: &str) -> bool {
    match written(root, name) {
        None => false,
        Some(Node {
            content: Content::Bool(truth),
            ..
        }) => *truth,
        Some(node) => {
            report.mismatch(node, name, "true or false");
            false
        }
    }
}

fn read_version(report: &mut Report<'_>, node: &Node, text: &str) -> Option<Version> {
    match Version::parse(text)
        .ok()
        .filter(|_| text.len() <= VERSION_BYTES_MAX)
    {
        Some(version) => Some(version),
        None => {
            report.refuse(node.start, "version", "is not a SemVer version", None);
            None
        }
    }
}

fn read_time(report: &mut Report<'_>, node: &Node, text: &str) -> Option<Timestamp> {
    let time = Timestamp::parse(text);
    if time.is_none() {
        report.refuse(
            node.start,
            "installed_at",
            "is not a time as RFC 3339 writes it",
            None,
        );
    }
    time
}

#[cfg(test)]
mod tests;

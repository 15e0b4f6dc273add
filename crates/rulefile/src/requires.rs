//! `requires:` — which engines a file is for.

use crate::{
    Code,
    diagnostic::Fault,
    node::{Content, Entry, Node},
};
use rules::Requirement;
use semver::Version;

/// The one engine that can be asked for.
pub(crate) const ENGINE: &str = "asset-injector";

/// This engine's version, which all crates of the workspace share.
pub(crate) fn engine_version() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).expect("cargo checks the version")
}

/// Checks `requires`; the faults are relative to the file, each with the path of its field.
pub(crate) fn check(requires: &Node, engine: &Version) -> Vec<(String, Fault)> {
    let refuse = |start: usize, reason: &str| Fault {
        code: Code::Invalid,
        ..Fault::syntax(start, reason)
    };
    let Content::Map(entries) = &requires.content else {
        let fault = refuse(requires.start, "is not a mapping")
            .hint(format!("write `requires: {{{ENGINE}: '>=1.0'}}`"));
        return vec![("requires".to_owned(), fault)];
    };
    let one = |entry: &Entry| {
        let field = format!("requires.{}", entry.key);
        if entry.key != ENGINE {
            let fault =
                refuse(entry.key_start, "is not a requirement").hint(format!("the only one is `{ENGINE}`"));
            return Some((field, fault));
        }
        requirement(&entry.value, engine).map(|fault| (field, fault))
    };
    entries.iter().filter_map(one).collect()
}

fn requirement(value: &Node, engine: &Version) -> Option<Fault> {
    let invalid = |reason: String| Fault {
        code: Code::Invalid,
        ..Fault::syntax(value.start, reason)
    };
    let written = match &value.content {
        Content::Text(text) => text.trim(),
        Content::Integer(_) | Content::Float(_) => {
            return Some(invalid("is a number where text is wanted".to_owned()).hint("put it in quotes"));
        }
        Content::Null | Content::Bool(_) | Content::List(_) | Content::Map(_) | Content::Refused => {
            return Some(
                invalid("is not a version requirement".to_owned()).hint("write one such as '>=1.4'"),
            );
        }
    };
    match Requirement::parse(written) {
        Err(reason) => Some(invalid(reason).hint("write one such as '>=1.4'")),
        Ok(requirement) if requirement.matches(engine) => None,
        Ok(_) => {
            let reason = format!("asks for {ENGINE} {written}, and this is {engine}");
            let fault = Fault {
                code: Code::TooNew,
                ..Fault::syntax(value.start, reason)
            };
            Some(fault.hint("the file was skipped; update the service to use it"))
        }
    }
}

#[cfg(test)]
mod tests;

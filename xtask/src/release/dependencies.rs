//! The list of what a binary or an image depends on, in SPDX.
//!
//! Invariant: it names every crate that is linked, as the lock file and the manifests have it, or it is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::WORKSPACE;
use crate::shell;
use crate::static_binary::{Architecture, Origin};
use crate::test::tool;

/// How syft's words for a crate begin, in a form that many programs read.
const CRATE: &str = "pkg:cargo/";

/// A list that is shorter is none: the program depends on more.
pub(super) const PACKAGES_MIN: usize = 50;

/// What a list is made of.
pub(super) struct Subject<'a> {
    pub(super) source: Source<'a>,
    pub(super) name: &'a str,
    /// Of the binary that is in it.
    pub(super) architecture: Architecture,
}

/// Where the binary lies.
pub(super) enum Source<'a> {
    File(&'a Path),
    /// In an image of a registry, which may be one without TLS.
    Image {
        name: &'a str,
        is_plain: bool,
    },
}

/// Writes the list; one that lacks a crate is refused.
pub(super) fn write(subject: &Subject<'_>, list: &Path, origin: &Origin) -> Result<()> {
    let mut syft = Command::new(tool("syft"));
    syft.arg("scan");
    match subject.source {
        Source::File(path) => syft.arg(format!("file:{}", path.display())),
        Source::Image { name, is_plain } => syft
            .arg(format!("registry:{name}"))
            .args(["--platform", &format!("linux/{}", subject.architecture.name())])
            .env("SYFT_REGISTRY_INSECURE_USE_HTTP", is_plain.to_string()),
    };
    syft.args(["--quiet", "--source-name", subject.name])
        .args(["--source-version", WORKSPACE])
        .arg("--output")
        .arg(format!("spdx-json={}", list.display()))
        .env("SYFT_CHECK_FOR_APP_UPDATE", "false");
    shell::run(&mut syft)?;
    let mut document: Value = serde_json::from_slice(&fs::read(list)?)?;
    let linked = linked(subject.architecture)?;
    complete(&document, &linked).with_context(|| format!("`{}` is not complete", list.display()))?;
    // When and as which number it was written is no part of what is in it.
    document["creationInfo"]["created"] = origin.created.clone().into();
    document["documentNamespace"] = format!(
        "urn:asset-injector:{WORKSPACE}:{}:{}",
        subject.name, origin.revision
    )
    .into();
    fs::write(list, format!("{document:#}\n"))?;
    println!(
        "`{}` names {} packages, and all {} crates that are linked",
        list.display(),
        packages(&document),
        linked.len()
    );
    Ok(())
}

/// How many packages a list names.
pub(super) fn packages(document: &Value) -> usize {
    document["packages"].as_array().map_or(0, Vec::len)
}

/// The crates that the binary for a processor is linked of, by cargo's word and not by that of what wrote them down in it.
fn linked(architecture: Architecture) -> Result<BTreeSet<String>> {
    let mut tree = shell::cargo();
    tree.args(["tree", "--locked", "--package=asset-injector"])
        .args(["--target", architecture.target()])
        .args(["--edges=normal,no-proc-macro", "--prefix=none", "--format={p}"]);
    let crates = crates(&shell::output(&mut tree)?);
    ensure!(!crates.is_empty(), "cargo names no crate");
    Ok(crates)
}

/// `name@version` of each line `name vVERSION …`, as [`CRATE`] is followed by it.
fn crates(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            Some(format!("{name}@{}", version.replace('+', "%2B")))
        })
        .collect()
}

/// Fails if a crate has no package.
fn complete(document: &Value, crates: &BTreeSet<String>) -> Result<()> {
    let packages = document["packages"].as_array().context("it names no packages")?;
    let references = packages
        .iter()
        .filter_map(|package| package["externalRefs"].as_array())
        .flatten();
    let named: BTreeSet<_> = references
        .filter_map(|reference| reference["referenceLocator"].as_str()?.strip_prefix(CRATE))
        .collect();
    let absent: Vec<_> = crates
        .iter()
        .filter(|one| !named.contains(one.as_str()))
        .collect();
    ensure!(absent.is_empty(), "it lacks {absent:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{complete, crates, linked};
    use crate::static_binary::Architecture;

    #[test]
    fn a_crate_is_a_name_and_a_version_wherever_it_comes_from() {
        let tree = "asset-injector v0.1.0 (/a/crates/asset-injector)\nanyhow v1.0.100\n\nanyhow v1.0.100 (*)\nzstd-sys v2.1.3+zstd.1.5.7\n";
        let all: Vec<_> = crates(tree).into_iter().collect();
        assert_eq!(
            all,
            [
                "anyhow@1.0.100",
                "asset-injector@0.1.0",
                "zstd-sys@2.1.3%2Bzstd.1.5.7"
            ]
        );
    }

    #[test]
    fn a_list_without_one_crate_or_with_another_version_of_it_is_refused() {
        let package =
            |of: &str| json!({ "externalRefs": [{ "referenceLocator": format!("pkg:cargo/{of}") }] });
        let whole = json!({ "packages": [json!({}), package("a@1.0.0"), package("b@2.0.0")] });
        let linked = crates("a v1.0.0\nb v2.0.0\n");
        complete(&whole, &linked).expect("it is whole");
        for wrong in [
            json!({}),
            json!({ "packages": [package("a@1.0.0")] }),
            json!({ "packages": [package("a@1.0.0"), package("b@2.0.1")] }),
        ] {
            assert!(complete(&wrong, &linked).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_program_is_linked_of_our_crates_and_of_others_but_not_of_what_only_builds_it() {
        let linked = linked(Architecture::Arm64).expect("cargo tells");
        for name in ["rules@", "catalog@", "tokio@"] {
            assert!(linked.iter().any(|one| one.starts_with(name)), "{name}");
        }
        assert!(!linked.iter().any(|one| one.starts_with("serde_derive@")));
    }
}

//! The image in its registry: pushed without a name, named once it is found to be good.
//!
//! Invariant: a name leads to the digest that was asked for, or the task fails; `latest` goes back to no older release.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::artifacts::binary;
use super::dependencies::{self, Source, Subject};
use super::pipeline::{optional, retry, tell, variable};
use super::signature::Signer;
use super::version::Version;
use super::{github, provenance};
use crate::static_binary::{Architecture, Origin};
use crate::test::{self, needs};
use crate::{image, shell};

/// The image as a registry gets it.
const LIST: &str = "target/xtask/list";
/// What an image of the program depends on.
const DEPENDENCIES: &str = "target/image.spdx.json";
pub(super) const LATEST: &str = "latest";

/// Where the images of this repository lie.
pub(crate) struct Images {
    /// Such as `ghcr.io/owner/name`, in lower case as registries ask for.
    pub(crate) name: String,
    /// Whether the registry is one of this machine, without TLS.
    pub(super) is_local: bool,
}

impl Images {
    pub(crate) fn of_environment() -> Result<Self> {
        let name = match optional("IMAGE_NAME") {
            Some(name) => name,
            None => format!("ghcr.io/{}", variable("GITHUB_REPOSITORY")?),
        };
        Ok(Self::named(&name))
    }

    pub(super) fn named(name: &str) -> Self {
        let name = name.to_lowercase();
        let is_local = name.starts_with("localhost:") || name.starts_with("127.0.0.1:");
        Self { name, is_local }
    }

    pub(super) fn at(&self, digest: &str) -> String {
        format!("{}@{digest}", self.name)
    }

    fn tagged(&self, tag: &str) -> String {
        format!("{}:{tag}", self.name)
    }

    fn skopeo(&self, task: &str, options: &[&str]) -> Command {
        let mut command = shell::command("skopeo", [task]);
        if self.is_local {
            for option in options {
                command.arg(format!("--{option}=false"));
            }
        }
        command
    }

    /// Puts what lies somewhere else under this name, every platform of it and each byte as it is.
    fn copy(&self, from: &str, to: &str) -> Result<()> {
        retry(|| {
            let mut copy = self.skopeo("copy", &["src-tls-verify", "dest-tls-verify"]);
            copy.args(["--quiet", "--all", "--preserve-digests", from])
                .arg(format!("docker://{to}"));
            shell::run(&mut copy)
        })
    }

    /// What the registry says of an image, in a format of skopeo's.
    fn inspect(&self, image: &str, format: &str) -> Result<String> {
        let mut inspect = self.skopeo("inspect", &["tls-verify"]);
        inspect
            .args(["--no-tags", "--override-os=linux", "--override-arch=amd64"])
            .args(["--format", format])
            .arg(format!("docker://{image}"));
        Ok(shell::output(&mut inspect)?.trim().to_owned())
    }

    /// The platforms of a list of images, as `linux/amd64`, in its order.
    pub(super) fn platforms(&self, digest: &str) -> Result<Vec<String>> {
        let mut inspect = self.skopeo("inspect", &["tls-verify"]);
        inspect.arg("--raw").arg(format!("docker://{}", self.at(digest)));
        let told: Value = serde_json::from_str(&shell::output(&mut inspect)?)?;
        let listed = told["manifests"].as_array().context("it is no list of images")?;
        let platform = |image: &Value| {
            let platform = &image["platform"];
            Some(format!(
                "{}/{}",
                platform["os"].as_str()?,
                platform["architecture"].as_str()?
            ))
        };
        Ok(listed.iter().filter_map(platform).collect())
    }

    /// The digest that a tag leads to.
    pub(super) fn digest_of(&self, tag: &str) -> Result<String> {
        let digest = self.inspect(&self.tagged(tag), "{{.Digest}}")?;
        check_digest(&digest)?;
        Ok(digest)
    }

    /// A label of an image, as `org.opencontainers.image` has them; none where it has no such label.
    pub(super) fn label(&self, digest: &str, name: &str) -> Result<Option<String>> {
        let format = format!("{{{{index .Labels \"org.opencontainers.image.{name}\"}}}}");
        let value = self.inspect(&self.at(digest), &format)?;
        Ok((!value.is_empty()).then_some(value))
    }

    pub(super) fn tags(&self) -> Result<Vec<String>> {
        let mut list = self.skopeo("list-tags", &["tls-verify"]);
        let told = shell::output(list.arg(format!("docker://{}", self.name)))?;
        let told: Value = serde_json::from_str(&told)?;
        let tags = told["Tags"].as_array().context("the registry lists no tags")?;
        Ok(tags.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

/// Pushes the image that the pipeline asks for, and tells its digest.
pub(super) fn push() -> Result<()> {
    test::require(&[&needs::BUILDAH, &needs::SKOPEO])?;
    let images = Images::of_environment()?;
    let version = optional("VERSION").unwrap_or_else(|| super::WORKSPACE.to_owned());
    tell("digest", &push_as(&images, &version)?)?;
    tell("name", &images.name)
}

/// Builds the image of the binaries of `release artifacts`, and pushes it by its digest alone; returns that.
pub(super) fn push_as(images: &Images, version: &str) -> Result<String> {
    let list = Path::new(LIST);
    if list.exists() {
        fs::remove_dir_all(list)?;
    }
    let binaries = Architecture::ALL.map(|architecture| (architecture, binary(architecture)));
    image::build_list(&binaries, &Origin::of_head()?, version, list)?;
    let sum = shell::output(shell::command("sha256sum", ["manifest.json"]).current_dir(list))?;
    let digest = format!("sha256:{}", sum.split(' ').next().unwrap_or_default());
    images.copy(&format!("dir:{LIST}"), &images.at(&digest))?;
    Ok(digest)
}

/// Writes what the image depends on, as it lies in the registry.
pub(super) fn dependencies() -> Result<()> {
    test::require(&[&needs::PYTHON_VENV, &needs::SYFT])?;
    let images = Images::of_environment()?;
    list(&images, &digest()?, Path::new(DEPENDENCIES))
}

/// Writes what an image depends on, the same on each platform but for what a processor needs of its own.
pub(super) fn list(images: &Images, digest: &str, into: &Path) -> Result<()> {
    let subject = Subject {
        source: Source::Image {
            name: &images.at(digest),
            is_plain: images.is_local,
        },
        name: &images.name,
        architecture: Architecture::Amd64,
    };
    dependencies::write(&subject, into, &Origin::of_head()?)
}

/// Signs the image and what `dependencies` has written of it, with the identity of the workflow.
pub(super) fn sign() -> Result<()> {
    let images = Images::of_environment()?;
    Signer::Workflow.sign(&images, &digest()?, Path::new(DEPENDENCIES))
}

/// Gives the image its name: that of a release, or the commit's.
pub(super) fn tag() -> Result<()> {
    test::require(&[&needs::SKOPEO])?;
    name(&Images::of_environment()?, &digest()?, &variable("IMAGE_TAG")?)
}

/// Moves `latest` to the release that the pipeline has made.
pub(super) fn latest() -> Result<()> {
    test::require(&[&needs::SKOPEO])?;
    let released = github::released()?;
    move_latest(
        &Images::of_environment()?,
        &digest()?,
        &variable("VERSION")?,
        &released,
    )
}

/// Moves `latest`, unless a higher one is released or this one is not meant for everyone. What the registry has tells
/// nothing of that: an image has its name before its release is shown, or though it never is.
pub(super) fn move_latest(images: &Images, digest: &str, version: &str, released: &[String]) -> Result<()> {
    let version = Version::of_tag(&format!("v{version}")).map_err(|refused| anyhow::anyhow!("{refused}"))?;
    if let Some(reason) = stays(&version, released) {
        println!("`{LATEST}` stays where it is: {reason}");
        return Ok(());
    }
    name(images, digest, LATEST)
}

/// Finds the image that a person asks for: by its digest, or by the release that has it. Only what our own pipeline
/// has built is found, of `main` or of a release.
pub(super) fn find() -> Result<()> {
    test::require(&[&needs::SKOPEO])?;
    let images = Images::of_environment()?;
    let (digest, version) = match (optional("DIGEST"), optional("TAG")) {
        (Some(digest), _) => {
            check_digest(&digest)?;
            (digest, optional("VERSION"))
        }
        (None, Some(tag)) => {
            let version = Version::of_tag(&tag).map_err(|refused| anyhow::anyhow!("{refused}"))?;
            let version = version.to_string();
            (images.digest_of(&version)?, Some(version))
        }
        (None, None) => bail!("neither `DIGEST` nor `TAG` is set"),
    };
    let labelled = images.label(&digest, "version")?;
    let references = provenance::references(version.as_deref(), labelled.as_deref());
    let image = format!("oci://{}", images.at(&digest));
    provenance::check(&image, &variable("GITHUB_REPOSITORY")?, &references)?;
    tell("version", &version.unwrap_or_default())?;
    // A label is text that the image brought along, and this one becomes an annotation.
    let revision = images
        .label(&digest, "revision")?
        .filter(|label| is_commit(label));
    tell("revision", &revision.unwrap_or_default())?;
    tell("digest", &digest)
}

/// Lets a tag lead to a digest, and looks whether it does.
pub(super) fn name(images: &Images, digest: &str, tag: &str) -> Result<()> {
    let from = format!("docker://{}", images.at(digest));
    images.copy(&from, &images.tagged(tag))?;
    let found = images.digest_of(tag)?;
    ensure!(found == digest, "`{tag}` leads to {found}, and not to {digest}");
    println!("`{}` leads to {digest}", images.tagged(tag));
    Ok(())
}

/// Why `latest` does not become this version, beside the versions that are released.
pub(super) fn stays(version: &Version, released: &[String]) -> Option<String> {
    if version.pre_release.is_some() {
        return Some(format!("{version} is a pre-release"));
    }
    let others = released
        .iter()
        .filter_map(|other| Version::of_tag(&format!("v{other}")).ok());
    let higher = others
        .filter(|other| other.pre_release.is_none() && other.numbers() > version.numbers())
        .max_by_key(Version::numbers)?;
    Some(format!("{higher} is a higher release"))
}

/// The digest that the job before has told.
fn digest() -> Result<String> {
    let digest = variable("DIGEST")?;
    check_digest(&digest)?;
    Ok(digest)
}

/// Refuses what is no digest: it would be taken for a tag, which may lead elsewhere the next moment.
pub(crate) fn check_digest(text: &str) -> Result<()> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    ensure!(
        hex.len() == 64 && is_hex(hex),
        "`{}` is no digest: `sha256:` and 64 digits",
        text.escape_debug()
    );
    Ok(())
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::super::version::Version;
    use super::{Images, check_digest, is_commit, stays};

    fn stays_with(version: &str, tags: &[&str]) -> Option<String> {
        let version = Version::of_tag(version).expect("a version");
        let tags: Vec<_> = tags.iter().map(|&tag| tag.to_owned()).collect();
        stays(&version, &tags)
    }

    #[test]
    fn latest_moves_only_to_the_highest_release() {
        let commit = "124ee51bd69465be957f3395ea8d972549242a85";
        for tags in [
            &[][..],
            &["latest", commit],
            &["1.2.3", "1.2.2", "0.9.0", "latest"],
            &["2.0.0-rc.1", "1.2.3", "01.9.9"],
        ] {
            assert_eq!(stays_with("v1.2.3", tags), None, "{tags:?}");
        }
        for tags in [&["1.2.4"][..], &["1.10.0", "1.2.0"], &["2.0.0-rc.1", "2.0.0"]] {
            assert!(stays_with("v1.2.3", tags).is_some(), "{tags:?}");
        }
        assert!(stays_with("v1.3.0-rc.1", &["1.2.3"]).is_some_and(|reason| reason.contains("pre-release")));
        let reason = stays_with("v1.9.0", &["1.10.0", "1.9.1"]).expect("it stays");
        assert_eq!(reason, "1.10.0 is a higher release");
    }

    #[test]
    fn only_a_digest_is_a_digest() {
        let right = format!("sha256:{}", "0a".repeat(32));
        check_digest(&right).expect("it is one");
        for wrong in [
            "",
            "latest",
            &right[7..],
            &right[..70],
            &format!("{right}0"),
            &right.to_uppercase(),
            &right.replace('a', "g"),
            &format!("{right}\n"),
        ] {
            assert!(check_digest(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_a_whole_commit_is_told() {
        let commit = "124ee51bd69465be957f3395ea8d972549242a85";
        assert!(is_commit(commit));
        for wrong in [
            "",
            "unknown",
            &commit[1..],
            &format!("{commit}-dirty"),
            &commit.to_uppercase(),
        ] {
            assert!(!is_commit(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn the_name_of_an_image_is_in_lower_case() {
        let images = Images::named("ghcr.io/Owner/Name");
        assert_eq!(images.tagged("1.0.0"), "ghcr.io/owner/name:1.0.0");
        assert!(!images.is_local && Images::named("localhost:5000/a").is_local);
    }
}

//! Who has built something: our own workflow, of a reference that only those who release can move.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::pipeline::retry;
use super::version::Version;
use crate::shell;

/// The one workflow whose word is taken; what calls it does not matter.
const SIGNER: &str = ".github/workflows/image.yml";
const MAIN: &str = "refs/heads/main";

/// The reference of a version's tag.
pub(super) fn of_version(version: &str) -> String {
    format!("refs/tags/v{version}")
}

/// The references that an image may come from: that of the release that is asked for, else `main`, or the release that
/// the image says it is.
pub(super) fn references(asked: Option<&str>, labelled: Option<&str>) -> Vec<String> {
    if let Some(version) = asked {
        return vec![of_version(version)];
    }
    let is_version = |text: &&str| Version::of_tag(&format!("v{text}")).is_ok();
    let released = labelled.filter(is_version).map(of_version);
    std::iter::once(MAIN.to_owned()).chain(released).collect()
}

/// Fails unless our workflow says that it has built this of one of the references.
pub(super) fn check(subject: &str, repository: &str, references: &[String]) -> Result<()> {
    retry(|| {
        let mut outcome = Err(anyhow::anyhow!("no reference"));
        for reference in references {
            outcome = shell::run(&mut question(subject, repository, reference));
            if outcome.is_ok() {
                break;
            }
        }
        outcome.with_context(|| format!("`{subject}` was not built by `{SIGNER}` of {references:?}"))
    })
}

fn question(subject: &str, repository: &str, reference: &str) -> Command {
    let signer = format!("{repository}/{SIGNER}");
    let who = ["--repo", repository, "--signer-workflow", &signer];
    let mut command = shell::command("gh", ["attestation", "verify", subject]);
    command.args(who).args(["--source-ref", reference]);
    command
}

#[cfg(test)]
mod tests {
    use super::{question, references};
    use crate::shell;

    #[test]
    fn only_our_workflow_is_believed_and_only_of_that_reference() {
        let command = question("oci://ghcr.io/o/n@sha256:0a", "O/n", "refs/heads/main");
        assert_eq!(
            shell::line(&command),
            "gh attestation verify oci://ghcr.io/o/n@sha256:0a --repo O/n \
             --signer-workflow O/n/.github/workflows/image.yml --source-ref refs/heads/main"
        );
    }

    #[test]
    fn a_release_comes_from_its_tag_and_a_digest_from_main_or_the_release_that_it_is() {
        let tag = "refs/tags/v1.2.0";
        assert_eq!(references(Some("1.2.0"), Some("1.3.0")), [tag]);
        assert_eq!(references(None, Some("1.2.0")), ["refs/heads/main", tag]);
        for none in [None, Some("latest"), Some("1.2.0 or so"), Some("")] {
            assert_eq!(references(None, none), ["refs/heads/main"], "{none:?}");
        }
    }
}

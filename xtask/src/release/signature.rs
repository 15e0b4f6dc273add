//! Our signature of an image, and of the list of what it depends on, both kept beside it in the registry.
//!
//! The pipeline signs with the identity of its workflow, a rehearsal with a key of its own: the commands are the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::pipeline::retry;
use super::registry::Images;
use crate::shell;
use crate::test::tool;

/// What the list is called among the kinds of statements.
const KIND: &str = "spdxjson";

/// Who signs.
pub(super) enum Signer<'a> {
    /// The workflow, whose identity an authority certifies and a public log takes down.
    Workflow,
    /// A key that nobody outside is told of.
    Key(&'a Key),
}

/// A key, and the settings with which nothing is uploaded; gone when dropped.
pub(super) struct Key {
    folder: PathBuf,
}

impl Signer<'_> {
    /// Signs the image, the images of each platform, and the list of what they depend on.
    pub(super) fn sign(&self, images: &Images, digest: &str, list: &Path) -> Result<()> {
        let mut sign = self.command("sign", images);
        sign.arg("--recursive").arg(images.at(digest));
        retry(|| shell::run(&mut sign))?;
        let mut attest = self.command("attest", images);
        attest.args(["--type", KIND, "--predicate"]).arg(list);
        attest.arg(images.at(digest));
        retry(|| shell::run(&mut attest))
    }

    fn command(&self, task: &str, images: &Images) -> Command {
        let mut command = cosign(task, images);
        command.arg("--yes");
        if let Self::Key(key) = self {
            command
                .env("COSIGN_PASSWORD", "")
                .args(["--key", &key.file("cosign.key"), "--signing-config"])
                .arg(key.file("services.json"));
        }
        command
    }
}

impl Key {
    /// Makes a key in a folder of its own.
    pub(super) fn make(folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let key = Self {
            folder: folder.to_owned(),
        };
        let mut make = Command::new(std::path::absolute(program())?);
        make.arg("generate-key-pair").env("COSIGN_PASSWORD", "");
        shell::output(make.current_dir(folder))?;
        // It names no service, so none is told.
        let mut services = Command::new(program());
        services.args(["signing-config", "create", "--out", &key.file("services.json")]);
        shell::output(&mut services)?;
        Ok(key)
    }

    /// Fails unless this key has signed the image, and a list of what it depends on.
    pub(super) fn verify(&self, images: &Images, digest: &str) -> Result<()> {
        for (task, words) in [("verify", &[][..]), ("verify-attestation", &["--type", KIND])] {
            let mut verify = cosign(task, images);
            verify.args(words).args(["--key", &self.file("cosign.pub")]);
            // There is no log to ask.
            verify.arg("--insecure-ignore-tlog=true").arg(images.at(digest));
            shell::output(&mut verify).with_context(|| format!("{digest} is not signed"))?;
        }
        Ok(())
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // The result does not matter: it signs only what is in a registry that is gone.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A task of cosign on what lies in this registry.
fn cosign(task: &str, images: &Images) -> Command {
    let mut command = Command::new(program());
    command.arg(task);
    if images.is_local {
        command.args(["--allow-http-registry", "--allow-insecure-registry"]);
    }
    command
}

/// What was built here, else what the pipeline has installed.
fn program() -> PathBuf {
    let ours = tool("cosign");
    if ours.is_file() {
        ours
    } else {
        PathBuf::from("cosign")
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::Images;
    use super::{Key, Signer};
    use crate::shell;

    /// The command as one would type it, without the folder of the program.
    fn line(signer: &Signer<'_>, registry: &str) -> String {
        shell::line(&signer.command("sign", &Images::named(registry)))
    }

    #[test]
    fn the_workflow_signs_with_its_identity_and_a_rehearsal_with_a_key_and_nothing_is_uploaded() {
        assert_eq!(line(&Signer::Workflow, "ghcr.io/o/n"), "cosign sign --yes");
        let key = Key { folder: "a".into() };
        assert_eq!(
            line(&Signer::Key(&key), "127.0.0.1:5000/n"),
            "COSIGN_PASSWORD='' cosign sign --allow-http-registry --allow-insecure-registry --yes \
             --key a/cosign.key --signing-config a/services.json"
        );
    }
}

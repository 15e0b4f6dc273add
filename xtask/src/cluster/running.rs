//! A cluster as other checks use it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::places::Places;
use super::{build, control_plane, load};

/// The image of [`Running::load_pod`].
pub(crate) const POD_IMAGE: &str = "registry.local/pod-of-checks:1";

/// How a pipeline gets to a cluster.
pub(crate) struct Access {
    pub(crate) kubectl: PathBuf,
    pub(crate) kubeconfig: String,
}

/// A cluster that is up.
pub(crate) struct Running<'places>(pub(super) &'places Places);

impl Running<'_> {
    /// `kubectl` with these words.
    pub(crate) fn kubectl<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        self.0.kubectl(words)
    }

    /// The way to it as a pipeline has it: a program, and the text of a credential.
    pub(crate) fn access(&self) -> Result<Access> {
        Ok(Access {
            kubectl: self.0.programs.join("kubectl"),
            kubeconfig: std::fs::read_to_string(self.0.kubeconfig())?,
        })
    }

    /// The way to it, for whoever is no command of ours.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.0.kubeconfig()
    }

    /// Has the command find `kubectl` in its path, and that this cluster.
    pub(crate) fn shown_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("PATH", self.0.path())
            .env("KUBECONFIG", self.0.kubeconfig())
    }

    /// Gives these objects to the cluster; returns what kubectl says.
    pub(crate) fn apply(&self, objects: &str) -> Result<String> {
        control_plane::apply(self.0, objects)
    }

    /// Loads the images of an OCI archive into every node.
    pub(crate) fn load(&self, archive: &Path) -> Result<()> {
        load(self.0, archive)
    }

    /// Loads [`POD_IMAGE`], whose program answers every request on port 8080; the archive is written into the folder.
    pub(crate) fn load_pod(&self, folder: &Path) -> Result<()> {
        let archive = std::path::absolute(folder.join("pod.tar"))?;
        build::write_image(self.0, POD_IMAGE, &archive)?;
        self.load(&archive)
    }
}

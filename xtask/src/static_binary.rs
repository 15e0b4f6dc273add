//! Compiles the static binary: what the image runs, and what a release gives away.
//!
//! Invariant: the same commit is the same bytes, in whichever folder it is compiled; the first stage of `Dockerfile`
//! does the same with the same tools.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{shell, test};

/// What a commit is told by.
pub(crate) struct Origin {
    pub(crate) revision: String,
    /// When the commit was made, in RFC 3339.
    pub(crate) created: String,
    /// The same in seconds since 1970.
    pub(crate) epoch: String,
}

/// A processor that there is a binary for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Amd64,
    Arm64,
}

impl Origin {
    /// Of the commit that is checked out.
    pub(crate) fn of_head() -> Result<Self> {
        let of_head = |format: &str| -> Result<String> {
            let format = format!("--format={format}");
            let words = ["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", &format];
            let told = shell::output(shell::command("git", words).env("TZ", "UTC"))?;
            Ok(told.trim().to_owned())
        };
        Ok(Self {
            revision: of_head("%H")?,
            created: of_head("%cd")?,
            epoch: of_head("%ct")?,
        })
    }
}

impl Architecture {
    pub(crate) const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    pub(crate) fn of_this_machine() -> Result<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Ok(Self::Amd64),
            "aarch64" => Ok(Self::Arm64),
            other => bail!("there is no static binary for {other}"),
        }
    }

    /// As Docker calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As Rust calls it, with the C library that is linked in.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-musl",
            Self::Arm64 => "aarch64-unknown-linux-musl",
        }
    }

    /// The static program that runs its binaries on any processor.
    pub(crate) fn emulator(self) -> &'static str {
        match self {
            Self::Amd64 => "qemu-x86_64-static",
            Self::Arm64 => "qemu-aarch64-static",
        }
    }
}

/// Compiles the sources that lie in a folder, with the list of its dependencies inside; returns the binary.
pub(crate) fn compile(source: &Path, architecture: Architecture, origin: &Origin) -> Result<PathBuf> {
    let target = architecture.target();
    let mut command = shell::cargo();
    command
        .args([
            "auditable",
            "zigbuild",
            "--release",
            "--locked",
            "--package",
            "asset-injector",
        ])
        .args(["--target", target])
        .current_dir(source)
        .env("PATH", path_with_tools()?)
        .env("SOURCE_COMMIT", &origin.revision)
        .env("SOURCE_DATE_EPOCH", &origin.epoch);
    shell::run(&mut command)?;
    Ok(source.join("target").join(target).join("release/asset-injector"))
}

/// cargo finds its subcommands, and they find Zig, by the path.
fn path_with_tools() -> Result<std::ffi::OsString> {
    let mut folders = Vec::new();
    for name in ["cargo-zigbuild", "cargo-auditable"] {
        let tool = std::path::absolute(test::tool(name))?;
        folders.push(tool.parent().context("a tool lies in a folder")?.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(
        folders.into_iter().chain(std::env::split_paths(&path)),
    )?)
}

#[cfg(test)]
mod tests {
    use super::Architecture;
    use crate::test::{auditable_package, zig_packages};

    /// What compiles the image elsewhere is what compiles it here.
    #[test]
    fn the_dockerfile_compiles_with_the_same_tools() {
        let dockerfile = include_str!("../../Dockerfile");
        let toolchain = include_str!("../../rust-toolchain.toml");
        let channel = toolchain
            .lines()
            .find_map(|line| line.strip_prefix("channel = \""))
            .and_then(|rest| rest.strip_suffix('"'))
            .expect("a channel");
        let mut parts = vec![
            format!("docker.io/library/rust:{channel}-slim-"),
            zig_packages().join(" "),
            format!("cargo install --locked {}", auditable_package()),
            "cargo auditable zigbuild --release --locked --package asset-injector --target".to_owned(),
        ];
        parts.extend(Architecture::ALL.map(|one| format!("{}) target={} ;;", one.name(), one.target())));
        for part in parts {
            assert!(dockerfile.contains(&part), "`Dockerfile` lacks `{part}`");
        }
    }
}

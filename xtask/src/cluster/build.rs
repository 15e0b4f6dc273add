//! Builds what the cluster runs, of the official Go modules at fixed versions, into the user's cache.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::places::{PAUSE, Places};
use crate::{shell, test};

pub(crate) const KUBERNETES: &str = "1.37.2";
const CONTAINERD: &str = "2.4.2";
const CNI_PLUGINS: &str = "1.9.1";
const METRICS_SERVER: &str = "0.9.0";

/// Everything that decides what is built: other programs go into another folder.
pub(super) const SOURCES: &[&str] = &[
    KUBERNETES,
    CONTAINERD,
    CNI_PLUGINS,
    METRICS_SERVER,
    include_str!("../../../tools/coredns/go.mod"),
    include_str!("../../../tools/coredns/main.go"),
    include_str!("../../../tools/etcd/go.mod"),
    include_str!("../../../tools/kubernetes/go.mod"),
    include_str!("../../../tools/kubernetes/main.go"),
    include_str!("../../../tools/kubernetes/netpol/netpol.go"),
    include_str!("../../../tools/kubernetes/netpol/rules.go"),
    include_str!("../../../tools/pod/image.go"),
    include_str!("../../../tools/pod/main.go"),
];

/// A build of Go: one command, and the programs that come of it.
struct Build {
    of: Source,
    /// Under the folder of the programs.
    into: &'static str,
    programs: &'static [&'static str],
}

enum Source {
    /// Our own module in `tools`, and the package that it builds.
    Module(&'static str, &'static str),
    /// Packages of a public module at a version.
    Public(&'static [&'static str], &'static str),
}

const BUILDS: &[Build] = &[
    Build {
        of: Source::Module("pod", "."),
        into: "",
        programs: &["pod"],
    },
    Build {
        of: Source::Module("etcd", "go.etcd.io/etcd/server/v3"),
        into: "",
        programs: &["etcd"],
    },
    Build {
        of: Source::Module("coredns", "."),
        into: "",
        programs: &["coredns"],
    },
    Build {
        of: Source::Public(
            &[
                "github.com/containernetworking/plugins/plugins/ipam/host-local",
                "github.com/containernetworking/plugins/plugins/main/loopback",
                "github.com/containernetworking/plugins/plugins/main/ptp",
                "github.com/containernetworking/plugins/plugins/meta/portmap",
            ],
            CNI_PLUGINS,
        ),
        into: "cni",
        programs: &["host-local", "loopback", "ptp", "portmap"],
    },
    Build {
        of: Source::Public(
            &[
                "github.com/containerd/containerd/v2/cmd/containerd",
                "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
                "github.com/containerd/containerd/v2/cmd/ctr",
            ],
            CONTAINERD,
        ),
        into: "",
        programs: &["containerd", "containerd-shim-runc-v2", "ctr"],
    },
    Build {
        of: Source::Public(&["sigs.k8s.io/metrics-server/cmd/metrics-server"], METRICS_SERVER),
        into: "",
        programs: &["metrics-server"],
    },
    Build {
        of: Source::Module("kubernetes", "."),
        into: "",
        programs: &["kubernetes"],
    },
];

/// The one program of Kubernetes is called by all of these names.
const KUBERNETES_NAMES: &[&str] = &[
    "kube-apiserver",
    "kube-controller-manager",
    "kube-netpol",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
];

/// Whether everything is there.
pub(super) fn is_done(places: &Places) -> bool {
    let names = KUBERNETES_NAMES.iter().map(|name| places.programs.join(name));
    let mut files = BUILDS
        .iter()
        .flat_map(|build| build.files(places))
        .chain(names)
        .chain([places.pause_archive()]);
    files.all(|file| file.exists())
}

/// Installs what is needed, and builds what is not there yet.
pub(super) fn run(places: &Places) -> Result<()> {
    test::provide_cluster()?;
    println!(
        "the programs of the cluster lie in `{}`",
        places.programs.display()
    );
    fs::create_dir_all(&places.programs)
        .with_context(|| format!("cannot create `{}`", places.programs.display()))?;
    let go = test::go().context("there is no Go that is new enough\nhelp: https://go.dev/dl")?;
    for (number, build) in (1..).zip(BUILDS) {
        let names = build.programs.join(", ");
        if build.files(places).all(|file| file.exists()) {
            println!("[{number}/{}] {names}: there", BUILDS.len());
            continue;
        }
        println!("[{number}/{}] {names}", BUILDS.len());
        let began = Instant::now();
        build.run(places, &go)?;
        println!(
            "[{number}/{}] {names}: built in {} s",
            BUILDS.len(),
            began.elapsed().as_secs()
        );
    }
    for name in KUBERNETES_NAMES {
        let link = places.programs.join(name);
        if !link.exists() {
            symlink("kubernetes", &link).with_context(|| format!("cannot create `{}`", link.display()))?;
        }
    }
    let archive = places.pause_archive();
    if !archive.exists() {
        write_image(places, PAUSE, &archive)?;
    }
    println!("everything is there; next: `cargo xtask cluster up`");
    Ok(())
}

/// Writes an image of our own program as an OCI archive.
pub(super) fn write_image(places: &Places, name: &str, archive: &Path) -> Result<()> {
    let mut command = places.command("pod");
    shell::output(command.args(["image".as_ref(), archive.as_os_str(), name.as_ref()])).map(drop)
}

impl Build {
    fn folder(&self, places: &Places) -> PathBuf {
        places.programs.join(self.into)
    }

    fn files(&self, places: &Places) -> impl Iterator<Item = PathBuf> {
        let folder = self.folder(places);
        self.programs.iter().map(move |program| folder.join(program))
    }

    /// Builds beside the place and moves: what stands there is whole.
    fn run(&self, places: &Places, go: &Path) -> Result<()> {
        let unfinished = places.programs.join("unfinished");
        fs::create_dir_all(&unfinished)?;
        // It takes both cores for minutes, and others want them too.
        let mut command = Command::new("nice");
        command.args(["-n", "15"]).arg(go);
        match self.of {
            Source::Module(module, package) => {
                let output = unfinished.join(self.programs.first().context("a build has a program")?);
                command
                    .args([
                        "build",
                        "-trimpath",
                        "-buildvcs=false",
                        &linker_words(module),
                        "-o",
                    ])
                    .arg(output)
                    .arg(package)
                    .current_dir(Path::new("tools").join(module));
            }
            Source::Public(packages, version) => {
                let packages = packages.iter().map(|package| format!("{package}@v{version}"));
                command
                    .args(["install", "-trimpath", &linker_words("")])
                    .args(packages)
                    .env("GOBIN", &unfinished);
            }
        }
        shell::run(command.env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "local"))?;
        fs::create_dir_all(self.folder(places))?;
        for file in self.files(places) {
            let name = file.file_name().context("a program has a name")?;
            let built = unfinished.join(name);
            if let Err(error) = fs::rename(&built, &file) {
                bail!("`{}` did not come of the build: {error}", built.display());
            }
        }
        Ok(fs::remove_dir_all(unfinished)?)
    }
}

/// Leaves debug information out, and tells Kubernetes its version.
fn linker_words(module: &str) -> String {
    let mut words = "-ldflags=-s -w".to_owned();
    if module == "kubernetes" {
        let mut parts = KUBERNETES.split('.');
        for (name, value) in [
            ("gitVersion", format!("v{KUBERNETES}")),
            ("gitMajor", parts.next().unwrap_or_default().to_owned()),
            ("gitMinor", parts.next().unwrap_or_default().to_owned()),
        ] {
            words.push_str(&format!(" -X k8s.io/component-base/version.{name}={value}"));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{KUBERNETES, SOURCES};

    /// Every part of Kubernetes is of the version that the programs give as theirs.
    #[test]
    fn kubernetes_is_of_the_version_that_its_module_names() {
        let module = SOURCES
            .iter()
            .find(|source| source.starts_with("module kubernetes\n"))
            .expect("it is built");
        assert!(module.contains(&format!("\tk8s.io/kubernetes v{KUBERNETES}\n")));
        let (_, of_parts) = KUBERNETES.split_once('.').expect("a major version");
        let parts: Vec<_> = module
            .lines()
            .filter(|line| line.contains("=> k8s.io/") && !line.starts_with("//"))
            .collect();
        assert!(parts.len() > 20, "{parts:?}");
        for part in parts {
            assert!(part.ends_with(&format!(" v0.{of_parts}")), "{part}");
        }
    }
}

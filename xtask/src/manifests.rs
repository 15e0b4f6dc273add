//! What runs the service on Kubernetes and in compose: rendered, and read by the programs that know what is wrong.
//!
//! Each overlay and each component is rendered by kustomize; kubeconform compares the objects with the API's schemas,
//! kube-score and the project's own policies (`deploy/policies`) judge them. Each checker must find every fault of a
//! list before what it says of ours counts.

mod compose;
mod faults;
mod schemas;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell;
use crate::test::tool;

const SCRATCH: &str = "target/xtask/manifests";
/// The oldest version of Kubernetes that is supported upstream.
const KUBERNETES: &str = "1.35";
const POLICIES: &str = "deploy/policies";
/// For everyone who has kubectl and nothing else.
const QUICK_START: &str = "deploy/quick-start.yaml";
const QUICK_START_OF: &str = "single";
const QUICK_START_HEAD: &str =
    "# Generated from deploy/overlays/single by kustomize; changes here are lost.\n";
/// What kube-score asks for and we do not: versions are fixed, so what was pulled once is what is meant.
const NOT_ASKED: &str = "container-image-pull-policy";

/// What is rendered: an overlay, or one with a component that no overlay holds.
struct Rendering {
    name: &'static str,
    overlay: &'static str,
    component: Option<&'static str>,
}

const fn overlay(name: &'static str) -> Rendering {
    Rendering {
        name,
        overlay: name,
        component: None,
    }
}

const RENDERINGS: [Rendering; 6] = [
    overlay("single"),
    overlay("staging"),
    overlay("production"),
    Rendering {
        name: "development",
        overlay: "staging",
        component: Some("postgres-dev"),
    },
    Rendering {
        name: "community",
        overlay: "single",
        component: Some("community"),
    },
    Rendering {
        name: "backup",
        overlay: "staging",
        component: Some("backup"),
    },
];

/// A program that reads rendered objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checker {
    Kubeconform,
    KubeScore,
    Conftest,
}

impl Checker {
    const ALL: [Self; 3] = [Self::Kubeconform, Self::KubeScore, Self::Conftest];

    fn over(self, objects: &Path) -> Command {
        let mut command = match self {
            Self::Kubeconform => schemas::kubeconform(),
            Self::KubeScore => {
                let mut command = Command::new(tool("kube-score"));
                command.args(["score", "--output-format=ci", "--ignore-test", NOT_ASKED]);
                command.arg(format!("--kubernetes-version=v{KUBERNETES}"));
                command
            }
            Self::Conftest => {
                let mut command = Command::new(tool("conftest"));
                command.args(["test", "--no-color", "--combine", "--policy", POLICIES]);
                command
            }
        };
        command.arg(objects);
        command
    }
}

/// Renders and checks everything.
pub(crate) fn run() -> Result<()> {
    std::fs::create_dir_all(SCRATCH)?;
    schemas::prepare()?;
    faults::must_all_be_found()?;
    for rendering in &RENDERINGS {
        let file = rendering.render()?;
        for checker in Checker::ALL {
            judge(&mut checker.over(&file)).with_context(|| format!("the rendering `{}`", rendering.name))?;
        }
        println!("{} is sound", rendering.name);
    }
    quick_start()?;
    compose::run()
}

impl Rendering {
    /// Writes the objects into a file, and returns its path.
    fn render(&self) -> Result<PathBuf> {
        let mut folder = Path::new("deploy/overlays").join(self.overlay);
        if let Some(component) = self.component {
            let root = "../../../..";
            let text = format!(
                "namespace: checked\nresources: [{root}/deploy/overlays/{}]\n\
                 components: [{root}/deploy/components/{component}]\n",
                self.overlay
            );
            folder = Path::new(SCRATCH).join(self.name);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("kustomization.yaml"), text)?;
        }
        let objects = shell::output(Command::new(tool("kustomize")).arg("build").arg(folder))?;
        let file = Path::new(SCRATCH).join(format!("{}.yaml", self.name));
        std::fs::write(&file, objects)?;
        Ok(file)
    }
}

/// Runs a checker, and shows what it says only if it fails.
fn judge(checker: &mut Command) -> Result<()> {
    let output = checker.output()?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("`{}`:\n{}", shell::line(checker), String::from_utf8_lossy(&said));
    }
    Ok(())
}

/// Compares the committed file with what the overlay renders today.
fn quick_start() -> Result<()> {
    let rendered = std::fs::read_to_string(Path::new(SCRATCH).join(format!("{QUICK_START_OF}.yaml")))?;
    let fresh = format!("{QUICK_START_HEAD}{rendered}");
    if std::fs::read_to_string(QUICK_START).is_ok_and(|committed| committed == fresh) {
        return Ok(());
    }
    let file = Path::new(SCRATCH).join("quick-start.yaml");
    std::fs::write(&file, fresh)?;
    bail!(
        "`{QUICK_START}` is not what `deploy/overlays/{QUICK_START_OF}` renders\nhelp: cp {} {QUICK_START}",
        file.display()
    )
}

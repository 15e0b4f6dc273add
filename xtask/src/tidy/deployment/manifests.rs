//! The manifests of Kubernetes, beside the image, the program and the compose file.

use super::super::yaml::{self, Node};
use super::{
    COMPOSE, File, Finding, REMEDY, Tree, flow_list, instructions, unknown_settings, variables, volumes,
};

const DEPLOYMENT: &str = "deploy/base/deployment.yaml";
const CONFIGURATION: &str = "deploy/base/configmap.yaml";
const SERVICE: &str = "deploy/base/service.yaml";
const NETWORK: &str = "deploy/base/networkpolicy.yaml";
/// The document of the API, which names every path.
pub(super) const PATHS: &str = "docs/reference/openapi.json";
const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];

/// A file with what it holds.
struct Manifest<'a> {
    file: &'a File,
    root: Node,
}

impl<'a> Manifest<'a> {
    fn read(tree: &'a Tree, path: &str) -> Result<Self, Finding> {
        let lost = || Finding::at(path, 1, "no manifest that can be read", "restore the file");
        let file = tree.get(path).ok_or_else(lost)?;
        let root = yaml::parse(&file.text).ok_or_else(lost)?;
        Ok(Self { file, root })
    }

    fn finding(&self, at: &Node, message: impl Into<String>) -> Finding {
        Finding::new(self.file, at.line, message, REMEDY)
    }

    /// A finding if the value is not there or is another one.
    fn differs(&self, at: &Node, keys: &[&str], expected: &str) -> Option<Finding> {
        let found = descend(at, keys);
        if found.and_then(Node::text) == Some(expected) {
            return None;
        }
        let message = format!("`{}` is not `{expected}`, as elsewhere", keys.join("."));
        Some(self.finding(found.unwrap_or(at), message))
    }
}

pub(super) fn descend<'a>(at: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter().try_fold(at, |node, key| node.get(key))
}

/// The entries of the list at this key.
pub(super) fn list<'a>(of: &'a Node, key: &str) -> &'a [Node] {
    of.get(key).map_or(&[], Node::items)
}

pub(super) fn text<'a>(of: &'a Node, key: &str) -> &'a str {
    of.get(key).and_then(Node::text).unwrap_or_default()
}

/// What the entries of a list say under a key.
pub(super) fn texts<'a>(items: &'a [Node], key: &str) -> Vec<&'a str> {
    items.iter().map(|item| text(item, key)).collect()
}

/// The one container of the pod.
fn container<'a>(manifest: &'a Manifest<'_>) -> Option<&'a Node> {
    match list(
        descend(&manifest.root, &["spec", "template", "spec"])?,
        "containers",
    ) {
        [container] => Some(container),
        _ => None,
    }
}

/// Compares all of them.
pub(super) fn agreement(tree: &Tree, dockerfile: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for compare in [pod, settings, network] {
        match compare(tree, dockerfile) {
            Ok(found) => findings.extend(found),
            Err(lost) => findings.push(lost),
        }
    }
    for file in tree.ending("/kustomization.yaml") {
        findings.extend(kustomization(tree, file));
    }
    findings
}

/// The pod and the image: user, port, folders, command, probes, and the time to end.
fn pod(tree: &Tree, dockerfile: &File) -> Result<Vec<Finding>, Finding> {
    let manifest = Manifest::read(tree, DEPLOYMENT)?;
    let pod = descend(&manifest.root, &["spec", "template", "spec"]);
    let (Some(pod), Some(container)) = (pod, container(&manifest)) else {
        return Err(manifest.finding(&manifest.root, "no pod with one container"));
    };
    let first = |name: &str| {
        let found = instructions(dockerfile, name);
        found.first().map_or("", |(_, words)| *words)
    };
    let (user, group) = first("USER").split_once(':').unwrap_or_default();
    let of_pod = [
        (&["securityContext", "runAsUser"][..], user),
        (&["securityContext", "runAsGroup"], group),
        (&["securityContext", "fsGroup"], group),
    ];
    let grace = grace_period(tree).map(|seconds| (&["terminationGracePeriodSeconds"][..], seconds));
    let mut findings: Vec<_> = of_pod
        .into_iter()
        .chain(grace)
        .filter_map(|(keys, expected)| manifest.differs(pod, keys, expected))
        .collect();
    let ports = list(container, "ports").iter();
    findings.extend(ports.filter_map(|port| manifest.differs(port, &["containerPort"], first("EXPOSE"))));
    let mut mounts = texts(list(container, "volumeMounts"), "mountPath");
    mounts.sort_unstable();
    if mounts != volumes(dockerfile) {
        let at = container.get("volumeMounts").unwrap_or(container);
        findings.push(manifest.finding(at, "mounts other folders than the image has volumes"));
    }
    let args: Vec<_> = list(container, "args").iter().filter_map(Node::text).collect();
    if args != flow_list(first("CMD")) {
        findings.push(manifest.finding(container, "starts another command than the image"));
    }
    findings.extend(
        PROBES
            .iter()
            .filter_map(|name| probe(tree, &manifest, container, name)),
    );
    findings.extend(environment(tree, &manifest, container));
    Ok(findings)
}

/// The seconds that compose gives the program to end; that there is a compose file is another finding.
fn grace_period(tree: &Tree) -> Option<&str> {
    let mut lines = tree.get(COMPOSE)?.text.lines();
    let found = lines.find_map(|line| line.trim().strip_prefix("stop_grace_period: "));
    Some(found.unwrap_or_default().trim_end_matches('s'))
}

/// A probe asks a path that the API has, on a port that the container has.
fn probe(tree: &Tree, manifest: &Manifest<'_>, container: &Node, name: &str) -> Option<Finding> {
    let Some(ask) = descend(container, &[name, "httpGet"]) else {
        return Some(manifest.finding(container, format!("no `{name}` that asks by HTTP")));
    };
    let paths = tree.get(PATHS).map_or("", |file| file.text.as_str());
    if !paths.contains(&format!("\"{}\": {{", text(ask, "path"))) {
        return Some(manifest.finding(ask, format!("`{name}` asks no path of the API")));
    }
    let is_known = texts(list(container, "ports"), "name").contains(&text(ask, "port"));
    (!is_known).then(|| manifest.finding(ask, format!("`{name}` asks no port of the container")))
}

/// What the container is given beside the ConfigMap are settings of the program.
fn environment(tree: &Tree, manifest: &Manifest<'_>, container: &Node) -> Vec<Finding> {
    let set = list(container, "env").iter();
    let set: Vec<_> = set.map(|entry| (entry.line, text(entry, "name"), "")).collect();
    unknown_settings(tree, manifest.file, &set)
}

/// The literals of a generator, each with its line.
pub(super) fn literals(generator: &Node) -> Vec<(usize, &str, &str)> {
    let pairs = list(generator, "literals").iter().filter_map(|item| {
        let (name, value) = item.text()?.split_once('=')?;
        Some((item.line, name, value))
    });
    pairs.collect()
}

/// The settings of the base and those of the image; that each is there with its default the program's tests say.
fn settings(tree: &Tree, dockerfile: &File) -> Result<Vec<Finding>, Finding> {
    let manifest = Manifest::read(tree, CONFIGURATION)?;
    let set = literals(&manifest.root);
    let mut findings = unknown_settings(tree, manifest.file, &set);
    let exposed = instructions(dockerfile, "EXPOSE");
    let port = exposed.first().map(|(_, port)| ("PORT", *port));
    let of_image = variables(dockerfile)
        .into_iter()
        .map(|(_, name, value)| (name, value));
    for (name, value) in of_image.chain(port) {
        let found = set.iter().find(|(_, known, _)| *known == name);
        if found.is_none_or(|(_, _, other)| *other != value) {
            let line = found.map_or(1, |(line, _, _)| *line);
            let message = format!("`{name}` is not `{value}`, as in the image");
            findings.push(Finding::new(manifest.file, line, message, REMEDY));
        }
    }
    Ok(findings)
}

/// The Service and the NetworkPolicy lead to the port of the container.
fn network(tree: &Tree, _: &File) -> Result<Vec<Finding>, Finding> {
    let pods = Manifest::read(tree, DEPLOYMENT)?;
    let names = container(&pods).map_or_else(Vec::new, |container| texts(list(container, "ports"), "name"));
    let service = Manifest::read(tree, SERVICE)?;
    let policy = Manifest::read(tree, NETWORK)?;
    let targets = descend(&service.root, &["spec"]).map_or(&[][..], |spec| list(spec, "ports"));
    let ingress = descend(&policy.root, &["spec"]).map_or(&[][..], |spec| list(spec, "ingress"));
    let opened = ingress.iter().flat_map(|rule| list(rule, "ports"));
    let led = targets.iter().map(|port| (&service, port, "targetPort"));
    let led = led.chain(opened.map(|port| (&policy, port, "port")));
    let lost = led.filter(|(_, port, key)| !names.contains(&text(port, key)));
    Ok(lost
        .map(|(manifest, port, _)| manifest.finding(port, "leads to no port of the container"))
        .collect())
}

/// An overlay or a component: it sets what the program reads, and its images are of this version.
fn kustomization(tree: &Tree, file: &File) -> Vec<Finding> {
    let Some(root) = yaml::parse(&file.text) else {
        let remedy = "keep to plain YAML, without anchors, aliases and tags";
        return vec![Finding::new(file, 1, "no manifest that can be read", remedy)];
    };
    let mut findings = Vec::new();
    for generator in list(&root, "configMapGenerator") {
        findings.extend(unknown_settings(tree, file, &literals(generator)));
    }
    let manifest = tree.get("Cargo.toml").map_or("", |file| file.text.as_str());
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    let version = version.unwrap_or_default().trim_matches('"');
    for image in list(&root, "images")
        .iter()
        .filter(|image| text(image, "newTag") != version)
    {
        let message = format!("an image of another version than `{version}`");
        let remedy = "set `newTag` to the version in `Cargo.toml`";
        findings.push(Finding::new(file, image.line, message, remedy));
    }
    findings
}

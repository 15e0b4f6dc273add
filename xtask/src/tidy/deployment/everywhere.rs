//! Every YAML file below `deploy`, whatever its name: containers of the program, settings for it, and ways to it.
//!
//! A file that is added is looked at without being named anywhere. What a file leaves out is a matter of others, since it
//! may be a patch.

use super::super::yaml::{self, Node};
use super::manifests::{PATHS, descend, list, literals, text};
use super::{File, Finding, REMEDY, Tree, instructions, reference, volumes};

/// The program's name: of its container, its image, its ConfigMap and its host in compose.
const NAME: &str = "asset-injector";

/// What a file may say.
struct Known<'a> {
    settings: Vec<&'a str>,
    /// The document that names every path of the API.
    paths: &'a str,
    /// User and group.
    user: (&'a str, &'a str),
    port: &'a str,
    folders: Vec<String>,
    /// Names and numbers of the ports of all containers and Services.
    ports: Vec<String>,
}

/// A file with the documents in it.
struct Read<'a> {
    file: &'a File,
    documents: Vec<Node>,
}

/// Something that is wrong in a file.
type Wrong = (usize, String);

/// Compares all of them.
pub(super) fn agreement(tree: &Tree, dockerfile: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut files = Vec::new();
    let is_yaml = |file: &&File| file.path.ends_with(".yaml") || file.path.ends_with(".yml");
    let below = tree.texts().filter(|file| file.path.starts_with("deploy/"));
    for file in below.filter(is_yaml) {
        match yaml::documents(&file.text) {
            Some(documents) => files.push(Read { file, documents }),
            None => {
                let remedy = "keep to plain YAML, without anchors, aliases and tags";
                findings.push(Finding::new(file, 1, "no YAML that can be read", remedy));
            }
        }
    }
    let first = |name: &str| {
        let found = instructions(dockerfile, name);
        found.first().map_or("", |(_, words)| *words)
    };
    let known = Known {
        settings: reference::settings(tree),
        paths: tree.get(PATHS).map_or("", |file| file.text.as_str()),
        user: first("USER").split_once(':').unwrap_or_default(),
        port: first("EXPOSE"),
        folders: volumes(dockerfile),
        ports: files.iter().flat_map(|read| ports(&read.documents)).collect(),
    };
    for Read { file, documents } in &files {
        let wrong = documents.iter().flat_map(|document| known.wrong(document));
        findings.extend(wrong.map(|(line, message)| Finding::new(file, line, message, REMEDY)));
    }
    findings
}

/// The node and all that it holds.
fn all(node: &Node) -> Vec<&Node> {
    let inside = node.entries().iter().map(|(_, value)| value).chain(node.items());
    std::iter::once(node).chain(inside.flat_map(all)).collect()
}

/// The names and numbers of ports that containers and Services have.
fn ports(documents: &[Node]) -> Vec<String> {
    let nodes = documents.iter().flat_map(all);
    let of_node = nodes.flat_map(|node| {
        let is_service = text(node, "kind") == "Service";
        let of_service = descend(node, &["spec"]).filter(|_| is_service);
        let holders = list(node, "containers").iter().chain(of_service);
        holders.flat_map(|holder| list(holder, "ports"))
    });
    let told = of_node.flat_map(|port| ["name", "containerPort"].map(|key| text(port, key).to_owned()));
    told.filter(|told| !told.is_empty()).collect()
}

fn is_ours(container: &Node) -> bool {
    let image = text(container, "image");
    let (path, _) = image.split_once(':').unwrap_or((image, ""));
    let is_image = path.rsplit('/').next() == Some(NAME);
    is_image || (image.is_empty() && text(container, "name") == NAME)
}

impl Known<'_> {
    /// What is wrong in a document, or in a patch that a document holds as text.
    fn wrong(&self, document: &Node) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for node in all(document) {
            if list(node, "containers").iter().any(is_ours) {
                wrong.extend(self.user(node));
            }
            for container in list(node, "containers").iter().filter(|one| is_ours(one)) {
                wrong.extend(self.container(container));
            }
            wrong.extend(self.configuration(node));
            wrong.extend(self.ways(node));
            if let Some(patch) = node.get("patch")
                && let Some(documents) = patch.text().and_then(yaml::documents)
            {
                let inside = documents.iter().flat_map(|document| self.wrong(document));
                wrong.extend(inside.map(|(_, message)| (patch.line, message)));
            }
        }
        wrong
    }

    /// A pod of the program runs as the image does.
    fn user(&self, pod: &Node) -> Vec<Wrong> {
        let (user, group) = self.user;
        let expected = [("runAsUser", user), ("runAsGroup", group), ("fsGroup", group)];
        let told = expected
            .into_iter()
            .filter_map(|(key, expected)| Some((key, expected, descend(pod, &["securityContext", key])?)));
        told.filter(|(_, expected, at)| at.text() != Some(expected))
            .map(|(key, expected, at)| (at.line, format!("`{key}` is not `{expected}`, as in the image")))
            .collect()
    }

    /// A container of the program: its settings, port and folders.
    fn container(&self, container: &Node) -> Vec<Wrong> {
        let words = texts_of(container, "args");
        let mut wrong = Vec::new();
        for set in list(container, "env") {
            let name = text(set, "name");
            // One that is there for its own command line.
            let is_used = words.iter().any(|word| word.contains(&format!("$({name})")));
            if !is_used && !self.settings.contains(&name) {
                wrong.push((set.line, format!("the program has no setting `{name}`")));
            }
        }
        for port in list(container, "ports") {
            let number = text(port, "containerPort");
            if number != self.port {
                wrong.push((port.line, format!("`{number}` is not the port of the image")));
            }
        }
        for mount in list(container, "volumeMounts") {
            let folder = text(mount, "mountPath");
            let is_used = words.iter().any(|word| word.starts_with(&format!("{folder}/")));
            if !is_used && !self.folders.iter().any(|known| known == folder) {
                let message = format!("the program writes nothing to `{folder}`");
                wrong.push((mount.line, message));
            }
        }
        let asked = container
            .entries()
            .iter()
            .filter_map(|(_, probe)| descend(probe, &["httpGet"]));
        let lost = asked.filter(|ask| !self.has_path(text(ask, "path")));
        wrong.extend(lost.map(|ask| {
            (
                ask.get("path").unwrap_or(ask).line,
                "a probe that asks no path of the API".to_owned(),
            )
        }));
        wrong
    }

    fn has_path(&self, path: &str) -> bool {
        self.paths.contains(&format!("\"{path}\": {{"))
    }

    /// A ConfigMap of the program, or what generates one.
    fn configuration(&self, node: &Node) -> Vec<Wrong> {
        let name = descend(node, &["metadata", "name"]).and_then(Node::text);
        if !name.is_some_and(|name| name.starts_with(NAME)) {
            return Vec::new();
        }
        let set: Vec<(usize, &str)> = match text(node, "kind") {
            "ConfigMap" => {
                let data = node.get("data").map_or(&[][..], Node::entries);
                data.iter()
                    .map(|(key, value)| (value.line, key.as_str()))
                    .collect()
            }
            "ConfigMapGenerator" => {
                let literals = literals(node).into_iter();
                literals.map(|(line, key, _)| (line, key)).collect()
            }
            _ => Vec::new(),
        };
        set.into_iter()
            .filter(|(_, key)| !self.settings.contains(key))
            .map(|(line, key)| (line, format!("the program has no setting `{key}`")))
            .collect()
    }

    /// Ports and paths by which somebody asks: Services, policies, probes, Prometheus, and addresses in compose.
    fn ways(&self, node: &Node) -> Vec<Wrong> {
        let mut asked: Vec<&Node> = Vec::new();
        let rules = descend(node, &["spec"]).map_or(&[][..], |spec| list(spec, "ingress"));
        let policy = rules.iter().flat_map(|rule| list(rule, "ports"));
        let endpoints = list(node, "endpoints").iter();
        let probes = ["httpGet", "tcpSocket"]
            .into_iter()
            .filter_map(|key| node.get(key));
        asked.extend(
            policy
                .chain(endpoints)
                .chain(probes)
                .filter_map(|at| at.get("port")),
        );
        asked.extend(node.get("targetPort"));
        let mut wrong: Vec<Wrong> = asked
            .into_iter()
            .filter(|at| {
                !at.text()
                    .is_some_and(|port| self.ports.iter().any(|known| known == port))
            })
            .map(|at| (at.line, "leads to no port of a container".to_owned()))
            .collect();
        let paths = list(node, "endpoints")
            .iter()
            .filter_map(|endpoint| endpoint.get("path"));
        let lost = paths
            .chain(node.get("metrics_path"))
            .filter(|at| !self.has_path(at.text().unwrap_or_default()));
        wrong.extend(lost.map(|at| (at.line, "asks for no path of the API".to_owned())));
        let port = node
            .text()
            .and_then(|text| text.strip_prefix(NAME)?.strip_prefix(':'));
        let is_number = |port: &&str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(port) = port.filter(is_number).filter(|port| *port != self.port) {
            wrong.push((node.line, format!("`{port}` is not the port of the image")));
        }
        wrong
    }
}

/// The texts of the list at this key.
fn texts_of<'a>(of: &'a Node, key: &str) -> Vec<&'a str> {
    list(of, key).iter().filter_map(Node::text).collect()
}

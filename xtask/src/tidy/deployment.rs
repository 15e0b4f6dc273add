//! `Dockerfile`, the compose files and the manifests set only what the program reads, and say the same of user, port,
//! folders and health check.
//!
//! Of the compose files it reads block mappings and lists, and flow lists of JSON.

mod everywhere;
mod inputs;
mod manifests;

use super::{File, Finding, Tree, reference};

const DOCKERFILE: &str = "Dockerfile";
const COMPOSE: &str = "deploy/docker-compose.yml";
const OVERRIDE: &str = "deploy/docker-compose.override.yml";
/// The service that is built of the Dockerfile.
const SERVICE: &str = "services/asset-injector";
const CONFIGURATION: &str = "docs/reference/configuration.md";
const REMEDY: &str = "make `Dockerfile`, the compose files, the manifests and the reference say the same";

/// A line of the Dockerfile, or of a YAML file with the keys above it.
struct Entry<'a> {
    line: usize,
    /// The keys above, with `/` between them.
    path: String,
    /// The key, or `-` for an item of a list.
    key: &'a str,
    value: &'a str,
}

/// Compares all of them.
pub(super) fn agreement(tree: &Tree) -> Vec<Finding> {
    let Some(dockerfile) = tree.get(DOCKERFILE) else {
        return vec![Finding::at(
            DOCKERFILE,
            1,
            "there is no Dockerfile",
            "restore the file",
        )];
    };
    let mut findings = unknown_settings(tree, dockerfile, &variables(dockerfile));
    findings.extend(image(tree, dockerfile));
    for path in [COMPOSE, OVERRIDE] {
        let Some(file) = tree.get(path) else {
            findings.push(Finding::at(path, 1, "there is no such file", "restore the file"));
            continue;
        };
        let entries = entries(file);
        let environment = format!("{SERVICE}/environment");
        let set: Vec<_> = entries
            .iter()
            .filter(|entry| entry.path == environment)
            .map(|entry| (entry.line, entry.key, entry.value))
            .collect();
        findings.extend(unknown_settings(tree, file, &set));
        findings.extend(service(dockerfile, file, &entries));
    }
    findings.extend(manifests::agreement(tree, dockerfile));
    findings.extend(inputs::agreement(tree, dockerfile));
    // One a line is enough.
    let place = |finding: &Finding| (finding.path.clone(), finding.line);
    let known: Vec<_> = findings.iter().map(place).collect();
    let others = everywhere::agreement(tree, dockerfile).into_iter();
    findings.extend(others.filter(|finding| !known.contains(&place(finding))));
    findings
}

/// The variables that `ENV` sets, each with its line and value.
fn variables(dockerfile: &File) -> Vec<(usize, &str, &str)> {
    let of_instruction = instructions(dockerfile, "ENV")
        .into_iter()
        .flat_map(|(line, words)| {
            let pairs = words.split(' ').filter_map(|word| word.split_once('='));
            pairs.map(move |(name, value)| (line, name, value))
        });
    // The compiler's stage has a path of its own.
    of_instruction.filter(|(_, name, _)| *name != "PATH").collect()
}

/// What stands after this word at the start of a line.
fn instructions<'a>(dockerfile: &'a File, name: &str) -> Vec<(usize, &'a str)> {
    let rest = |text: &'a str| text.strip_prefix(name)?.strip_prefix(' ');
    dockerfile
        .lines()
        .filter_map(|(line, text)| Some((line, rest(text)?)))
        .collect()
}

fn unknown_settings(tree: &Tree, file: &File, set: &[(usize, &str, &str)]) -> Vec<Finding> {
    let known = reference::settings(tree);
    let unknown = set.iter().filter(|(_, name, _)| !known.contains(name));
    unknown
        .map(|(line, name, _)| {
            let message = format!("the program has no setting `{name}`");
            Finding::new(file, *line, message, "take one of the configuration reference")
        })
        .collect()
}

/// The Dockerfile and the program: the port is the default one, the folders are those of the settings.
fn image(tree: &Tree, dockerfile: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let row = tree
        .get(CONFIGURATION)
        .and_then(|file| file.text.lines().find(|line| line.starts_with("| `PORT`")));
    let port = row.and_then(|row| row.split('`').nth_back(1));
    for (line, exposed) in instructions(dockerfile, "EXPOSE") {
        if Some(exposed) != port {
            let message = format!("`{exposed}` is not the port that the program listens on");
            findings.push(Finding::new(dockerfile, line, message, REMEDY));
        }
    }
    let volumes = volumes(dockerfile);
    for (line, name, value) in variables(dockerfile) {
        if name.ends_with("_DIR") && !volumes.contains(&value.to_owned()) {
            let message = format!("`{name}` is no volume");
            findings.push(Finding::new(dockerfile, line, message, REMEDY));
        }
    }
    for name in ["USER", "EXPOSE", "VOLUME", "HEALTHCHECK", "STOPSIGNAL"] {
        if instructions(dockerfile, name).len() != 1 {
            let message = format!("not exactly one {name}");
            findings.push(Finding::new(
                dockerfile,
                1,
                message,
                "say it once, for every target",
            ));
        }
    }
    findings
}

fn volumes(dockerfile: &File) -> Vec<String> {
    let mut volumes: Vec<String> = instructions(dockerfile, "VOLUME")
        .into_iter()
        .flat_map(|(_, list)| flow_list(list))
        .collect();
    volumes.sort();
    volumes
}

/// The command of the health check.
fn health_check(dockerfile: &File) -> Vec<String> {
    let found = instructions(dockerfile, "HEALTHCHECK");
    let (_, words) = found.first().copied().unwrap_or((1, ""));
    let (_, list) = words.split_once("CMD ").unwrap_or(("", "[]"));
    let mut command = vec!["CMD".to_owned()];
    command.extend(flow_list(list));
    command
}

/// What a compose file says of the service; the first file must say all of it.
fn service(dockerfile: &File, file: &File, entries: &[Entry<'_>]) -> Vec<Finding> {
    let under = |path: &str, key: &str| -> Vec<&Entry<'_>> {
        let path = format!("{SERVICE}{path}");
        let found = entries
            .iter()
            .filter(|entry| entry.path == path && entry.key == key);
        found.collect()
    };
    let first = |name: &str| {
        instructions(dockerfile, name)
            .first()
            .map_or("", |(_, words)| *words)
    };
    let port = first("EXPOSE");
    let (user, ports) = (under("", "user"), under("/ports", "-"));
    let (tests, mounts) = (under("/healthcheck", "test"), under("/volumes", "-"));
    let wrong = [
        (
            "user",
            user.iter().find(|entry| unquoted(entry.value) != first("USER")),
        ),
        ("port", ports.iter().find(|entry| target(entry.value) != port)),
        (
            "health check",
            tests
                .iter()
                .find(|entry| flow_list(entry.value) != health_check(dockerfile)),
        ),
        (
            "folder",
            mounts
                .iter()
                .find(|entry| !volumes(dockerfile).contains(&target(entry.value).to_owned())),
        ),
    ];
    let mut findings: Vec<_> = wrong
        .into_iter()
        .filter_map(|(what, entry)| Some((what, entry?)))
        .map(|(what, entry)| {
            let message = format!("another {what} than in `{DOCKERFILE}`: {}", entry.value);
            Finding::new(file, entry.line, message, REMEDY)
        })
        .collect();
    let mut mounted: Vec<_> = mounts
        .iter()
        .map(|entry| target(entry.value).to_owned())
        .collect();
    mounted.sort();
    let missing = user.is_empty() || ports.is_empty() || tests.is_empty() || mounted != volumes(dockerfile);
    if file.path == COMPOSE && missing && findings.is_empty() {
        let message = "user, port, health check or a volume is missing";
        findings.push(Finding::new(file, 1, message, REMEDY));
    }
    findings
}

/// What stands after the last colon: the container's side of a port or a volume.
fn target(mapping: &str) -> &str {
    unquoted(mapping).rsplit(':').next().unwrap_or_default()
}

fn unquoted(value: &str) -> &str {
    value.trim_matches('"')
}

/// The texts of `["a", "b"]`; none if it is something else.
fn flow_list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Every key and every item of a list, in order.
fn entries(file: &File) -> Vec<Entry<'_>> {
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut entries = Vec::new();
    for (line, text) in file.lines() {
        let content = text.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let depth = text.len() - content.len();
        above.retain(|(other, _)| *other < depth);
        let path = above.iter().map(|(_, key)| *key).collect::<Vec<_>>().join("/");
        let (key, value) = match content.strip_prefix("- ") {
            Some(item) => ("-", item),
            None => content.split_once(':').unwrap_or((content, "")),
        };
        above.push((depth, key));
        entries.push(Entry {
            line,
            path,
            key,
            value: value.trim(),
        });
    }
    entries
}

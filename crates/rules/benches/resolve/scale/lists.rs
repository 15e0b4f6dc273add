//! Rules made of filter lists and lists of hosts, as far as both languages can say the same.

use crate::synthetic::{Made, whole_host};
use std::{collections::HashSet, fs, io, path::Path};
use urlmatch::{Pattern, PatternKind};

/// Reads every text file of a folder.
pub(crate) fn read(folder: &Path) -> io::Result<Vec<Made>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let mut seen = HashSet::new();
    let mut rules = Vec::new();
    for path in paths {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let made = text.lines().flat_map(of_line);
        rules.extend(made.filter(|rule| seen.insert(rule.pattern.clone())));
    }
    rules.retain(|rule| Pattern::parse(rule.kind, &rule.pattern).is_ok());
    Ok(rules)
}

/// The rules of one line: a host, a filter of requests, or the hosts of a filter of elements.
fn of_line(line: &str) -> Vec<Made> {
    let line = line.trim();
    if line.starts_with(['!', '[', '@']) || line.contains("://") || line.is_empty() {
        return Vec::new();
    }
    if let Some(at) = line.find("##").or_else(|| line.find("#@#")) {
        let hosts = line[..at].split(',').filter(|host| is_host(host));
        return hosts.map(whole_host).collect();
    }
    if is_host(line) {
        return vec![whole_host(line)];
    }
    let filter = line.split('$').next().unwrap_or(line);
    of_filter(filter).into_iter().collect()
}

fn is_host(text: &str) -> bool {
    let is_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    text.contains('.') && !text.starts_with(['.', '-']) && !text.ends_with('.') && text.bytes().all(is_byte)
}

fn of_filter(filter: &str) -> Option<Made> {
    if filter.len() < 4 || filter.contains(['\\', '?', '|']) && !filter.starts_with("||") {
        return None;
    }
    let made = |pattern: String, filter: String| Made {
        kind: PatternKind::Wildcard,
        pattern,
        filter: Some(filter),
    };
    if let Some(rest) = filter.strip_prefix("||") {
        let (host, path) = rest.split_once(['/', '^']).unwrap_or((rest, ""));
        let path = path.replace('^', "*");
        return is_host(host).then(|| made(format!("*.{host}/{path}*"), filter.to_owned()));
    }
    let text = filter.trim_matches('*').replace('^', "*");
    Some(made(format!("*/*{text}*"), format!("{text}*")))
}

//! Indexes for those who run a repository: the same packs and rules give the same bytes.

use super::{FORMAT_VERSION, Index, ListedPack, ListedRule, Release, SinglesIndex, wire};
use crate::{
    content::{Content, Problem},
    digest::sha256,
    path,
};
use rulefile::{Severity, Source, default_id, parse, rule_file};
use rules::{IdSpace, PackFile, Rule, SINGLES, Timestamp, on_parser_stack};
use serde::Serialize;
use serde_json::{Value, to_value};
use std::collections::{BTreeMap, HashMap};

impl Index {
    /// An index of these archives, each with the bytes it has.
    pub fn build<'a>(
        archives: impl IntoIterator<Item = (&'a Content, u64)>,
        categories: Vec<String>,
        updated_at: Timestamp,
    ) -> Self {
        let mut by_name: BTreeMap<&str, Vec<(&Content, u64)>> = BTreeMap::new();
        for (content, size) in archives {
            by_name
                .entry(&content.manifest.name)
                .or_default()
                .push((content, size));
        }
        Self {
            version: FORMAT_VERSION.to_owned(),
            updated_at,
            categories,
            packs: by_name.into_values().filter_map(listed).collect(),
            problems: Vec::new(),
        }
    }

    /// The index as JSON.
    pub fn to_json(&self) -> String {
        print(&wire::Index {
            version: self.version.clone().into(),
            updated_at: self.updated_at.to_string(),
            categories: self.categories.iter().cloned().map(Value::String).collect(),
            packs: self
                .packs
                .iter()
                .filter_map(|pack| to_value(shape(pack)).ok())
                .collect(),
        })
    }
}

/// A pack with all its archives; it is described by the newest that is no pre-release, else by the newest.
fn listed(mut archives: Vec<(&Content, u64)>) -> Option<ListedPack> {
    archives.sort_by(|(a, _), (b, _)| b.manifest.version.cmp(&a.manifest.version));
    archives.dedup_by(|(a, _), (b, _)| a.manifest.version == b.manifest.version);
    let is_stable = |(content, _): &&(&Content, u64)| content.manifest.version.pre.is_empty();
    let (newest, _) = archives.iter().find(is_stable).or(archives.first())?;
    let release = |(content, size): &(&Content, u64)| Release {
        version: content.manifest.version.clone(),
        sha256: Some(content.sha256.clone()),
        size: Some(*size),
        requires: content.manifest.requires.clone(),
    };
    Some(ListedPack {
        name: newest.manifest.name.to_string(),
        description: newest.manifest.description.clone(),
        author: newest.manifest.author.clone(),
        rule_count: newest.rules.len() as u64,
        releases: archives.iter().map(release).collect(),
    })
}

fn shape(pack: &ListedPack) -> Option<wire::Pack> {
    let newest = pack.newest().or(pack.releases.first())?;
    let release = |release: &Release| wire::Release {
        version: release.version.to_string(),
        sha256: release.sha256.clone(),
        size: release.size,
        requires: release
            .requires
            .as_ref()
            .map(|requires| requires.as_str().to_owned()),
    };
    Some(wire::Pack {
        name: pack.name.clone(),
        version: newest.version.to_string(),
        description: pack.description.clone(),
        author: pack.author.clone(),
        rule_count: pack.rule_count,
        sha256: newest.sha256.clone(),
        versions: pack.releases.iter().map(release).collect(),
    })
}

impl SinglesIndex {
    /// An index of the files of `singles/rules/`, with paths relative to that folder.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with a file: each holds one valid rule, with an id that no other one has.
    pub fn build(files: &[PackFile], updated_at: Timestamp) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut seen: HashMap<String, &str> = HashMap::new();
        let mut rules: Vec<ListedRule> = Vec::new();
        on_parser_stack(|| {
            for file in files {
                match single(file) {
                    Ok(rule) => match seen.insert(rule.id.to_ascii_lowercase(), &file.path) {
                        None => rules.push(rule),
                        Some(first) => {
                            let reason = format!("`{}` is the id of {first} too", rule.id);
                            problems.push(Problem::whole(&file.path, reason, None));
                        }
                    },
                    Err(mut found) => problems.append(&mut found),
                }
            }
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by(|a, b| a.file.cmp(&b.file));
        let count = rules.len() as u64;
        Ok(Self {
            version: FORMAT_VERSION.to_owned(),
            updated_at,
            count,
            entries: count,
            rules,
            problems: Vec::new(),
        })
    }

    /// The index as JSON.
    pub fn to_json(&self) -> String {
        let shape = |rule: &ListedRule| wire::Rule {
            id: rule.id.clone(),
            pattern: rule.pattern.clone(),
            kind: rule.kind.clone(),
            description: rule.description.clone(),
            author: rule.author.clone(),
            tags: rule.tags.clone(),
            file: rule.file.clone(),
            hash: rule.hash.clone(),
        };
        print(&wire::Singles {
            version: self.version.clone().into(),
            updated_at: self.updated_at.to_string(),
            count: self.count,
            rules: self
                .rules
                .iter()
                .filter_map(|rule| to_value(shape(rule)).ok())
                .collect(),
        })
    }
}

/// The one rule of a file.
fn single(file: &PackFile) -> Result<ListedRule, Vec<Problem>> {
    let whole = |reason: &str, hint| vec![Problem::whole(&file.path, reason, hint)];
    path::check(&file.path).map_err(|reason| whole(&reason, None))?;
    if path::is_in_rule_file(&file.path) {
        return Err(whole("is in a folder that is named as a rule file", None));
    }
    let named = rule_file(&file.path).filter(|_| file.path.ends_with(".rule.yaml"));
    let Some((format, stem)) = named else {
        return Err(whole(
            "is not named as a single rule",
            Some("its name ends with `.rule.yaml`"),
        ));
    };
    let id = default_id(stem);
    let space = IdSpace::Pack(SINGLES.to_owned());
    let parsed = parse(
        &file.bytes,
        &Source {
            format,
            space,
            default_id: Some(&id),
        },
    );
    let errors = parsed
        .diagnostics
        .into_iter()
        .filter(|d| d.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|d| Problem::of(&file.path, d)).collect();
    match (parsed.rules.as_slice(), errors.is_empty()) {
        ([parsed], true) => Ok(entry(&parsed.rule, stem, &file.bytes)),
        (_, true) => Err(whole("does not hold exactly one rule", None)),
        (_, false) => Err(errors),
    }
}

fn entry(rule: &Rule, file: &str, bytes: &[u8]) -> ListedRule {
    let id = rule.id().as_str();
    ListedRule {
        id: id.split_once(':').map_or(id, |(_, id)| id).to_owned(),
        file: file.to_owned(),
        hash: Some(sha256(bytes)),
        pattern: rule.pattern().as_str().to_owned(),
        kind: rule.pattern().kind().as_str().to_owned(),
        description: rule.description().unwrap_or_default().to_owned(),
        author: rule.author().unwrap_or_default().to_owned(),
        tags: rule.tags().to_vec(),
    }
}

fn print(shape: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(shape).unwrap_or_default();
    text.push('\n');
    text
}

//! The metrics that there are, each with its labels.

use std::collections::BTreeMap;

use super::super::markdown::code_spans;
use super::super::{Finding, Tree};
use super::promql::{Found, Selector};
use super::{EXTERNAL, RECORDING, read, rules, text};

/// Generated from what the program counts.
const REFERENCE: &str = "docs/reference/metrics.md";
const PATHS: &str = "docs/reference/openapi.json";
/// Where the upper bounds of the durations stand.
const BOUNDS: &str = "crates/api/src/metrics/requests.rs";
/// The labels that the scrape adds, and the one that every metric of the program has.
const OF_SCRAPE: [&str; 6] = [
    "job",
    "namespace",
    "pod",
    "instance",
    "environment",
    "asset_injector_track",
];
/// What every recorded series is grouped by.
const OF_RECORDED: &str = "namespace";

/// All of them.
pub(super) struct Known<'a> {
    metrics: BTreeMap<String, Metric<'a>>,
    /// The names of other exporters, with their lines.
    external: Vec<(usize, &'a str)>,
    paths: &'a str,
    bounds: &'a str,
}

/// A label, and its values where they are listed.
type Label<'a> = (&'a str, Option<Vec<&'a str>>);

struct Metric<'a> {
    labels: Vec<Label<'a>>,
}

impl<'a> Known<'a> {
    /// Reads what there is; a file that is lost is a finding.
    pub(super) fn read(tree: &'a Tree) -> Result<Self, Finding> {
        let file = |path| {
            let lost = || Finding::at(path, 1, "there is no such file", "restore the file");
            tree.get(path).ok_or_else(lost)
        };
        let mut metrics: BTreeMap<_, _> = file(REFERENCE)?.text.lines().flat_map(of_row).collect();
        let mut external = Vec::new();
        for (line, text) in file(EXTERNAL)?.lines().filter(|(_, text)| !text.starts_with('#')) {
            let mut words = text.splitn(3, ' ');
            let (name, labels) = (words.next().unwrap_or_default(), words.next());
            if words.next().is_none() {
                let message = "not a metric, its labels and its exporter";
                return Err(Finding::at(
                    EXTERNAL,
                    line,
                    message,
                    "write `NAME LABEL,… EXPORTER`",
                ));
            }
            let labels = labels.unwrap_or_default().split(',').map(|label| (label, None));
            metrics.insert(
                name.to_owned(),
                Metric {
                    labels: labels.collect(),
                },
            );
            external.push((line, name));
        }
        for rule in rules(&read(tree, RECORDING)?) {
            let labels = vec![(OF_RECORDED, None)];
            metrics.insert(text(rule, "record").to_owned(), Metric { labels });
        }
        Ok(Self {
            metrics,
            external,
            paths: &file(PATHS)?.text,
            bounds: &file(BOUNDS)?.text,
        })
    }

    /// The names of other exporters, with their lines.
    pub(super) fn external(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.external.iter().copied()
    }

    /// What an expression names that there is not.
    pub(super) fn wrong(&self, found: &Found) -> Vec<String> {
        let mut wrong: Vec<_> = found
            .selectors
            .iter()
            .flat_map(|selector| self.wrong_in(selector))
            .collect();
        let named = found
            .selectors
            .iter()
            .filter_map(|selector| self.metrics.get(&selector.metric));
        let labels: Vec<_> = named.flat_map(|metric| &metric.labels).collect();
        let lost = found
            .grouping
            .iter()
            .filter(|label| !labels.iter().any(|(name, _)| name == label));
        wrong.extend(lost.map(|label| format!("no metric here has the label `{label}`")));
        wrong
    }

    fn wrong_in(&self, selector: &Selector) -> Vec<String> {
        let name = &selector.metric;
        let Some(metric) = self.metrics.get(name) else {
            return vec![format!("there is no metric `{name}`")];
        };
        let mut wrong = Vec::new();
        for (label, values) in &selector.matchers {
            let Some((_, listed)) = metric.labels.iter().find(|(known, _)| known == label) else {
                wrong.push(format!("`{name}` has no label `{label}`"));
                continue;
            };
            let lost = values
                .iter()
                .filter(|value| !self.is_value(label, listed.as_deref(), value));
            wrong.extend(lost.map(|value| format!("`{label}` of `{name}` is never `{value}`")));
        }
        wrong
    }

    fn is_value(&self, label: &str, listed: Option<&[&str]>, value: &str) -> bool {
        match label {
            "route" => value == "unmatched" || self.paths.contains(&format!("\"{value}\": {{")),
            "le" => self.bounds.contains(&format!(" {value},")),
            _ => listed.is_none_or(|listed| listed.contains(&value)),
        }
    }
}

/// The metrics of a row of the reference: a histogram is three.
fn of_row(row: &str) -> Vec<(String, Metric<'_>)> {
    let cells: Vec<_> = row.split(" | ").collect();
    let [name, kind, _, labels, ..] = cells[..] else {
        return Vec::new();
    };
    let Some(name) = name.split('`').nth(1) else {
        return Vec::new();
    };
    let of_scrape = OF_SCRAPE.into_iter().map(|label| (label, None));
    let labels: Vec<_> = labels.split("<br>").filter_map(label).chain(of_scrape).collect();
    let suffixes: &[&str] = match kind {
        "histogram" => &["_bucket", "_sum", "_count"],
        _ => &[""],
    };
    let named = suffixes.iter().map(|suffix| {
        let le = (*suffix == "_bucket").then_some(("le", None));
        let labels = labels.iter().cloned().chain(le).collect();
        (format!("{name}{suffix}"), Metric { labels })
    });
    named.collect()
}

/// A label with its values, if what is said of it begins with one.
fn label(cell: &str) -> Option<Label<'_>> {
    let (name, said) = cell.trim().strip_prefix('`')?.split_once("`: ")?;
    Some((name, said.starts_with('`').then(|| code_spans(said))))
}

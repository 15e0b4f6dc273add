//! Answers, the resolve cache, the rules, their snapshot and their store: all as the catalog reports them.

use super::{Kind, Label, Metric, PLAIN};
use crate::endpoints::rules::filter::{KINDS, LAYERS, STATES};

const fn label(name: &'static str, values: &'static str) -> Label {
    Label { name, values }
}

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "asset_injector_resolves_total",
        kind: Kind::Counter,
        unit: "answers",
        labels: &[label(
            "outcome",
            "`matched`, `truncated` (more rules matched than the limits let in), `unmatched`",
        )],
        help: "Answers to what a page gets, cached ones and those of a batch included.",
        read: |seen, series| {
            let answers = &seen.status.answers;
            series.add(["matched"], answers.matched);
            series.add(["truncated"], answers.truncated);
            series.add(["unmatched"], answers.unmatched);
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_resolve_rules_over_budget_total",
        kind: Kind::Counter,
        unit: "rules",
        help: "Rules that counted as not matching because the steps of a resolve were used up.",
        read: |seen, series| series.set(seen.status.over_budget),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_cache_hits_total",
        kind: Kind::Counter,
        unit: "answers",
        help: "Answers that the resolve cache had.",
        read: |seen, series| series.set(seen.status.cache.hits),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_cache_misses_total",
        kind: Kind::Counter,
        unit: "answers",
        help: "Answers that the resolve cache did not have.",
        read: |seen, series| series.set(seen.status.cache.misses),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_cache_evictions_total",
        kind: Kind::Counter,
        unit: "answers",
        help: "Answers that made room for others in the resolve cache; a change of the rules evicts none, it begins an empty cache.",
        read: |seen, series| series.set(seen.status.cache.evictions),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_cache_entries",
        unit: "answers",
        help: "Answers in the resolve cache.",
        read: |seen, series| series.set(seen.status.cache.entries),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_cache_capacity_entries",
        unit: "answers",
        help: "Answers that the resolve cache may hold (CACHE_MAX_SIZE).",
        read: |seen, series| series.set(seen.status.cache.capacity),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_rules",
        unit: "rules",
        labels: &[
            label("type", "`exact`, `wildcard`, `regex`"),
            label("source", "`local`, `override`, `community`"),
            label(
                "state",
                "`active`, `disabled`, `expired`, `shadowed`, `orphaned`, `untrusted`",
            ),
        ],
        help: "Rules that are loaded, in force or not.",
        read: |seen, series| {
            for (kind_name, kind) in KINDS {
                for (layer_name, layer) in LAYERS {
                    for (state, _) in STATES {
                        let counts = seen.status.counts.iter();
                        let counted = counts
                            .filter(|count| (count.kind, count.layer, count.state) == (kind, layer, state));
                        let rules: usize = counted.map(|count| count.rules).sum();
                        series.add([kind_name, layer_name, state], rules);
                    }
                }
            }
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_rules_matched",
        unit: "rules",
        help: "Rules that were part of an answer since the process began, and are still there.",
        read: |seen, series| series.set(seen.status.rules_matched),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_rule_problems",
        unit: "problems",
        help: "Rule files and rules that were skipped or left out, and what in them was ignored; /v1/problems lists them.",
        read: |seen, series| series.set(seen.status.problems),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_snapshot_revision",
        help: "The number of the state of the rules that is in force.",
        absent: "before the first rules are loaded",
        read: |seen, series| series.set(seen.status.revision.map(|revision| revision.0)),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_snapshot_age_seconds",
        unit: "seconds",
        help: "How long these rules have been in force.",
        absent: "before the first rules are loaded",
        read: |seen, series| {
            if let Some(loaded_at) = seen.status.loaded_at {
                let millis = seen.status.now.as_millis().saturating_sub(loaded_at.as_millis());
                series.set(millis.max(0) as f64 / 1000.0);
            }
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_snapshot_kept_age_seconds",
        unit: "seconds",
        help: "How long ago the rules in force were kept, while they stand in for those of the store.",
        absent: "without kept rules in force",
        read: |seen, series| {
            if let Some(kept_at) = seen.status.kept_at {
                let millis = seen.status.now.as_millis().saturating_sub(kept_at.as_millis());
                series.set(millis.max(0) as f64 / 1000.0);
            }
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_snapshot_build_seconds",
        unit: "seconds",
        help: "How long the rules that changed last took to merge and compile.",
        read: |seen, series| series.set(seen.status.build_ms as f64 / 1000.0),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_refreshes_total",
        kind: Kind::Counter,
        unit: "refreshes",
        labels: &[label("outcome", "`ok`, `failed` (the rules in force stayed)")],
        help: "Times that the rules were loaded, or what changed of them.",
        read: |seen, series| {
            series.add(["ok"], seen.status.refreshes.done);
            series.add(["failed"], seen.status.refreshes.failed);
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_refresh_failing",
        help: "1 while the last attempt to load the rules failed, else 0.",
        read: |seen, series| series.set(usize::from(seen.status.failure.is_some())),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_store_operations_total",
        kind: Kind::Counter,
        unit: "operations",
        labels: &[
            label(
                "operation",
                "`load` (everything), `changes` (what changed), `write`",
            ),
            label(
                "outcome",
                "`ok`, `refused` (the store works; the change cannot be made), `failed`",
            ),
        ],
        help: "What the store of the rules was asked for, with what became of it.",
        read: |seen, series| {
            for counted in &seen.status.store_operations {
                series.add([counted.operation, counted.outcome], counted.count);
            }
        },
        ..PLAIN
    },
];

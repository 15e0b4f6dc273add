//! Packs and the community repository: as the catalog's packs report them.

use super::{Kind, Label, Metric, PLAIN};

/// Why there is no metric of the repository.
const ABSENT: &str = "without COMMUNITY_REPO_URL";

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "asset_injector_pack_operations_total",
        kind: Kind::Counter,
        unit: "operations",
        labels: &[
            Label {
                name: "operation",
                values: "`install`, `update`, `uninstall`, `sync` (single rules)",
            },
            Label {
                name: "outcome",
                values: "`changed`, `unchanged`, `refused` (it must not be done), `failed`",
            },
        ],
        help: "Operations on packs, with what became of them.",
        read: |seen, series| {
            for counted in &seen.packs.operations {
                series.add([counted.operation, counted.outcome], counted.count);
            }
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_community_index_age_seconds",
        unit: "seconds",
        help: "How long ago the community repository last gave its index of packs, or said that it is the same.",
        absent: "without COMMUNITY_REPO_URL, and before it first gave one",
        read: |seen, series| {
            let community = seen.packs.community.as_ref();
            let index = community.and_then(|community| community.index.as_ref());
            series.set(index.map(|index| {
                let age = seen
                    .status
                    .now
                    .as_millis()
                    .saturating_sub(index.fetched_at.as_millis());
                age.max(0) as f64 / 1000.0
            }));
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_community_failing",
        help: "1 while the last attempt to ask the community repository for its index failed, else 0.",
        absent: ABSENT,
        read: |seen, series| {
            let community = seen.packs.community.as_ref();
            series.set(community.map(|community| usize::from(community.failure.is_some())));
        },
        ..PLAIN
    },
];

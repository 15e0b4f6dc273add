//! The connections to the database that holds the rules.

use super::{Kind, Label, Metric, PLAIN};

/// Why there is nothing to say.
const NO_DATABASE: &str = "without DATABASE_URL";

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "asset_injector_database_up",
        help: "1 while the database answers, 0 while it does not.",
        absent: NO_DATABASE,
        read: |seen, series| series.set(seen.database.map(|database| u64::from(database.is_up))),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_database_connections",
        unit: "connections",
        labels: &[Label {
            name: "state",
            values: "`idle`, `used`",
        }],
        help: "Connections of the pool, at most DATABASE_POOL_MAX.",
        absent: NO_DATABASE,
        read: |seen, series| {
            if let Some(database) = seen.database {
                series.add(["idle"], database.idle);
                series.add(["used"], database.in_use);
            }
        },
        ..PLAIN
    },
    Metric {
        name: "asset_injector_database_connection_waits",
        unit: "calls",
        help: "Calls that wait for a connection of the pool.",
        absent: NO_DATABASE,
        read: |seen, series| series.set(seen.database.map(|database| database.waiting)),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_database_listen_reconnects_total",
        kind: Kind::Counter,
        unit: "connections",
        help: "How often the connection that listens for changes was lost and made again; meanwhile, the revision is asked for.",
        absent: NO_DATABASE,
        read: |seen, series| series.set(seen.database.map(|database| database.reconnects)),
        ..PLAIN
    },
    Metric {
        name: "asset_injector_database_notifications_total",
        kind: Kind::Counter,
        unit: "notifications",
        help: "Notifications of changes that arrived, one's own included.",
        absent: NO_DATABASE,
        read: |seen, series| series.set(seen.database.map(|database| database.notifications)),
        ..PLAIN
    },
];

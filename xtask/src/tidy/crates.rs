//! What each crate may import: the table of levels, compared with the manifests and the sources.

use super::{File, Finding, Tree};

/// A row of the table.
struct Crate {
    name: &'static str,
    /// Crates of ours that it may import.
    may: &'static [&'static str],
    /// Those that its tests may import in addition.
    tests_may: &'static [&'static str],
    /// Foreign crates that must not be in its manifest at all.
    never: &'static [&'static str],
    /// No I/O, no async, no clock: the same input gives the same output.
    pure: bool,
}

const ASYNC: &str = "tokio";

/// Crates from level 0 up; a new edge needs a decision record first.
const CRATES: &[Crate] = &[
    Crate {
        name: "trace",
        may: &[],
        tests_may: &[],
        never: &[
            ASYNC,
            "axum",
            "hyper",
            "opentelemetry",
            "opentelemetry_sdk",
            "tracing",
        ],
        pure: false,
    },
    Crate {
        name: "urlmatch",
        may: &[],
        tests_may: &[],
        never: &["serde", "serde_json", ASYNC, "axum", "hyper", "async-trait"],
        pure: true,
    },
    Crate {
        name: "rules",
        may: &["urlmatch"],
        tests_may: &[],
        never: &["serde", ASYNC, "axum", "hyper", "async-trait"],
        pure: true,
    },
    Crate {
        name: "rulefile",
        may: &["rules"],
        tests_may: &[],
        never: &[ASYNC, "axum", "hyper"],
        pure: true,
    },
    Crate {
        name: "store",
        may: &["rules"],
        tests_may: &[],
        never: &["axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "store-file",
        may: &["store", "rules", "rulefile"],
        tests_may: &[],
        never: &["axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "store-pg",
        may: &["trace", "store", "rules"],
        tests_may: &["pg-test"],
        never: &["axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "pg-test",
        may: &[],
        tests_may: &[],
        never: &["axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "backup",
        may: &["store", "rules", "rulefile"],
        tests_may: &["store-file"],
        never: &[ASYNC, "axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "catalog",
        // `urlmatch` for `Candidate` alone: a URL is prepared once, at the edge, and handed down.
        may: &["trace", "urlmatch", "rules", "store", "packs"],
        tests_may: &[],
        never: &["axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "packs",
        // What a pack holds is rules in rule files; where it is put is not known here.
        may: &["trace", "rules", "rulefile"],
        tests_may: &[],
        never: &[ASYNC, "axum", "hyper", "sqlx"],
        pure: false,
    },
    Crate {
        name: "api",
        may: &["trace", "urlmatch", "catalog", "packs", "rules", "rulefile"],
        tests_may: &["store"],
        never: &["sqlx"],
        pure: false,
    },
    Crate {
        name: "asset-injector",
        may: &[
            "trace",
            "urlmatch",
            "rules",
            "rulefile",
            "store",
            "store-file",
            "store-pg",
            "backup",
            "catalog",
            "packs",
            "api",
        ],
        tests_may: &["pg-test"],
        never: &[],
        pure: false,
    },
    Crate {
        name: "xtask",
        may: &["pg-test"],
        tests_may: &[],
        never: &[ASYNC, "hyper", "axum"],
        pure: false,
    },
    Crate {
        name: "bench-http",
        may: &[],
        tests_may: &[],
        never: &[],
        pure: false,
    },
];

/// What a pure crate's source must not name, and what to do instead.
const IMPURE: &[(&str, &str)] = &[
    (
        "std::fs",
        "take bytes, and leave files to `store-file` or the binary",
    ),
    // Addresses are values; sockets and names that are looked up are not.
    ("TcpStream", "leave the network to the binary"),
    ("TcpListener", "leave the network to the binary"),
    ("UdpSocket", "leave the network to the binary"),
    ("ToSocketAddrs", "leave the network to the binary"),
    ("std::process", "leave processes to the binary"),
    ("std::env", "take the value as a parameter"),
    ("async fn", "a pure crate never waits"),
    ("SystemTime::now", "take a `Clock`"),
    ("Instant::now", "take a `Clock`"),
];

/// A dependency line of a manifest.
struct Dependency<'a> {
    line: usize,
    name: &'a str,
    text: &'a str,
    for_tests: bool,
}

/// Compares the edges between our crates with the table.
pub(super) fn edges(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, manifest) in tree.manifests() {
        let Some(row) = row(name) else {
            let message = format!("crate `{name}` stands at no level");
            findings.push(Finding::new(
                manifest,
                1,
                message,
                "add it to CRATES in xtask/src/tidy/crates.rs",
            ));
            continue;
        };
        for edge in dependencies(manifest)
            .into_iter()
            .filter(|edge| self::row(edge.name).is_some())
        {
            // A crate's tests may name the crate itself, to have it with another feature.
            let for_tests = row.tests_may.contains(&edge.name) || edge.name == name;
            let allowed = row.may.contains(&edge.name) || (edge.for_tests && for_tests);
            if !allowed {
                let message = format!("`{name}` must not import `{}`", edge.name);
                let remedy = "move the code to the level where both are known; a new edge needs an ADR and a \
                              change of CRATES in xtask/src/tidy/crates.rs";
                findings.push(Finding::new(manifest, edge.line, message, remedy));
            }
        }
    }
    findings
}

/// Keeps foreign crates out of the crates that must not know them.
pub(super) fn foreign(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, manifest) in tree.manifests() {
        let Some(row) = row(name) else { continue };
        for edge in dependencies(manifest).into_iter().filter(|edge| !edge.for_tests) {
            if row.never.contains(&edge.name) {
                let message = format!("`{name}` must not know `{}`", edge.name);
                findings.push(Finding::new(
                    manifest,
                    edge.line,
                    message,
                    "keep it in the crates at the edge",
                ));
            }
        }
    }
    findings
}

/// Keeps I/O, waiting and clocks out of the pure crates.
pub(super) fn pure(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in CRATES.iter().filter(|row| row.pure) {
        let folder = format!("crates/{}/src/", row.name);
        let sources = tree
            .rust()
            .filter(|file| file.path.starts_with(&folder) && !is_test(file));
        for file in sources {
            for (line, text) in file.code() {
                for (word, remedy) in IMPURE.iter().filter(|(word, _)| text.contains(word)) {
                    let message = format!("`{word}` in the pure crate `{}`", row.name);
                    findings.push(Finding::new(file, line, message, *remedy));
                }
            }
        }
    }
    findings
}

/// Keeps every version in the root manifest.
pub(super) fn versions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, manifest) in tree.manifests() {
        for edge in dependencies(manifest) {
            let inherits = edge.text.contains("workspace = true") || edge.text.contains("workspace=true");
            if !inherits {
                let message = format!("`{}` does not take its version from the workspace", edge.name);
                let remedy = format!(
                    "put the version into [workspace.dependencies] of Cargo.toml, here `{}.workspace = true`",
                    edge.name
                );
                findings.push(Finding::new(manifest, edge.line, message, remedy));
            }
        }
    }
    findings
}

/// Has every crate take the workspace's lints.
pub(super) fn lints(tree: &Tree) -> Vec<Finding> {
    tree.manifests()
        .filter(|(_, manifest)| !manifest.text.contains("[lints]\nworkspace = true"))
        .map(|(name, manifest)| {
            let message = format!("crate `{name}` does not take the workspace's lints");
            Finding::new(manifest, 1, message, "add `[lints]` with `workspace = true`")
        })
        .collect()
}

fn row(name: &str) -> Option<&'static Crate> {
    CRATES.iter().find(|row| row.name == name)
}

fn is_test(file: &File) -> bool {
    file.name() == "tests.rs" || file.path.contains("/tests/")
}

/// The dependencies of a manifest: one a line, in a table whose name ends with `dependencies`.
fn dependencies(manifest: &File) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut table = "";
    for (line, text) in manifest.lines() {
        if text.starts_with('[') {
            table = text.trim_matches(['[', ']']);
        } else if table.ends_with("dependencies")
            && let Some((key, _)) = text.split_once('=')
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            let name = key.trim().split('.').next().unwrap_or_default();
            found.push(Dependency {
                line,
                name,
                text,
                for_tests: table.ends_with("dev-dependencies"),
            });
        }
    }
    found
}

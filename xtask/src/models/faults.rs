//! Faults that the models must find: each is planted in a copy of the sources, one at a time.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::Models;
use crate::shell;

/// In how many orders a fault must be found.
pub(super) const RUNS: u64 = 2000;

/// The copy of the sources.
const TREE: &str = "target/xtask/models";

/// What cargo says when a test has run and failed; what does not compile finds nothing.
const FOUND: &str = "test failed, to rerun";

/// A change of the sources.
struct Fault {
    name: &'static str,
    models: Models,
    file: &'static str,
    /// What stands there once.
    from: &'static str,
    to: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "rules that were kept take the place of loaded ones",
        models: Models::Catalog,
        file: "crates/catalog/src/refresh.rs",
        from: "let before = inner.current.compare_and_swap(&none, Some(Arc::clone(&snapshot)));",
        to: "let before = none.or(inner.current.load_full());
             if before.is_none() { inner.current.store(Some(Arc::clone(&snapshot))); }",
    },
    Fault {
        name: "a fresh base is published beside a refresh",
        models: Models::Catalog,
        file: "crates/catalog/src/queue.rs",
        from: "compaction::adopt(&inner, compacted).await;",
        to: "let inner = Arc::clone(&inner);
             sync::spawn(async move { compaction::adopt(&inner, compacted).await });",
    },
    Fault {
        name: "the cache outlives its rules",
        models: Models::Catalog,
        file: "crates/catalog/src/refresh.rs",
        from: "    let packs = Arc::clone(&before.packs);\n    Some(Compiled::new(inner, set, census, packs, pins))",
        to: "    let _ = (census, pins);\n    Some(before.with_set(set))",
    },
    Fault {
        name: "two refreshes run at a time",
        models: Models::Catalog,
        file: "crates/catalog/src/queue.rs",
        from: "        !std::mem::replace(&mut state.driven, true)",
        to: "        state.driven = true;\n        true",
    },
    Fault {
        name: "who asks while the queue is left is forgotten",
        models: Models::Catalog,
        file: "crates/catalog/src/queue.rs",
        from: "state.driven = !state.work.waiting.is_empty() || state.work.compacted.is_some();",
        to: "let is_empty = state.work.waiting.is_empty() && state.work.compacted.is_none();
             drop(state);
             let mut state = self.state();
             state.driven = !is_empty;",
    },
    Fault {
        name: "who asks during a refresh is served by it",
        models: Models::Catalog,
        file: "crates/catalog/src/queue.rs",
        from: "for waiter in work.waiting {",
        to: "let late = std::mem::take(&mut inner.queue.state().work.waiting);
             for waiter in work.waiting.into_iter().chain(late) {",
    },
    Fault {
        name: "a thread ends before its connections",
        models: Models::Server,
        file: "crates/asset-injector/src/server/worker.rs",
        from: "    while connections.join_next().await.is_some() {}",
        to: "",
    },
    Fault {
        name: "the end does not wait for the threads",
        models: Models::Server,
        file: "crates/asset-injector/src/server.rs",
        from: "        while self.alive.recv().await.is_some() {}",
        to: "        self.alive.close();",
    },
    Fault {
        name: "two threads count requests at the same time",
        models: Models::Server,
        file: "crates/asset-injector/src/server/activity.rs",
        from: "self.census.busy.fetch_add(1, Relaxed);",
        to: "let busy = self.census.busy.load(Relaxed);
             self.census.busy.store(busy + 1, Relaxed);",
    },
];

/// Plants each fault, and fails when its model does not find it.
pub(super) fn find(seed: u64, runs: u64) -> Result<()> {
    copy()?;
    for fault in FAULTS {
        let file = Path::new(TREE).join(fault.file);
        let sound = fs::read_to_string(&file)?;
        fs::write(&file, planted(fault, &sound)?)?;
        let mut command = fault.models.command(seed, runs);
        command
            .current_dir(TREE)
            .env("CARGO_TARGET_DIR", shell::root().join("target"));
        let done = command.output();
        fs::write(&file, sound)?;
        let done = done?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(said.contains(FOUND), "not found: {}\n{said}", fault.name);
        println!("found: {}", fault.name);
    }
    println!("models: seed {seed}, {} faults found", FAULTS.len());
    Ok(())
}

/// The source with the fault in it.
fn planted(fault: &Fault, sound: &str) -> Result<String> {
    let places = sound.matches(fault.from).count();
    ensure!(
        places == 1,
        "`{}` has {places} places for the fault `{}`",
        fault.file,
        fault.name
    );
    Ok(sound.replacen(fault.from, fault.to, 1))
}

/// Copies what git knows, and what is new; what is the same stays, so that it need not be built anew.
fn copy() -> Result<()> {
    let words = ["ls-files", "--cached", "--others", "--exclude-standard"];
    for path in shell::output(&mut shell::command("git", words))?.lines() {
        let to = Path::new(TREE).join(path);
        let Ok(bytes) = fs::read(path) else {
            // It was deleted, and that is not committed yet.
            let _ = fs::remove_file(&to);
            continue;
        };
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        let folder = to.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder)?;
        fs::write(&to, bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FAULTS, planted};

    #[test]
    fn every_fault_has_its_place() {
        for fault in FAULTS {
            let sound = std::fs::read_to_string(crate::shell::root().join(fault.file)).expect("it is there");
            let planted = planted(fault, &sound).expect("one place");
            assert_ne!(planted, sound);
        }
    }
}

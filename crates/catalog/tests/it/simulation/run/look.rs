//! What the driver looks at after each step: what callers got, and what every replica shows.

use super::{
    super::{chance, naive, ops},
    Driver,
};
use catalog::Snapshot;
use rules::{Clock as _, Merged, Mode};
use std::{iter, sync::Arc};

impl Driver {
    /// Judges what callers got.
    pub(super) async fn hear(&mut self) -> Result<(), String> {
        let callers = std::mem::take(&mut self.callers);
        for (n, caller) in callers {
            if !caller.is_finished() {
                self.callers.push((n, caller));
                continue;
            }
            let outcome = caller.await.map_err(|error| format!("{n} ended with {error}"))?;
            let name = ops::name_of(&outcome);
            self.note(format!("{n} gets: {name}"));
            let (replica, changes_packs) = {
                let state = self.world.state();
                let op = &state.ops[n];
                op.judge(&outcome, &state)
                    .map_err(|wrong| format!("{n} got \"{name}\": {wrong}"))?;
                (op.replica, op.changes_packs())
            };
            self.reach(ops::kind_of(&outcome));
            if changes_packs && outcome.is_ok() {
                self.reach("packs changed");
            }
            if let Ok(shown) = outcome {
                self.examine(replica, &shown.snapshot)?;
                let stale_at = shown.snapshot.set().stale_at();
                if shown.is_refreshed() && stale_at.is_some_and(|at| at <= self.clock.now()) {
                    return Err(format!("{n} was shown what the time has changed"));
                }
                let current = self.replicas[replica].catalog.snapshot();
                if current.is_none_or(|current| current.revision() < shown.snapshot.revision()) {
                    return Err(format!("{n} was shown what replica {replica} does not show"));
                }
            }
        }
        Ok(())
    }

    /// Looks at what every replica shows.
    pub(super) fn look(&mut self) -> Result<(), String> {
        for n in 0..self.replicas.len() {
            let Some(snapshot) = self.replicas[n].catalog.snapshot() else {
                continue;
            };
            let wrong = |wrong| format!("replica {n}: {wrong}");
            let last = self.replicas[n].seen.as_ref().map(|(last, _)| last);
            if last.is_none_or(|last| !Arc::ptr_eq(last, &snapshot)) {
                if last.is_some_and(|last| snapshot.revision() < last.revision()) {
                    return Err(wrong("its revision went back".to_owned()));
                }
                let meanings = self.examine(n, &snapshot)?;
                let (len, delta) = (snapshot.set().len(), snapshot.set().delta_len());
                let revision = snapshot.revision().0;
                self.note(format!(
                    "{n} shows {revision}: {len} rules, {delta} of them beside the base"
                ));
                self.reach(if delta == 0 {
                    "showed a base"
                } else {
                    "showed a delta"
                });
                self.replicas[n].seen = Some((Arc::clone(&snapshot), meanings));
            }
            let page = &self.pages[self.random.usize(..self.pages.len())];
            let mode = chance::one(&mut self.random, &[Mode::Best, Mode::All]);
            if let Some((_, meanings)) = &mut self.replicas[n].seen {
                let now = self.clock.now();
                let mut answer = Ok(());
                // Of which time it is, where that makes a difference, the answers tell.
                meanings.retain(|merged| {
                    answer = naive::ask(&snapshot, merged, page, mode, now);
                    answer.is_ok()
                });
                if meanings.is_empty() {
                    return answer.map_err(wrong);
                }
            }
        }
        Ok(())
    }

    /// Compares a snapshot with the state of the store that it claims to be, merged at the times at which it may have
    /// been: what has not changed need not be merged again where the clock went back.
    fn examine(&self, replica: usize, snapshot: &Arc<Snapshot>) -> Result<Vec<Merged>, String> {
        let seen = self.replicas[replica].seen.as_ref();
        if let Some((_, meanings)) = seen.filter(|(last, _)| Arc::ptr_eq(last, snapshot)) {
            return Ok(meanings.clone());
        }
        let revision = snapshot.revision();
        let contents = self.world.state().history.get(&revision).cloned();
        let contents =
            contents.ok_or_else(|| format!("replica {replica} shows {revision:?}, which never was"))?;
        let earlier = seen.into_iter().flat_map(|(_, meanings)| meanings);
        let times = iter::once(self.clock.now()).chain(earlier.map(|merged| merged.merged_at));
        let mut meanings: Vec<Merged> = Vec::new();
        let mut wrong = String::new();
        for time in times {
            if meanings.iter().any(|merged| merged.holds.covers(time)) {
                continue;
            }
            let merged = naive::merge(&contents, &self.settings, time);
            match naive::compare(snapshot, &contents, &merged) {
                Ok(()) => meanings.push(merged),
                Err(difference) => wrong = difference,
            }
        }
        if meanings.is_empty() {
            return Err(format!("replica {replica} does not show {revision:?}: {wrong}"));
        }
        Ok(meanings)
    }
}

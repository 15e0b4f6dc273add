//! Removals: the pack goes with its rules; overrides stay without it, unless they are to go too.

use super::{Inner, PackChange, PackError, Uninstalled, as_seen, outdated};
use crate::{Snapshot, commands};
use ::packs::plan::{self, Refusal};
use rules::{Layer, RuleId, SINGLES, check_pack_name};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use store::Edit;

/// What is decided in the turn of the write.
type Decided = Result<(PackChange, BTreeSet<RuleId>), Refusal>;

impl Inner {
    pub(super) async fn uninstall(
        self: &Arc<Self>,
        name: String,
        purge: bool,
    ) -> Result<Uninstalled, PackError> {
        self.writable()?;
        let decided = Arc::new(Mutex::new(None));
        let stash = Arc::clone(&decided);
        let gone = name.clone();
        self.announce(Some(gone.clone())).await?;
        let changed = self.catalog.change(move |snapshot, _| {
            let (outcome, edits) = match decide(snapshot, &name, purge) {
                Ok((change, overrides, edits)) => (Ok((change, overrides)), edits),
                Err(refusal) => (Err(refusal), Vec::new()),
            };
            *stash.lock().expect("no holder of the lock panics") = Some(outcome);
            Ok(edits)
        });
        let snapshot = changed.await?.snapshot;
        let decided: Option<Decided> = decided.lock().expect("no holder of the lock panics").take();
        let decided = decided.expect("a change is decided before it is made");
        if decided.is_err() {
            self.withdraw().await?;
        }
        let (mut change, overrides) = decided?;
        change.warnings.extend(self.record(&snapshot, Some(gone)).await);
        let overrides: Vec<RuleId> = overrides.into_iter().collect();
        let (purged, orphaned) = match purge {
            true => (overrides, Vec::new()),
            false => (Vec::new(), overrides),
        };
        Ok(Uninstalled {
            change,
            purged,
            orphaned,
            snapshot,
        })
    }
}

/// What goes, and the overrides that go or stay.
fn decide(
    snapshot: &Snapshot,
    name: &str,
    purge: bool,
) -> Result<(PackChange, BTreeSet<RuleId>, Vec<Edit>), Refusal> {
    if name == SINGLES || check_pack_name(name).is_err() {
        return Err(Refusal::NotFound(format!(
            "`{name}` is no pack that can be uninstalled"
        )));
    }
    let plan = plan::uninstall(name, snapshot.packs())?;
    let mut edits = vec![Edit::Uninstall(name.to_owned())];
    let overrides = overrides(snapshot, name);
    if purge {
        for id in &overrides {
            edits.push(Edit::Remove {
                layer: Layer::Override,
                id: id.clone(),
                replaces: commands::seen_in(snapshot, id, Layer::Override),
            });
            // A pin to what is gone would name nothing.
            if snapshot.pin(id) == Some(Layer::Override) {
                edits.push(Edit::Unpin(id.clone()));
            }
        }
    }
    let change = PackChange {
        name: plan.name,
        from: plan.from,
        to: None,
        changed: true,
        warnings: plan.warnings,
        outdated: Vec::new(),
    };
    Ok((change, overrides, as_seen(snapshot, edits)))
}

/// All overrides of a pack, those that are left out of the set too.
fn overrides(snapshot: &Snapshot, name: &str) -> BTreeSet<RuleId> {
    let listed = outdated::overrides(snapshot).remove(name).unwrap_or_default();
    let listed = listed.into_iter().map(|entry| entry.sourced.rule.id().clone());
    let left_out = snapshot
        .set()
        .left_out()
        .iter()
        .filter(|left_out| left_out.origin.layer == Layer::Override && left_out.id.pack() == Some(name));
    listed
        .chain(left_out.map(|left_out| left_out.id.clone()))
        .collect()
}

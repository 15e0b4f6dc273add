//! What changes rules: create, update, delete, disable, enable, pin, unpin.
//!
//! Every command is about an id, and starts from the rule *in force* for it: the one that a reader gets.
//!
//! - **Update** changes the rule in force where it is. A pack's rule is never touched: a whole copy of it with the
//!   changes becomes the override. Where somebody pinned the pack's rule an override would not count, so the
//!   update is refused; so it is where the copy would hold a script or a priority that is not trusted and that the
//!   update does not name. What changes nothing writes nothing.
//! - **Delete** takes out the rule in force, and what it had hidden comes back: the pack's rule after an override,
//!   an override after a local rule. Where other entries of that layer have the same id, which are reported as
//!   problems, it is refused: taking out one would bring back the next, and taking out all would delete what the
//!   caller has never seen. A pin to the layer that is deleted from goes with the rule, since it would name nothing;
//!   that the id is disabled is remembered. A pack's rule cannot be deleted.
//! - **Disable** and **enable** are about the id in all layers, whether or not there is a rule with it.
//! - **Pin** names a layer that has a rule with that id.
//!
//! Each is a decision, made in a turn of its own (see `turn`); what it writes is whole or not at all. A condition is
//! part of the decision, and what it was judged by is part of what is written: where others have changed that
//! meanwhile, the decision is made again.

mod draft;
mod merge_patch;

pub use merge_patch::merge_patch;

use crate::{Catalog, Changed, Error, Snapshot};
use draft::Stamps;
use rules::{Entry, Layer, LeftOut, Origin, Rule, RuleId, Sourced, Timestamp, Value, Violation, Violations};
use std::{collections::BTreeSet, sync::Arc};
use store::{Edit, Expected, Revision};

/// What must hold of the rule in force (none: there is none) for a command to be carried out.
pub type Condition = Arc<dyn Fn(Option<&Rule>) -> bool + Send + Sync>;

/// Who gives a command, and on which condition.
#[derive(Clone, Default)]
pub struct Terms {
    /// The name that `modified_by` gets; without one it is what the input says.
    pub by: Option<Arc<str>>,
    /// Checked in the same turn as the change; without one there is no condition.
    pub condition: Option<Condition>,
}

impl Terms {
    /// Judges the condition, if there is one, by the rule in force; returns edits that hold where what decides which
    /// rule that is still stands in the store.
    fn admit(&self, snapshot: &Snapshot, id: &RuleId) -> Result<Vec<Edit>, Error> {
        let Some(condition) = &self.condition else {
            return Ok(Vec::new());
        };
        let entry = snapshot.set().find(id.as_str());
        if !condition(entry.map(|entry| &*entry.sourced.rule)) {
            return Err(Error::Unmet);
        }
        let layers = [Layer::Local, Layer::Override, Layer::Community].into_iter();
        let expect = |layer| Edit::Expect {
            layer,
            id: id.clone(),
            seen: seen_in(snapshot, id, layer),
        };
        Ok(layers.map(expect).collect())
    }
}

/// What a command came to.
#[derive(Clone)]
pub struct Written {
    /// The id that it was about, as the rule writes it.
    pub id: RuleId,
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
    /// Whether anything was written.
    pub changed: bool,
}

impl Written {
    /// The rule that is in force for the id now.
    pub fn rule(&self) -> Option<&Arc<Entry>> {
        self.snapshot.set().find(self.id.as_str())
    }

    /// The number of the state after it.
    pub fn revision(&self) -> Revision {
        self.snapshot.revision()
    }

    fn of(id: RuleId, changed: Changed) -> Self {
        Self {
            id,
            changed: !changed.edits.is_empty(),
            snapshot: changed.snapshot,
        }
    }
}

impl Catalog {
    /// Makes a local rule of a draft; `default_id` stands in where it has no id.
    ///
    /// Fields that the service sets are ignored in the draft.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], [`Error::Exists`], [`Error::Full`], and those of [`change`](Self::change).
    pub async fn create(&self, draft: Value, default_id: String, terms: Terms) -> Result<Written, Error> {
        let rules_max = self.settings().rules_max;
        let changed = self
            .change(move |snapshot, now| {
                let stamps = Stamps::of_new(terms.by.as_deref(), now);
                let rule = draft::created(&draft, &default_id, &stamps)?;
                create(snapshot, rule, rules_max)
            })
            .await?;
        let id = changed.edits.first().and_then(Edit::id);
        let id = id.expect("a rule that is created is written").clone();
        stays(Written::of(id, changed), Layer::Local)
    }

    /// Changes the rule in force by a JSON Merge Patch (RFC 7396).
    ///
    /// Fields that the service sets are ignored in the patch; an `id` in it must be the rule's.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchRule`], [`Error::Unmet`], [`Error::Invalid`], [`Error::Pinned`], and those of
    /// [`change`](Self::change).
    pub async fn update(&self, id: RuleId, patch: Value, terms: Terms) -> Result<Written, Error> {
        let wanted = id.clone();
        let changed = self
            .change(move |snapshot, now| update(snapshot, &wanted, &patch, &terms, now))
            .await?;
        let layer = changed.edits.iter().find_map(|edit| {
            let Edit::Put { layer, .. } = edit else {
                return None;
            };
            Some(*layer)
        });
        let written = Written::of(id, changed);
        match layer {
            Some(layer) => stays(written, layer),
            None => Ok(written),
        }
    }

    /// Deletes the rule in force.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchRule`], [`Error::Unmet`], [`Error::OfPack`], [`Error::Doubles`], and those of
    /// [`change`](Self::change).
    pub async fn delete(&self, id: RuleId, terms: Terms) -> Result<Written, Error> {
        let wanted = id.clone();
        let changed = self
            .change(move |snapshot, _| delete(snapshot, &wanted, &terms))
            .await?;
        let deleted = changed.edits.last().and_then(|edit| edit.id().cloned());
        Ok(Written::of(deleted.unwrap_or(id), changed))
    }

    /// Disables an id, whether or not there are rules with it.
    ///
    /// # Errors
    ///
    /// [`Error::Unmet`], and those of [`change`](Self::change).
    pub async fn disable(&self, id: RuleId, terms: Terms) -> Result<Written, Error> {
        self.mark(id.clone(), Edit::Disable(id), terms).await
    }

    /// Enables an id again.
    ///
    /// # Errors
    ///
    /// As [`disable`](Self::disable).
    pub async fn enable(&self, id: RuleId, terms: Terms) -> Result<Written, Error> {
        self.mark(id.clone(), Edit::Enable(id), terms).await
    }

    /// Lets a layer win for an id.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchRule`], [`Error::NoSuchSource`], [`Error::Unmet`], and those of [`change`](Self::change).
    pub async fn pin(&self, id: RuleId, layer: Layer, terms: Terms) -> Result<Written, Error> {
        let wanted = id.clone();
        let changed = self
            .change(move |snapshot, _| {
                let id = wanted.clone();
                in_force(snapshot, &id)?;
                let mut edits = terms.admit(snapshot, &id)?;
                if in_layer(snapshot, &id, layer).is_none() {
                    return Err(Error::NoSuchSource { id, layer });
                }
                edits.push(Edit::Pin(id, layer));
                Ok(edits)
            })
            .await?;
        Ok(Written::of(id, changed))
    }

    /// Lets the usual order decide for an id again.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchRule`], if there is neither a rule nor a pin, [`Error::Unmet`], and those of
    /// [`change`](Self::change).
    pub async fn unpin(&self, id: RuleId, terms: Terms) -> Result<Written, Error> {
        let wanted = id.clone();
        let changed = self
            .change(move |snapshot, _| {
                if snapshot.pin(&wanted).is_none() {
                    in_force(snapshot, &wanted)?;
                }
                let mut edits = terms.admit(snapshot, &wanted)?;
                edits.push(Edit::Unpin(wanted.clone()));
                Ok(edits)
            })
            .await?;
        Ok(Written::of(id, changed))
    }

    async fn mark(&self, id: RuleId, edit: Edit, terms: Terms) -> Result<Written, Error> {
        let wanted = id.clone();
        let changed = self
            .change(move |snapshot, _| {
                let mut edits = terms.admit(snapshot, &wanted)?;
                // Written even where the snapshot says it is so already: others may have changed it since.
                edits.push(edit.clone());
                Ok(edits)
            })
            .await?;
        Ok(Written::of(id, changed))
    }
}

fn in_force<'a>(snapshot: &'a Snapshot, id: &'a RuleId) -> Result<&'a Arc<Entry>, Error> {
    let entry = snapshot.set().find(id.as_str());
    entry.ok_or_else(|| Error::NoSuchRule(id.clone()))
}

fn in_layer<'a>(snapshot: &'a Snapshot, id: &'a RuleId, layer: Layer) -> Option<&'a Arc<Entry>> {
    let mut entries = snapshot.set().all_of(id.as_str()).iter();
    entries.find(|entry| entry.sourced.origin.layer == layer)
}

/// What the snapshot shows under an id in a layer, as far as it tells.
pub(crate) fn seen_in(snapshot: &Snapshot, id: &RuleId, layer: Layer) -> Expected {
    let mut left_out = snapshot.set().left_out().iter();
    let is_left_out = |left_out: &LeftOut| left_out.id == *id && left_out.origin.layer == layer;
    match in_layer(snapshot, id, layer) {
        Some(entry) => Expected::Rule(Arc::clone(&entry.sourced.rule)),
        // A rule beyond a bound is stored, and not shown.
        None if left_out.any(is_left_out) => Expected::Anything,
        None => Expected::Nothing,
    }
}

fn create(snapshot: &Snapshot, rule: Rule, rules_max: usize) -> Result<Vec<Edit>, Error> {
    let set = snapshot.set();
    let left_out = || set.left_out().iter().find(|left_out| left_out.id == *rule.id());
    let existing = set.find(rule.id().as_str()).map(|entry| entry.sourced.rule.id());
    if let Some(id) = existing.or_else(|| left_out().map(|left_out| &left_out.id)) {
        return Err(Error::Exists(id.clone()));
    }
    // A pack's rule would make room; one's own must not be pushed out unseen.
    let is_own = |entry: &Arc<Entry>| entry.sourced.origin.layer != Layer::Community;
    if set.entries().len() >= rules_max && set.entries().iter().all(is_own) {
        return Err(Error::Full(rules_max));
    }
    Ok(vec![Edit::Put {
        layer: Layer::Local,
        rule: Arc::new(rule),
        replaces: Expected::Nothing,
    }])
}

fn update(
    snapshot: &Snapshot,
    id: &RuleId,
    patch: &Value,
    terms: &Terms,
    now: Timestamp,
) -> Result<Vec<Edit>, Error> {
    let entry = in_force(snapshot, id)?;
    let (seen, origin) = (&entry.sourced.rule, &entry.sourced.origin);
    let mut edits = terms.admit(snapshot, id)?;
    let mut stamps = Stamps::of_next(seen, terms.by.as_deref(), now);
    let (layer, replaces) = match origin.layer {
        Layer::Community => {
            stamps.base_version = origin.pack_version.as_deref();
            (Layer::Override, Expected::Nothing)
        }
        own @ (Layer::Local | Layer::Override) => (own, Expected::Rule(Arc::clone(seen))),
    };
    let Some(rule) = draft::patched(seen, patch, &stamps)? else {
        return Ok(Vec::new());
    };
    if !entry.gives_js && !seen.assets().js.is_empty() && patch.get("js").is_none() {
        return Err(Error::Invalid(Violations(vec![untrusted_script()])));
    }
    if !origin.trusted && seen.priority().is_some() && patch.get("priority").is_none() {
        return Err(Error::Invalid(Violations(vec![untrusted_priority()])));
    }
    if origin.layer == Layer::Community && snapshot.pin(id) == Some(Layer::Community) {
        return Err(Error::Pinned(seen.id().clone()));
    }
    edits.push(Edit::Put {
        layer,
        rule: Arc::new(rule),
        replaces,
    });
    Ok(edits)
}

/// An override is the user's own, so a script that nobody trusts must not slip into one unseen.
fn untrusted_script() -> Violation {
    Violation {
        field: "js".to_owned(),
        reason: "is the script of a pack that is not trusted, and an override would let it run".to_owned(),
        hint: Some("send it too: `null` leaves it out, its text makes it your own".to_owned()),
    }
}

/// Nor must a priority, which lifts the rule above all that is scored by its pattern.
fn untrusted_priority() -> Violation {
    Violation {
        field: "priority".to_owned(),
        reason: "is of a pack that is not trusted, and an override would let it count".to_owned(),
        hint: Some("send it too: `null` leaves it out, a number makes it your own".to_owned()),
    }
}

fn delete(snapshot: &Snapshot, id: &RuleId, terms: &Terms) -> Result<Vec<Edit>, Error> {
    let entry = in_force(snapshot, id)?;
    let (seen, layer) = (&entry.sourced.rule, entry.sourced.origin.layer);
    let mut edits = terms.admit(snapshot, id)?;
    if layer == Layer::Community {
        return Err(Error::OfPack(seen.id().clone()));
    }
    refuse_doubles(snapshot, &entry.sourced)?;
    edits.push(Edit::Remove {
        layer,
        id: seen.id().clone(),
        replaces: Expected::Rule(Arc::clone(seen)),
    });
    if snapshot.pin(id) == Some(layer) {
        edits.push(Edit::Unpin(seen.id().clone()));
    }
    Ok(edits)
}

/// Refuses a rule that is not the only one with its id in its layer.
fn refuse_doubles(snapshot: &Snapshot, seen: &Sourced) -> Result<(), Error> {
    let (id, layer) = (seen.rule.id(), seen.origin.layer);
    let left_out = snapshot.set().left_out().iter();
    let doubles =
        left_out.filter(|double| double.skipped && double.id == *id && double.origin.layer == layer);
    let mut origins: Vec<&Origin> = doubles.map(|double| &*double.origin).collect();
    if origins.is_empty() {
        return Ok(());
    }
    origins.push(&seen.origin);
    let files: BTreeSet<_> = origins
        .iter()
        .filter_map(|origin| origin.file.as_deref())
        .collect();
    Err(Error::Doubles {
        id: id.clone(),
        files: files.into_iter().map(str::to_owned).collect(),
    })
}

/// Makes sure that a rule that was written is part of the set.
fn stays(written: Written, layer: Layer) -> Result<Written, Error> {
    if in_layer(&written.snapshot, &written.id, layer).is_some() {
        return Ok(written);
    }
    let left_out = written.snapshot.set().left_out().iter();
    let reason = left_out
        .filter(|left_out| left_out.skipped && left_out.id == written.id)
        .map(|left_out| left_out.reason.clone())
        .next();
    Err(Error::LeftOut(reason.unwrap_or_else(|| {
        "somebody else removed it at the same time".to_owned()
    })))
}

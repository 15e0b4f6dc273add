//! A set with a fresh base, and how changes that were made meanwhile are taken over to it.
//!
//! Nothing is merged, ranked or parsed again: the orders of base and delta are known, and so is how they interleave.

use super::{
    RuleSet,
    delta::{Delta, Of},
    ranked::{Base, Part, Ranked, offset},
};
use crate::RuleId;
use std::{collections::BTreeSet, sync::Arc};

impl RuleSet {
    /// The same set with all of it in its base. It takes time in proportion to the set, without regard to the delta.
    pub fn compacted(&self) -> Self {
        let entries: Box<[_]> = self.entries().iter().cloned().collect();
        let parts = Part::ALL.map(|part| {
            let (base, overlay) = (self.base.part(part), self.delta.part(part));
            let ranks = overlay.merge(0..offset(base.len()), 0..offset(overlay.ranked.len()));
            let places = ranks.map(|rank| match rank {
                Of::Base(rank) => self.place_of_base(base.places[rank as usize]),
                Of::Delta(rank) => self.place_of_delta(overlay.ranked.places[rank as usize]),
            });
            let places = places.collect();
            Ranked::index(&entries, places)
        });
        Self {
            delta: Delta::default(),
            ..self.on(Arc::new(Base::new(entries, parts)))
        }
    }

    /// This set on the base of `compacted`, which was made of `earlier`; `None` unless this one was made of it as well.
    ///
    /// The work is in proportion to the changes since `earlier`.
    pub fn rebased(&self, earlier: &Self, compacted: &Self) -> Option<Self> {
        if !Arc::ptr_eq(&self.base, &earlier.base) {
            return None;
        }
        let ids = self.delta.ids(&self.base).chain(earlier.delta.ids(&self.base));
        let touched: BTreeSet<RuleId> = ids.filter(|id| self.differs(earlier, id)).cloned().collect();
        let entries = touched.iter().flat_map(|id| self.all_of(id.as_str()));
        let base = &compacted.base;
        let entries = entries.cloned().collect();
        Some(Self {
            delta: Delta::default().touched(base, &touched, entries, self.merged_at),
            ..self.on(Arc::clone(base))
        })
    }

    /// Whether an id is in force otherwise than in another set.
    fn differs(&self, other: &Self, id: &RuleId) -> bool {
        let (here, there) = (self.all_of(id.as_str()), other.all_of(id.as_str()));
        !here.iter().map(Arc::as_ptr).eq(there.iter().map(Arc::as_ptr))
    }

    /// What is known of this set besides base and delta, with another base.
    fn on(&self, base: Arc<Base>) -> Self {
        Self {
            base,
            delta: Delta::default(),
            left_out: Arc::clone(&self.left_out),
            ..*self
        }
    }

    /// The place among all entries of one of the base that is not hidden.
    fn place_of_base(&self, place: u32) -> u32 {
        let hidden = self.delta.hidden.partition_point(|&hidden| hidden < place);
        let added = self.delta.spots.partition_point(|spot| spot.place <= place);
        place - offset(hidden) + offset(added)
    }

    /// The place among all entries of one of the delta.
    fn place_of_delta(&self, index: u32) -> u32 {
        let before = self.delta.spots[index as usize].place;
        let hidden = self.delta.hidden.partition_point(|&hidden| hidden < before);
        index + before - offset(hidden)
    }
}

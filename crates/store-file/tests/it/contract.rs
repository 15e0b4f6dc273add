//! The file store keeps the contract of stores, whatever others do to its files meanwhile.

use crate::{outside::Outside, tree::run};
use std::sync::Arc;
use store::{
    RuleStore,
    contract::{Harness, Model},
};

/// Each place is a tree of its own.
struct InFiles;

impl Harness for InFiles {
    type Place = Outside;

    fn place(&self) -> Outside {
        Outside::default()
    }

    fn open(&self, place: &Outside) -> Arc<dyn RuleStore> {
        Arc::new(place.tree.writer())
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        run(future)
    }

    fn interfere(&self, place: &Outside, model: &mut Model, dice: u64) {
        place.interfere(model, dice);
    }

    fn forget(&self, _: &Outside, model: &mut Model) {
        // The rules of files that are broken were only remembered.
        let stuck = std::mem::take(&mut model.stuck);
        model.rules.retain(|place, _| !stuck.contains(place));
    }
}

store::contract_tests!(InFiles);

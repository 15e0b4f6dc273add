//! The file store keeps the contract of stores.

use crate::tree::{Tree, run};
use std::sync::Arc;
use store::{RuleStore, contract::Harness};

/// Each place is a tree of its own.
struct InFiles;

impl Harness for InFiles {
    type Place = Tree;

    fn place(&self) -> Tree {
        Tree::quick()
    }

    fn open(&self, place: &Tree) -> Arc<dyn RuleStore> {
        Arc::new(place.writer())
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        run(future)
    }
}

store::contract_tests!(InFiles);

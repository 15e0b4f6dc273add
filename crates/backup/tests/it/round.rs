//! A store becomes an archive, and the archive a store that holds the same.

use crate::fixtures::{bytes, folder, memory, read, run, take, tree, unpacked};
use backup::{Saved, compare};
use proptest::prelude::*;
use rules::{Layer, SINGLES};
use store::{
    Edit, ErrorKind, Expected, MemoryStore, RuleStore,
    contract::{any_edits, pack, rule},
};

/// The same without what is each store's own: a record of singles that are gone.
fn unrecorded(saved: &Saved) -> Saved {
    let mut saved = saved.clone();
    if saved.files.get(SINGLES).is_some_and(Vec::is_empty) {
        saved.contents.packs.remove(SINGLES);
    }
    saved
}

#[track_caller]
fn assert_same(source: &Saved, target: &Saved) {
    assert_eq!(bytes(&unrecorded(source)), bytes(&unrecorded(target)));
}

/// Writes into a store what makes it hold what was saved.
#[track_caller]
fn restore(saved: &Saved, store: &dyn RuleStore) {
    let edits = saved.edits(&take(store));
    run(store.write(&edits)).unwrap();
    let there = take(store);
    let comparison = compare(saved, &there);
    assert!(comparison.is_equal(), "{comparison:?}");
    assert_eq!(saved.edits(&there).len(), 0, "what is there is not written again");
}

proptest! {
    /// Feature: asset-injector, Property: what a store holds is the same after it was an archive
    #[test]
    fn what_is_saved_comes_back(edits in any_edits()) {
        let saved = take(&memory(&edits));
        prop_assert_eq!(&saved.left_out, &[]);
        let archive = bytes(&saved);
        let again = read(&archive).unwrap();
        assert_same(&saved, &again);
        prop_assert_eq!(unpacked(&bytes(&again)), unpacked(&archive));
        // Whatever number the store has for it.
        let later = memory(&edits);
        run(later.write(&[])).unwrap();
        prop_assert_eq!(&bytes(&take(&later)), &archive, "the same contents are the same bytes");

        let new = MemoryStore::default();
        restore(&again, &new);
        assert_same(&again, &take(&new));
        let new = folder();
        restore(&again, &tree(new.path()));
        assert_same(&again, &take(&tree(new.path())));
    }

    /// Ids that differ in case are one: what else was there may leave its own.
    ///
    /// Feature: asset-injector, Property: whatever was in a store, it holds what is restored to it
    #[test]
    fn what_is_restored_takes_the_place_of_all_else(edits in any_edits(), others in any_edits()) {
        let saved = take(&memory(&edits));
        restore(&saved, &memory(&others));
        let folder = folder();
        let files = tree(folder.path());
        run(files.write(&others)).unwrap();
        restore(&saved, &files);
    }

    /// Feature: asset-injector, Property: a comparison is equal exactly where nothing has to be written
    #[test]
    fn a_comparison_sees_what_has_to_be_written(edits in any_edits(), others in any_edits()) {
        let (source, target) = (take(&memory(&edits)), take(&memory(&others)));
        let comparison = compare(&source, &target);
        prop_assert_eq!(comparison.is_equal(), source.edits(&target).is_empty());
        for row in &comparison.rows {
            prop_assert_eq!(row.differences == 0, row.first.is_empty());
        }
        prop_assert!(compare(&source, &source).is_equal());
    }
}

/// A server over the same database acknowledges something between the look and the write.
#[test]
fn what_somebody_writes_meanwhile_is_not_written_over() {
    let put = |id: &str, css: &str| Edit::Put {
        layer: Layer::Local,
        rule: rule(id, css),
        replaces: Expected::Anything,
    };
    let gone = Edit::Remove {
        layer: Layer::Local,
        id: rule("kept", "a{}").id().clone(),
        replaces: Expected::Anything,
    };
    let saved = take(&memory(&[put("new", "a{}"), put("kept", "b{}")]));
    let others = [
        put("new", "theirs{}"),
        put("kept", "theirs{}"),
        put("old", "theirs{}"),
        gone,
        Edit::Install(pack("shop", "1.0.0", &[("a", "a{}")])),
    ];
    for other in others {
        let store = memory(&[put("kept", "a{}"), put("old", "a{}")]);
        let edits = saved.edits(&take(&store));
        run(store.write(std::slice::from_ref(&other))).unwrap();
        let refused = run(store.write(&edits)).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Changed, "{other:?}");
    }
}

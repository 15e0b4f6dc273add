//! The numbers of states, whatever a database does with its own.

use super::*;
use proptest::prelude::*;

fn seen(revision: u64, token: &str) -> Seen {
    seen_of("one", revision, token)
}

fn seen_of(database: &str, revision: u64, token: &str) -> Seen {
    Seen {
        stamp: Stamp {
            database: database.to_owned(),
            revision: Revision(revision),
            token: token.to_owned(),
        },
        of_rules: RuleProblems::default(),
    }
}

#[test]
fn a_reading_that_is_overtaken_is_no_way_back() {
    let mut memory = Memory::default();
    let before = memory.latest();
    memory.see(seen(8, "a"), before);
    // It began before the state 8 was given out.
    assert_eq!(memory.see(seen(7, "b"), before), Revision(7));
    assert_eq!(memory.see(seen(9, "c"), memory.latest()), Revision(9));
}

#[test]
fn states_of_another_database_are_later_ones() {
    let mut memory = Memory::default();
    memory.see(seen(8, "a"), memory.latest());
    // The same number, and the same token.
    assert_eq!(memory.see(seen_of("two", 8, "a"), memory.latest()), Revision(9));
    assert_eq!(
        memory.see(seen_of("three", 20, "b"), memory.latest()),
        Revision(20)
    );
    assert_eq!(memory.see(seen_of("one", 9, "c"), memory.latest()), Revision(21));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Feature: asset-injector, Property: the revisions that a database's readers see only grow, and each is one state
    #[test]
    fn numbers_only_grow(steps in prop::collection::vec((1_u64..20, 0_u8..3, any::<bool>()), 1..60)) {
        let mut memory = Memory::default();
        let mut numbers: BTreeMap<Revision, Stamp> = BTreeMap::new();
        let mut last = Revision::default();
        for (revision, history, is_read) in steps {
            let database = if history == 0 { "one" } else { "two" };
            let seen = seen_of(database, revision, &format!("{history}-{revision}"));
            if !is_read {
                memory.give(&seen.stamp);
                continue;
            }
            let before = memory.latest();
            let stamp = seen.stamp.clone();
            let number = memory.see(seen, before);
            prop_assert!(number >= before && number >= last);
            prop_assert_eq!(memory.given(number), Some(stamp.clone()));
            let known = numbers.entry(number).or_insert_with(|| stamp.clone());
            prop_assert_eq!(&*known, &stamp);
            last = number;
        }
    }
}

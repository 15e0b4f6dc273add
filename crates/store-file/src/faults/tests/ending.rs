//! A process that ends in the middle of a change of packs: the next one finds each of them whole.

use super::{Fails, Trial, calls, done_at, install, scenarios};
use rules::SINGLES;
use rustix::io::Errno;
use std::{collections::BTreeSet, sync::Arc};
use store::{Edit, SinglesChange, contract::singles};

/// Writes that change packs only: what is stored afterwards is whole, or it is not.
fn pack_scenarios() -> impl Iterator<Item = (&'static str, Vec<Edit>)> {
    let is_of_packs = |edits: &[Edit]| edits.iter().all(|edit| edit.id().is_none());
    scenarios()
        .into_iter()
        .filter(move |(_, edits)| is_of_packs(edits))
}

/// Nothing that a process does after a call reaches the disk: that is how one ends that is killed there.
#[test]
fn a_process_that_ends_at_any_call_leaves_every_pack_old_or_new() {
    for (what, edits) in pack_scenarios() {
        let done_at = done_at(&edits);
        for first in 0..calls(&edits) {
            let trial = Trial::new();
            let before = trial.tree();
            let errno = Errno::IO.raw_os_error();
            trial.faults.plan([Fails {
                first,
                last: usize::MAX,
                errno,
            }]);
            let _ = trial.write(&edits);
            let trial = trial.reopened();
            let what = format!("{what}, ended at {first}");
            trial.packs_are_whole(&what);
            trial.has_no_left_overs(&what);
            if first == 0 {
                assert_eq!(trial.tree(), before, "{what}");
            }
            if first >= done_at {
                assert!(trial.tree() != before, "{what}");
            }
            trial.write(&edits).expect(&what);
            trial.agrees(&what);
        }
    }
}

/// The same where a call is not known to the file system, so that another way is taken.
#[test]
fn a_process_that_ends_on_a_file_system_that_swaps_nothing_leaves_every_pack_old_or_new() {
    let edits = [install("q", "2.0.0", 3)];
    let mut versions = BTreeSet::new();
    for n in 0..calls(&edits) {
        for first in n + 1..n + 5 {
            let trial = Trial::new();
            trial.faults.plan([
                Fails {
                    first: n,
                    last: n,
                    errno: Errno::INVAL.raw_os_error(),
                },
                Fails {
                    first,
                    last: usize::MAX,
                    errno: Errno::IO.raw_os_error(),
                },
            ]);
            let _ = trial.write(&edits);
            let is_gone = !trial.dir.path().join("community/q").exists();
            let trial = trial.reopened();
            let what = format!("{n} not known, ended at {first}");
            trial.packs_are_whole(&what);
            trial.has_no_left_overs(&what);
            let version = trial.load().packs["q"].version().unwrap().to_string();
            versions.insert((is_gone, version));
        }
    }
    let seen = |is_gone, version: &str| versions.contains(&(is_gone, version.to_owned()));
    assert!(
        seen(true, "1.0.0"),
        "it was put back after it had gone: {versions:?}"
    );
    assert!(seen(false, "1.0.0") && seen(false, "2.0.0"), "{versions:?}");
}

/// A change of singles from a source that is trusted, or is not.
fn of_trust(change: &Edit, trusted: bool) -> Edit {
    let Edit::Singles(change) = change else {
        unreachable!("it is one of singles");
    };
    let mut change = SinglesChange::clone(change);
    change.source.trusted = trusted;
    Edit::Singles(Arc::new(change))
}

#[test]
fn a_process_that_ends_at_any_call_leaves_no_single_trusted_that_nobody_vouches_for() {
    let files = |css| [("old", css), ("kept", css), ("gone", css)];
    let old = singles("1.0.0", &files("1{}"), &[]);
    let new = singles("2.0.0", &[("old", "2{}"), ("new", "2{}")], &["kept", "gone"]);
    for is_new_trusted in [false, true] {
        let edits = [of_trust(&new, is_new_trusted)];
        for first in 0..calls(&edits) {
            let trial = Trial::new();
            trial.write(&[of_trust(&old, !is_new_trusted)]).unwrap();
            let errno = Errno::IO.raw_os_error();
            trial.faults.plan([Fails {
                first,
                last: usize::MAX,
                errno,
            }]);
            let _ = trial.write(&edits);
            let contents = trial.reopened().load();
            let of_singles = contents
                .rules
                .iter()
                .filter(|sourced| sourced.origin.pack_name.as_deref() == Some(SINGLES));
            for sourced in of_singles.filter(|sourced| sourced.origin.trusted) {
                let is_new = &*sourced.rule.assets().css == "2{}";
                assert_eq!(is_new, is_new_trusted, "ended at {first}: {}", sourced.rule.id());
            }
        }
    }
}

//! Writes whose end nobody knows.

use super::super::super::Outcome;
use super::{Made, time};

fn unknown() -> Outcome {
    Outcome::Unknown("no answer".to_owned())
}

#[test]
fn a_write_that_nobody_knows_of_may_be_there_or_not_or_come_late() {
    for last in ["a", "b"] {
        let mut made = Made::new();
        made.read(0, 1, "").put(0, "a").read(0, 2, "a");
        made.write(0, "b", unknown()).read(0, 2, "a");
        made.read(0, if last == "b" { 3 } else { 2 }, last);
        made.history.calm.clear();
        made.is_good();
    }
}

#[test]
fn a_delete_that_nobody_knows_of_deletes_only_what_it_names() {
    let deleted = || {
        let mut made = Made::new();
        made.history.calm.clear();
        made.read(0, 1, "").put(0, "a").read(0, 2, "a");
        made.write_if(0, "a", "", unknown()).read(0, 2, "a");
        made
    };
    deleted().read(0, 3, "").is_good();
    let mut made = deleted();
    made.put(0, "b").read(0, 3, "b").read(0, 4, "");
    made.is_bad("`x` is nothing in revision 4");
    // Another one may have done it, and this one what was there before.
    let mut made = deleted();
    made.read(0, 3, "").put(0, "b").read(0, 4, "b");
    made.write(0, "", unknown()).read(0, 5, "").is_good();
}

#[test]
fn a_delete_that_nobody_knows_of_is_over_after_a_calm_spell() {
    let deleted = |calm: &[[u64; 2]]| {
        let mut made = Made::new();
        made.history.calm = calm.iter().map(|spell| spell.map(time)).collect();
        made.read(0, 1, "").put(0, "a").read(0, 2, "a");
        made.write(0, "", unknown())
            .wait(500)
            .read(0, 2, "a")
            .read(0, 3, "");
        made
    };
    deleted(&[]).is_good();
    // It had begun before, or was a short one.
    deleted(&[[0, 102], [150, 250]]).is_good();
    deleted(&[[150, 450]]).is_bad("`x` is nothing in revision 3");
}

#[test]
fn an_update_that_nobody_knows_of_is_judged_by_its_condition_once_it_was_there() {
    let mut made = Made::new();
    made.history.calm.clear();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.write_if(0, "a", "b", unknown()).read(0, 3, "b");
    made.is_good();
    made.write_if(1, "a", "c", Outcome::Done).read(0, 4, "c");
    made.is_bad("both on the condition that it was a");
    let mut made = Made::new();
    made.history.calm.clear();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.put(0, "b").read(0, 3, "b");
    made.write_if(1, "a", "c", unknown()).read(0, 3, "b");
    made.is_good();
    made.read(0, 4, "c").is_bad("and was not: an update was lost");
}

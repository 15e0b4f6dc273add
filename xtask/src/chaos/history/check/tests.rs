//! Histories made by hand.

mod unknown;

use super::super::{Act, History, Instance, Operation, Outcome, Value};
use super::check;
use std::time::Duration;

/// A history in which a step takes a hundredth of a second, and nothing is wrong unless it is said.
struct Made {
    history: History,
    now: u64,
}

fn time(hundredths: u64) -> Duration {
    Duration::from_millis(hundredths * 10)
}

fn held(value: &str) -> Value {
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

impl Made {
    fn new() -> Self {
        let calm = vec![[Duration::ZERO, time(1_000_000)]];
        Self {
            history: History {
                operations: Vec::new(),
                calm,
            },
            now: 100,
        }
    }

    fn add(&mut self, server: usize, seen: Option<[u64; 2]>, act: Act, outcome: Outcome) -> &mut Operation {
        let began = time(self.now);
        self.now += 2;
        self.history.operations.push(Operation {
            client: 0,
            asked: Instance { server, number: 0 },
            began,
            ended: began + time(1),
            seen,
            act,
            outcome,
        });
        self.history.operations.last_mut().expect("it was added")
    }

    /// A read of `x`; nothing is written as an empty text.
    fn read(&mut self, server: usize, revision: u64, value: &str) -> &mut Self {
        self.read_between(server, [revision, revision], value)
    }

    fn read_between(&mut self, server: usize, seen: [u64; 2], value: &str) -> &mut Self {
        let act = Act::Read {
            key: "x".to_owned(),
            value: held(value),
        };
        self.add(server, Some(seen), act, Outcome::Done);
        self
    }

    fn write(&mut self, server: usize, value: &str, outcome: Outcome) -> &mut Self {
        self.write_if(server, "", value, outcome)
    }

    /// A write of `x` that is acknowledged.
    fn put(&mut self, server: usize, value: &str) -> &mut Self {
        self.write(server, value, Outcome::Done)
    }

    fn write_if(&mut self, server: usize, expected: &str, value: &str, outcome: Outcome) -> &mut Self {
        let act = Act::Write {
            key: "x".to_owned(),
            value: held(value),
            expected: held(expected),
        };
        self.add(server, None, act, outcome);
        self
    }

    fn look(&mut self, server: usize, revision: u64, values: &[(&str, &str)]) -> &mut Self {
        let values = values
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.add(
            server,
            Some([revision, revision]),
            Act::Look(values.collect()),
            Outcome::Done,
        );
        self
    }

    fn wait(&mut self, hundredths: u64) -> &mut Self {
        self.now += hundredths;
        self
    }

    #[track_caller]
    fn is_good(&self) {
        assert_eq!(check(&self.history).findings, [""; 0]);
    }

    /// One finding says that.
    #[track_caller]
    fn is_bad(&self, reason: &str) {
        let findings = check(&self.history).findings;
        assert!(
            findings.iter().any(|found| found.contains(reason)),
            "{findings:#?}"
        );
    }
}

fn failed() -> Outcome {
    Outcome::Failed("away".to_owned())
}

#[test]
fn writes_in_their_order_are_good() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.read(1, 1, "").read(1, 2, "a").put(1, "b").read(1, 3, "b");
    made.put(1, "").read(1, 4, "").put(0, "c").read(0, 5, "c");
    made.look(0, 5, &[("x", "c")]).look(1, 5, &[("x", "c")]);
    made.is_good();
    let verdict = check(&made.history);
    assert_eq!((verdict.reads, verdict.writes, verdict.registers), (9, 4, 1));
}

#[test]
fn a_write_that_somebody_overwrites_unseen_is_good() {
    let mut made = Made::new();
    made.read(0, 1, "")
        .put(0, "a")
        .put(1, "b")
        .read(1, 3, "b")
        .read(0, 3, "b");
    made.is_good();
}

#[test]
fn a_lost_update_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.put(1, "b").read(0, 3, "a").read(1, 3, "a");
    made.is_bad("a write was lost");
}

#[test]
fn an_acknowledged_write_that_is_missing_at_the_end_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.put(0, "b").put(0, "").look(0, 2, &[("x", "a")]);
    made.is_bad("`x` was acknowledged as b");
    made.is_bad("`x` was acknowledged as nothing");
}

#[test]
fn a_stale_read_after_an_own_write_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 1, "").read(0, 2, "a");
    made.is_bad("it was acknowledged, and an older value was read afterwards");
}

#[test]
fn another_server_may_be_behind_for_a_while() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.read(1, 1, "").wait(90).read(1, 2, "a");
    made.is_good();
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.wait(110).read(1, 1, "").read(1, 2, "a");
    made.is_bad("more than a second before");
    // While something is wrong it may.
    made.history.calm.clear();
    made.is_good();
}

#[test]
fn who_follows_a_slow_database_may_be_as_slow() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.wait(80).write(0, "b", Outcome::Refused("412".to_owned()));
    let write = made.history.operations.last_mut().expect("it was added");
    write.ended += time(30);
    made.wait(20).read(1, 1, "").read(1, 2, "a");
    made.is_good();
    made.wait(40).read(1, 1, "");
    made.is_bad("more than a second before");
}

#[test]
fn a_read_from_the_future_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").read(0, 2, "a").put(0, "a").read(0, 2, "a");
    made.is_bad("it was read before it was written");
    let mut made = Made::new();
    made.read(0, 1, "").read_between(0, [1, 2], "a").put(0, "a");
    made.read(0, 2, "a").is_bad("where it is not");
}

#[test]
fn a_revision_that_goes_back_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a").read(0, 1, "");
    made.is_bad("went back from revision 2 to 1");
    // Another process in its place may know less.
    made.history.operations[3].asked.number = 1;
    made.is_good();
}

#[test]
fn a_value_that_comes_back_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a").put(0, "b");
    made.read(0, 3, "b").read(0, 4, "a");
    made.is_bad("an earlier value came back");
}

#[test]
fn an_invented_value_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").read(0, 2, "a");
    made.is_bad("nobody wrote it");
    let mut made = Made::new();
    made.look(0, 1, &[("y", "a")]);
    made.is_bad("`y` is a in revision 1, and nobody wrote it");
    let mut made = Made::new();
    made.read(0, 1, "").read_between(1, [1, 2], "a");
    made.is_bad("where it is not");
}

#[test]
fn a_write_that_failed_is_not_there() {
    for outcome in [failed(), Outcome::Refused("412".to_owned())] {
        let mut made = Made::new();
        made.history.calm.clear();
        made.read(0, 1, "").write(0, "a", outcome).read(0, 1, "");
        made.is_good();
        made.read(0, 2, "a").is_bad("its write was not made");
    }
}

#[test]
fn two_values_of_one_revision_are_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").put(0, "b");
    made.read(0, 3, "b").read(1, 3, "a");
    made.is_bad("in one revision, 3");
}

#[test]
fn of_two_updates_on_one_condition_one_wins() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.write_if(0, "a", "b", Outcome::Done).read(0, 3, "b");
    made.write_if(1, "a", "c", Outcome::Refused("412".to_owned()));
    made.is_good();
    made.write_if(1, "a", "d", Outcome::Done).read(1, 4, "d");
    made.is_bad("both on the condition that it was a");
}

#[test]
fn an_update_on_a_condition_that_did_not_hold_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.put(1, "b").read(1, 3, "b");
    made.write_if(0, "a", "c", Outcome::Done).read(0, 4, "c");
    made.is_bad("and was not: an update was lost");
}

#[test]
fn failures_need_a_cause() {
    let mut made = Made::new();
    made.read(0, 1, "").write(0, "a", failed()).read(0, 1, "");
    made.is_bad("a write failed while all was well");
    made.history.calm.clear();
    made.is_good();
    let act = Act::Look(std::collections::BTreeMap::new());
    made.add(0, None, act, failed());
    made.is_bad("a read failed");
    let mut made = Made::new();
    made.history.calm.clear();
    made.write(0, "a", Outcome::Wrong("answered with 418".to_owned()));
    made.is_bad("answered with 418");
}

/// Values that are written again and again each need a write.
#[test]
fn a_switch_that_nobody_moved_is_found() {
    let mut made = Made::new();
    made.read(0, 1, "")
        .put(0, "off")
        .read(0, 2, "off")
        .put(0, "")
        .read(0, 3, "");
    made.put(1, "off")
        .read(1, 4, "off")
        .put(1, "off")
        .read(1, 4, "off");
    made.is_good();
    made.read(0, 5, "").is_bad("an earlier value came back");
}

/// `a`, `b` and `c` in the revisions 2, 3 and 4.
fn three() -> Made {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 2, "a");
    made.put(0, "b").read(0, 3, "b").put(0, "c").read(0, 4, "c");
    made
}

#[test]
fn a_read_over_a_change_is_of_what_was_there_then() {
    for value in ["b", "c"] {
        let mut made = three();
        made.read_between(1, [3, 4], value).is_good();
    }
    for value in ["a", "", "d"] {
        let mut made = three();
        made.read_between(1, [3, 4], value).is_bad("where it is not");
    }
    // What nobody has read in one state.
    let mut made = three();
    made.put(0, "d").put(0, "e").read(0, 6, "e");
    made.read_between(1, [4, 5], "d").is_good();
    made.read_between(1, [6, 7], "d").is_bad("where it is not");
}

#[test]
fn a_value_that_was_there_between_two_of_another_is_good() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").put(1, "").read(0, 3, "");
    made.is_good();
    made.read_between(2, [1, 2], "a").is_good();
    made.read_between(2, [3, 4], "a").is_bad("where it is not");
}

#[test]
fn a_value_that_only_a_read_over_a_change_saw_is_no_lost_write() {
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read_between(0, [2, 3], "a");
    made.put(1, "").read(0, 4, "").is_good();
    // Nobody has taken it away.
    let mut made = Made::new();
    made.read(0, 1, "").put(0, "a").read(0, 3, "");
    made.is_bad("a write was lost");
}

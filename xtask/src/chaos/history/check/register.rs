//! The history of one register: the values that it goes through, and who wrote them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{Act, Operation, Outcome, Value};
use super::times::Times;

/// States one after the other in which the register is known to hold one value.
struct Run<'h> {
    value: &'h Value,
    first: u64,
    last: u64,
}

/// A write with the states that may be the one it made.
struct Write<'h> {
    operation: &'h Operation,
    value: &'h Value,
    expected: &'h Value,
    /// It was made after this state,
    after: u64,
    /// and not after this one.
    until: u64,
    /// The run that it began.
    began: Option<usize>,
}

/// A read between two states of a server.
struct Read<'h> {
    operation: &'h Operation,
    value: &'h Value,
    states: [u64; 2],
}

struct Register<'h> {
    key: &'h str,
    runs: Vec<Run<'h>>,
    writes: Vec<Write<'h>>,
    reads: Vec<Read<'h>>,
}

/// Judges one register by its own operations and all looks.
pub(super) fn check(
    key: &str,
    own: &[&Operation],
    looks: &[&Operation],
    times: &Times,
    findings: &mut Vec<String>,
) {
    let held: Vec<Value> = looks.iter().map(|look| held(look, key)).collect();
    let looked = looks.iter().zip(&held);
    let mut reads: Vec<Read<'_>> = looked.filter_map(|(look, value)| Read::of(look, value)).collect();
    let mut writes = Vec::new();
    for operation in own {
        match &operation.act {
            Act::Read { value, .. } => reads.extend(Read::of(operation, value)),
            Act::Write { value, expected, .. } => writes.push(Write::of(operation, value, expected, times)),
            Act::Look(_) => {}
        }
    }
    let mut register = Register {
        key,
        runs: runs(key, &reads, findings),
        writes,
        reads,
    };
    register.explain(findings);
    register.check_reads(findings);
    register.check_acknowledged(findings);
    register.check_expected(findings);
}

fn held(look: &Operation, key: &str) -> Value {
    match &look.act {
        Act::Look(values) => values.get(key).cloned(),
        Act::Read { .. } | Act::Write { .. } => None,
    }
}

impl<'h> Read<'h> {
    fn of(operation: &'h Operation, value: &'h Value) -> Option<Self> {
        let states = operation.seen.filter(|_| operation.outcome == Outcome::Done)?;
        Some(Self {
            operation,
            value,
            states,
        })
    }
}

impl<'h> Write<'h> {
    fn of(operation: &'h Operation, value: &'h Value, expected: &'h Value, times: &Times) -> Self {
        let until = match operation.outcome {
            Outcome::Done => times.next_of(operation.asked, operation.ended),
            Outcome::Unknown(_) => times.settled_after(operation.ended),
            Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Wrong(_) => times.last(),
        };
        Self {
            operation,
            value,
            expected,
            after: times.newest_before(operation.began),
            until,
            began: None,
        }
    }

    fn is_acknowledged(&self) -> bool {
        self.operation.outcome == Outcome::Done
    }

    /// Whether it may be among what is stored.
    fn may_count(&self) -> bool {
        matches!(self.operation.outcome, Outcome::Done | Outcome::Unknown(_))
    }

    /// Whether it was made: somebody said so, or what only it writes was there. Many writes delete.
    fn is_made(&self) -> bool {
        self.is_acknowledged() || self.began.is_some() && self.value.is_some()
    }

    /// Whether it may have made one of these states.
    fn may_make(&self, from: u64, to: u64) -> bool {
        self.may_count() && (self.after + 1).max(from) <= self.until.min(to)
    }
}

/// The values by the states that are known to hold them.
fn runs<'h>(key: &str, reads: &[Read<'h>], findings: &mut Vec<String>) -> Vec<Run<'h>> {
    let exact = reads.iter().filter(|read| read.states[0] == read.states[1]);
    let mut exact: Vec<(u64, &Value)> = exact.map(|read| (read.states[0], read.value)).collect();
    exact.sort_unstable();
    let mut runs: Vec<Run<'_>> = Vec::new();
    for (state, value) in exact {
        match runs.last_mut() {
            Some(run) if run.value == value => run.last = state,
            Some(run) if run.last == state => findings.push(format!(
                "`{key}` is {} and {} in one revision, {state}",
                shown(run.value),
                shown(value)
            )),
            _ => runs.push(Run {
                value,
                first: state,
                last: state,
            }),
        }
    }
    runs
}

impl Register<'_> {
    /// Finds the write of each run; where there are several the one that fits no other run, and else the one whose time is
    /// over first.
    fn explain(&mut self, findings: &mut Vec<String>) {
        for n in 0..self.runs.len() {
            let run = &self.runs[n];
            let before = n.checked_sub(1).map_or(0, |before| self.runs[before].last);
            if n == 0 && run.value.is_none() {
                continue;
            }
            let fits = |write: &&Write<'_>| {
                write.value == run.value
                    && write.began.is_none()
                    && write.may_make(before + 1, run.first)
                    && self.only_after(write).is_none_or(|named| named + 1 == n)
            };
            let found = self.writes.iter().enumerate().filter(|(_, write)| fits(write));
            let found = found.min_by_key(|(_, write)| (self.only_after(write).is_none(), write.until));
            match found.map(|(found, _)| found) {
                Some(found) => self.writes[found].began = Some(n),
                None => findings.push(self.unexplained(n, before)),
            }
        }
    }

    /// The run that a delete whose end is unknown needs right before it: no value is written twice, so that there is one
    /// at most. Others are judged by their conditions once it is known which run they began.
    fn only_after(&self, write: &Write<'_>) -> Option<usize> {
        let is_sure = write.is_acknowledged() || write.value.is_some();
        let named = write.expected.as_ref().filter(|_| !is_sure)?;
        self.runs.iter().position(|run| run.value.as_ref() == Some(named))
    }

    /// Why there is no write that a run can come from.
    fn unexplained(&self, n: usize, before: u64) -> String {
        let run = &self.runs[n];
        let of_value: Vec<&Write<'_>> = self
            .writes
            .iter()
            .filter(|write| write.value == run.value)
            .collect();
        let counting: Vec<_> = of_value.iter().filter(|write| write.may_count()).collect();
        let reason = if of_value.is_empty() {
            "nobody wrote it"
        } else if counting.is_empty() {
            "its write was not made"
        } else if counting.iter().all(|write| write.after >= run.first) {
            "it was read before it was written"
        } else if counting
            .iter()
            .any(|write| write.began.is_none() && write.until <= before && write.is_acknowledged())
        {
            "it was acknowledged, and an older value was read afterwards"
        } else {
            "an earlier value came back"
        };
        let (key, value) = (self.key, shown(run.value));
        format!("`{key}` is {value} in revision {}, and {reason}", run.first)
    }

    /// Reads in the middle of changes: of nothing that was not written yet, and of nothing that was not there.
    fn check_reads(&self, findings: &mut Vec<String>) {
        let mut written: BTreeMap<&Value, Duration> = BTreeMap::new();
        for write in self.writes.iter().filter(|write| write.may_count()) {
            let began = written.entry(write.value).or_insert(write.operation.began);
            *began = write.operation.began.min(*began);
        }
        for read in self.reads.iter().filter(|read| read.states[0] != read.states[1]) {
            let [from, to] = read.states;
            let began = written.get(read.value);
            let is_known = read.value.is_none() || began.is_some_and(|began| *began < read.operation.ended);
            if !is_known || !self.may_hold(read.value, from, to) {
                let (key, value) = (self.key, shown(read.value));
                findings.push(format!(
                    "`{key}` is read as {value} between the revisions {from} and {to}, where it is not"
                ));
            }
        }
    }

    /// Whether the register may hold that value in one of these states.
    fn may_hold(&self, value: &Value, from: u64, to: u64) -> bool {
        let touches = |first: u64, last: u64| first <= to && from <= last;
        let is_first_of_all = value.is_none() && touches(0, self.between(0)[1]);
        // A run reaches as far as the next one, and no further back than to the first of its writes.
        let written = self
            .writes
            .iter()
            .filter(|write| write.may_count() && write.value == value);
        let earliest = written
            .clone()
            .map(|write| write.after + 1)
            .min()
            .unwrap_or_default();
        let in_a_run = || {
            let mut runs = self.runs.iter().enumerate().filter(|(_, run)| run.value == value);
            runs.any(|(n, run)| {
                touches(
                    self.between(n)[0].max(earliest).min(run.first),
                    self.between(n + 1)[1],
                )
            })
        };
        // Nobody has read it in one state, since it was there for a short time.
        let hides = |[first, last]: [u64; 2]| {
            let mut written = written.clone();
            touches(first, last) && written.any(|write| write.may_make(first, last.min(to)))
        };
        let in_a_gap = || (0..=self.runs.len()).any(|n| hides(self.between(n)));
        let in_a_run_of_another = || {
            let mut runs = self.runs.iter().enumerate();
            runs.any(|(n, run)| {
                hides([run.first + 1, run.last.saturating_sub(1)])
                    && self.may_come_back(n, run.first, run.last)
            })
        };
        is_first_of_all || in_a_run() || in_a_gap() || in_a_run_of_another()
    }

    /// The states between the run before and the `n`th one, in which nobody has read the register alone.
    fn between(&self, n: usize) -> [u64; 2] {
        let before = n.checked_sub(1).map_or(0, |before| self.runs[before].last + 1);
        let after = self
            .runs
            .get(n)
            .map_or(u64::MAX, |run| run.first.saturating_sub(1));
        [before, after]
    }

    /// Whether another value may be there between two states of a run: its own is written once more then.
    fn may_come_back(&self, n: usize, from: u64, to: u64) -> bool {
        let value = self.runs[n].value;
        let others = self
            .writes
            .iter()
            .filter(|write| write.value == value && write.began != Some(n));
        others.into_iter().any(|write| write.may_make(from + 1, to))
    }

    /// The run that holds all states from one to another.
    fn steady(&self, from: u64, to: u64) -> Option<&Run<'_>> {
        let n = self
            .runs
            .partition_point(|run| run.first <= from)
            .checked_sub(1)?;
        let run = &self.runs[n];
        // Another value may have taken its place and left it again only after these states.
        (to <= run.last && !self.may_come_back(n, from, run.last)).then_some(run)
    }

    /// Every acknowledged write has been there.
    fn check_acknowledged(&self, findings: &mut Vec<String>) {
        let acknowledged = self.writes.iter().filter(|write| write.is_acknowledged());
        for write in acknowledged.filter(|write| write.began.is_none()) {
            let held = self.steady(write.after, write.until);
            if let Some(run) = held.filter(|run| run.value != write.value) {
                findings.push(format!(
                    "`{}` was acknowledged as {} at {:.3} s, and is {} from revision {} to {}: a write was lost",
                    self.key,
                    shown(write.value),
                    write.operation.ended.as_secs_f64(),
                    shown(run.value),
                    run.first,
                    run.last
                ));
            }
        }
    }

    /// A write under a condition comes right after the value that it names; no value is written twice then.
    fn check_expected(&self, findings: &mut Vec<String>) {
        let mut won: BTreeMap<&str, &Write<'_>> = BTreeMap::new();
        for write in self.writes.iter().filter(|write| write.is_made()) {
            let Some(expected) = write.expected.as_deref() else {
                continue;
            };
            let (key, value) = (self.key, shown(write.value));
            if let Some(other) = won.insert(expected, write) {
                let other = shown(other.value);
                findings.push(format!(
                    "`{key}` became {other} and {value}, both on the condition that it was {expected}: an update was lost"
                ));
            }
            let named = self.runs.iter().position(|run| run.value == write.expected);
            let is_next = named
                .zip(write.began)
                .is_none_or(|(named, began)| named + 1 == began);
            if !is_next {
                findings.push(format!(
                    "`{key}` became {value} on the condition that it was {expected}, and was not: an update was lost"
                ));
            }
        }
    }
}

fn shown(value: &Value) -> &str {
    value.as_deref().unwrap_or("nothing")
}

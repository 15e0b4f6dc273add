//! What holds of operations whatever they are about: servers go forward and keep up, and nothing fails without a cause.

use std::time::Duration;

use super::super::{Act, History, Operation, Outcome};
use super::times::Times;

/// How old a state may be that a server shows while nothing is wrong: what the product promises where the database is
/// quick. What it takes for a write, it may take for those who follow.
const STALE_MAX: Duration = Duration::from_secs(1);

pub(super) fn check(history: &History, times: &Times, findings: &mut Vec<String>) {
    for operation in &history.operations {
        findings.extend(back(operation, times));
        findings.extend(stale(operation, history, times));
        findings.extend(failed(operation, history));
    }
}

/// A server shows an older state than before.
fn back(operation: &Operation, times: &Times) -> Option<String> {
    let [from, _] = operation.seen?;
    let before = times.newest_of(operation.asked, operation.began);
    (from < before).then(|| format!("{} went back from revision {before} to {from}", at(operation)))
}

/// A server shows what another one had left behind a second ago.
fn stale(operation: &Operation, history: &History, times: &Times) -> Option<String> {
    let [from, _] = operation.seen?;
    let then = operation.began.checked_sub(STALE_MAX)?;
    if from >= times.newest_before(then) || !is_calm(history, then, operation.ended) {
        return None;
    }
    let slowest = slowest_write(history, then, operation.ended);
    let newest = times.newest_before(then.checked_sub(slowest)?);
    (from < newest).then(|| {
        format!(
            "{} shows revision {from}, and another one showed {newest} more than a second before",
            at(operation)
        )
    })
}

/// The longest time that a write took which was under way then.
fn slowest_write(history: &History, from: Duration, to: Duration) -> Duration {
    let writes = history.operations.iter().filter(|operation| {
        let is_write = matches!(operation.act, Act::Write { .. });
        is_write && operation.began < to && from < operation.ended
    });
    let took = writes.map(|write| write.ended.saturating_sub(write.began));
    took.max().unwrap_or_default()
}

/// Something fails that does not depend on the database, or while nothing is wrong with it.
fn failed(operation: &Operation, history: &History) -> Option<String> {
    let is_write = matches!(operation.act, Act::Write { .. });
    let reason = match &operation.outcome {
        Outcome::Done | Outcome::Refused(_) => return None,
        Outcome::Failed(reason) | Outcome::Unknown(reason) if is_write => {
            if !is_calm(history, operation.began, operation.ended) {
                return None;
            }
            format!("a write failed while all was well: {reason}")
        }
        Outcome::Failed(reason) | Outcome::Unknown(reason) => format!("a read failed: {reason}"),
        Outcome::Wrong(reason) => reason.clone(),
    };
    Some(format!("{}: {reason}", at(operation)))
}

fn is_calm(history: &History, from: Duration, to: Duration) -> bool {
    let within = |[since, until]: &[Duration; 2]| *since <= from && to <= *until;
    history.calm.iter().any(within)
}

/// Where and when.
fn at(operation: &Operation) -> String {
    let seconds = operation.began.as_secs_f64();
    format!("server {} at {seconds:.3} s", operation.asked.server)
}

//! Which states were there when.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{History, Instance, Operation};

/// What had been shown, and what was shown afterwards, by all servers and by each.
pub(super) struct Times {
    all: Shown,
    each: BTreeMap<Instance, Shown>,
    calm: Vec<[Duration; 2]>,
}

/// After so much calm whatever was under way when it began is over: a calm spell begins with a moment in which no client
/// waits for a write, and every server answers and has the state of the others.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Shown {
    /// The end of each operation, with the newest state that was shown until then.
    newest: Vec<(Duration, u64)>,
    /// The beginning of each operation, with the oldest state that is shown from then on.
    oldest: Vec<(Duration, u64)>,
}

impl Times {
    pub(super) fn of(history: &History) -> Self {
        let operations = &history.operations;
        let mut each: BTreeMap<Instance, Vec<&Operation>> = BTreeMap::new();
        for operation in operations {
            each.entry(operation.asked).or_default().push(operation);
        }
        let each = each.into_iter().map(|(asked, its)| (asked, Shown::of(&its)));
        Self {
            all: Shown::of(&operations.iter().collect::<Vec<_>>()),
            each: each.collect(),
            calm: history.calm.clone(),
        }
    }

    /// The newest state that any server had shown before that time.
    pub(super) fn newest_before(&self, time: Duration) -> u64 {
        self.all.newest_before(time)
    }

    /// The newest state that this one had shown before that time.
    pub(super) fn newest_of(&self, asked: Instance, time: Duration) -> u64 {
        self.each.get(&asked).map_or(0, |shown| shown.newest_before(time))
    }

    /// The oldest state that this one shows after that time, or else the last one of all.
    pub(super) fn next_of(&self, asked: Instance, time: Duration) -> u64 {
        let next = self.each.get(&asked).and_then(|shown| shown.oldest_after(time));
        next.unwrap_or(u64::MAX).min(self.last())
    }

    /// The last state that a write may have made that ended then, and nobody knows how.
    pub(super) fn settled_after(&self, ended: Duration) -> u64 {
        let settles = |[since, until]: &&[Duration; 2]| ended <= *since && *since + SETTLED_AFTER <= *until;
        let spell = self.calm.iter().filter(settles).min();
        spell.map_or(self.last(), |[_, until]| self.newest_before(*until))
    }

    /// The newest state of all.
    pub(super) fn last(&self) -> u64 {
        self.all.newest.last().map_or(0, |(_, newest)| *newest)
    }
}

impl Shown {
    fn of(operations: &[&Operation]) -> Self {
        let seen = |operation: &&Operation| {
            let seen = operation.seen?;
            Some((operation.began, operation.ended, seen))
        };
        let seen: Vec<_> = operations.iter().filter_map(seen).collect();
        let mut newest: Vec<_> = seen.iter().map(|(_, ended, [_, to])| (*ended, *to)).collect();
        newest.sort_unstable();
        let mut until = 0;
        for (_, state) in &mut newest {
            until = until.max(*state);
            *state = until;
        }
        let mut oldest: Vec<_> = seen.iter().map(|(began, _, [from, _])| (*began, *from)).collect();
        oldest.sort_unstable();
        let mut from = u64::MAX;
        for (_, state) in oldest.iter_mut().rev() {
            from = from.min(*state);
            *state = from;
        }
        Self { newest, oldest }
    }

    fn newest_before(&self, time: Duration) -> u64 {
        let before = self.newest.partition_point(|(ended, _)| *ended < time);
        before.checked_sub(1).map_or(0, |last| self.newest[last].1)
    }

    fn oldest_after(&self, time: Duration) -> Option<u64> {
        let until = self.oldest.partition_point(|(began, _)| *began <= time);
        self.oldest.get(until).map(|(_, state)| *state)
    }
}

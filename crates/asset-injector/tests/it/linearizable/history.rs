//! Whether a recorded history of one register is linearizable.
//!
//! Every write has a value of its own, so it is known which write each read has seen, and the question has an exact
//! answer in n log n: P. B. Gibbons and E. Korach, "Testing shared memories", SIAM Journal on Computing 26 (1997). The
//! zone of a value lies between the first end and the last begin of its operations. It is *forward* when the first end
//! comes first: for all of that time the register must have held the value. The history is linearizable if and only if
//! no read ends before the write that it has seen begins, no two forward zones overlap, and no backward zone lies
//! within a forward one.

use std::{collections::BTreeMap, time::Duration};

/// A request with the value that it wrote or has seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) value: u64,
    pub(super) begin: Duration,
    pub(super) end: Duration,
}

/// All requests to one register, whose value at the beginning is 0.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) writes: Vec<Operation>,
    pub(super) reads: Vec<Operation>,
}

#[derive(Clone, Copy, Debug)]
struct Zone {
    value: u64,
    first_end: Duration,
    last_begin: Duration,
}

impl Zone {
    fn is_forward(self) -> bool {
        self.first_end < self.last_begin
    }
}

impl History {
    /// Fails with the operations that contradict each other.
    pub(super) fn check(&self) -> Result<(), String> {
        let (mut forward, backward): (Vec<_>, Vec<_>) =
            self.zones()?.into_iter().partition(|zone| zone.is_forward());
        forward.sort_by_key(|zone| zone.first_end);
        for pair in forward.windows(2) {
            if pair[1].first_end < pair[0].last_begin {
                let values = [pair[0].value, pair[1].value];
                return Err(format!("both {values:?} were in force at one time: {pair:?}"));
            }
        }
        for zone in backward {
            let before = forward.partition_point(|held| held.first_end < zone.last_begin);
            if let Some(held) = before.checked_sub(1).map(|n| forward[n])
                && zone.first_end < held.last_begin
            {
                let values = (zone.value, held.value);
                return Err(format!(
                    "the first of {values:?} came while the second held: {zone:?}, {held:?}"
                ));
            }
        }
        Ok(())
    }

    fn zones(&self) -> Result<Vec<Zone>, String> {
        let start = Operation {
            value: 0,
            begin: Duration::ZERO,
            end: Duration::ZERO,
        };
        let writes = self.writes.iter().chain([&start]);
        let writes: BTreeMap<u64, Operation> = writes.map(|write| (write.value, *write)).collect();
        let zone = |write: &Operation| Zone {
            value: write.value,
            first_end: write.end,
            last_begin: write.begin,
        };
        let mut zones: BTreeMap<u64, Zone> = writes
            .iter()
            .map(|(value, write)| (*value, zone(write)))
            .collect();
        for read in &self.reads {
            let write = writes
                .get(&read.value)
                .ok_or_else(|| format!("nobody wrote what was read: {read:?}"))?;
            if read.end < write.begin {
                return Err(format!("{read:?} has seen {write:?} before it began"));
            }
            let zone = zones.get_mut(&read.value).ok_or("a write has a zone")?;
            zone.first_end = zone.first_end.min(read.end);
            zone.last_begin = zone.last_begin.max(read.begin);
        }
        Ok(zones.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn operation((value, begin, end): (u64, u64, u64)) -> Operation {
        Operation {
            value,
            begin: Duration::from_nanos(begin),
            end: Duration::from_nanos(end),
        }
    }

    fn history(writes: &[(u64, u64, u64)], reads: &[(u64, u64, u64)]) -> History {
        History {
            writes: writes.iter().copied().map(operation).collect(),
            reads: reads.iter().copied().map(operation).collect(),
        }
    }

    /// By definition: some order of all operations keeps real time, and each read sees the write before it.
    fn is_linearizable(value: u64, left: &[(bool, Operation)]) -> bool {
        left.is_empty()
            || (0..left.len()).any(|n| {
                let (is_write, next) = left[n];
                let may_be_next = left.iter().all(|(_, other)| other.end >= next.begin);
                let rest = || [&left[..n], &left[n + 1..]].concat();
                may_be_next
                    && (is_write || next.value == value)
                    && is_linearizable(if is_write { next.value } else { value }, &rest())
            })
    }

    #[test]
    fn what_contradicts_is_found() {
        let cases: [(&[_], &[_], bool); 7] = [
            (&[(1, 1, 5)], &[(0, 2, 3), (1, 4, 6)], true),
            (&[(1, 1, 5)], &[(1, 2, 3), (0, 4, 6)], false),
            (&[(1, 1, 2)], &[(0, 3, 4)], false),
            (&[(1, 1, 2), (2, 3, 4)], &[(1, 5, 6)], false),
            (&[(1, 1, 4), (2, 2, 5)], &[(1, 6, 7)], true),
            (&[(1, 1, 4), (2, 2, 5)], &[(1, 6, 7), (2, 8, 9)], false),
            (&[(1, 5, 6)], &[(1, 1, 2)], false),
        ];
        for (writes, reads, expected) in cases {
            let history = history(writes, reads);
            assert_eq!(history.check().is_ok(), expected, "{history:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Feature: asset-injector, Property: the check of histories is exact
        #[test]
        fn the_check_is_exact(
            writes in prop::collection::vec((0_u64..40, 1_u64..12), 1..4),
            reads in prop::collection::vec((0_u64..4, 0_u64..40, 1_u64..12), 0..5),
        ) {
            // Times are all different: each begin is even, each end is odd, and the position tells the rest apart.
            let time = |at: u64, n: usize, odd: u64| (at * 16 + n as u64) * 2 + odd;
            let placed = |n: usize, value, at, took| (value, 1 + time(at, n, 0), 1 + time(at + took, n, 1));
            let count = writes.len();
            let writes: Vec<_> =
                writes.iter().enumerate().map(|(n, (at, took))| placed(n, n as u64 + 1, *at, *took)).collect();
            let reads: Vec<_> = reads
                .iter()
                .enumerate()
                .map(|(n, (value, at, took))| placed(n + count, value % (count as u64 + 1), *at, *took))
                .collect();
            let history = history(&writes, &reads);
            let all: Vec<_> = history
                .writes
                .iter()
                .map(|write| (true, *write))
                .chain(history.reads.iter().map(|read| (false, *read)))
                .collect();
            prop_assert_eq!(history.check().is_ok(), is_linearizable(0, &all), "{:?}", history);
        }
    }
}

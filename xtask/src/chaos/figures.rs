//! How much was asked for, and how long it took.

use std::collections::BTreeMap;
use std::time::Duration;

use super::history::check::Verdict;
use super::history::{Act, History, Operation, Outcome};

/// Numbers of a run in which nothing was found.
pub(super) struct Figures {
    verdict: Verdict,
    outcomes: [usize; 4],
    /// How long each read took, with two looks at the health of the server.
    reads: Vec<Duration>,
    /// How long each acknowledged write took while nothing was wrong,
    writes: Vec<Duration>,
    /// and after how long the last of the others showed it.
    elsewhere: Vec<Duration>,
}

impl Figures {
    pub(super) fn of(history: &History, verdict: Verdict) -> Self {
        let mut outcomes = [0; 4];
        let (mut reads, mut writes, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
        let shown = shown(history);
        for operation in &history.operations {
            let took = operation.ended.saturating_sub(operation.began);
            if !matches!(operation.act, Act::Write { .. }) {
                reads.push(took);
                continue;
            }
            outcomes[match operation.outcome {
                Outcome::Done => 0,
                Outcome::Refused(_) => 1,
                Outcome::Failed(_) => 2,
                Outcome::Unknown(_) | Outcome::Wrong(_) => 3,
            }] += 1;
            let calm = history.calm.iter().find(|[from, to]| {
                let ended = operation.ended;
                (*from..*to).contains(&operation.began) && ended < *to
            });
            if let Some([_, until]) = calm.filter(|_| operation.outcome == Outcome::Done) {
                writes.push(took);
                elsewhere.extend(seen_elsewhere(operation, &shown, *until));
            }
        }
        Self {
            verdict,
            outcomes,
            reads,
            writes,
            elsewhere,
        }
    }

    pub(super) fn print(&self) {
        let Verdict {
            reads,
            writes,
            registers,
            ..
        } = &self.verdict;
        let [acknowledged, refused, failed, unknown] = self.outcomes;
        println!(
            "\n{} operations on {registers} registers checked as one history: {reads} reads, {writes} writes",
            reads + writes
        );
        println!(
            "{acknowledged} writes acknowledged, {refused} refused, {failed} not done, {unknown} that nobody knew of: 0 lost, 0 invented"
        );
        for (what, times) in [
            ("reads, 0 failed, each with two looks at the health", &self.reads),
            ("writes while all was well, acknowledged", &self.writes),
            ("of them followed until all others showed them", &self.elsewhere),
        ] {
            println!("{} {what}: {}", times.len(), spread(times));
        }
    }
}

/// What was shown in each place when, in the order of time.
fn shown(history: &History) -> BTreeMap<usize, Vec<(Duration, u64)>> {
    let mut shown: BTreeMap<usize, Vec<(Duration, u64)>> = BTreeMap::new();
    for operation in &history.operations {
        if let Some([_, newest]) = operation.seen {
            shown
                .entry(operation.asked.server)
                .or_default()
                .push((operation.ended, newest));
        }
    }
    shown.values_mut().for_each(|times| times.sort_unstable());
    shown
}

/// After how long all other servers showed a write, if they did before it was over with the calm.
fn seen_elsewhere(
    write: &Operation,
    shown: &BTreeMap<usize, Vec<(Duration, u64)>>,
    until: Duration,
) -> Option<Duration> {
    let from = |times: &[(Duration, u64)], time: Duration| times.partition_point(|(ended, _)| *ended < time);
    let own = shown.get(&write.asked.server)?;
    let state = own.get(from(own, write.ended))?.1;
    let others = shown.iter().filter(|(server, _)| **server != write.asked.server);
    let mut slowest = Duration::ZERO;
    for (_, times) in others {
        let seen = times[from(times, write.began)..]
            .iter()
            .find(|(_, newest)| *newest >= state);
        let (seen, _) = seen.filter(|(seen, _)| *seen <= until)?;
        slowest = slowest.max(seen.saturating_sub(write.ended));
    }
    Some(slowest)
}

fn spread(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = |percent: usize| {
        let last = times.len().saturating_sub(1);
        let time = times.get((times.len() * percent / 100).min(last));
        time.map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    format!(
        "median {:.1} ms, p99 {:.1} ms, at the most {:.1} ms",
        at(50),
        at(99),
        at(100)
    )
}

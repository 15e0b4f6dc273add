//! Times single calls and sums them up.

use std::{fmt, hint::black_box, time::Instant};

/// The middle and the slow end of many timed calls, in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Passes over all items. Each touches everything else before it comes back to an item, so caches are as cold as in
/// service; the fastest of an item's times leaves out what other programs of the machine took.
const PASSES: usize = 3;

impl Sample {
    /// Times the calls one by one in a fixed shuffled order, after some to warm up.
    pub(crate) fn of<I, T>(items: &[I], mut call: impl FnMut(&I) -> T) -> Self {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|&n| (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for &n in order.iter().take(items.len() / 10 + 1) {
            black_box(call(&items[n]));
        }
        let mut nanos = vec![f64::MAX; items.len()];
        for _ in 0..PASSES {
            for &n in &order {
                let start = Instant::now();
                black_box(call(black_box(&items[n])));
                nanos[n] = nanos[n].min(start.elapsed().as_nanos() as f64);
            }
        }
        nanos.sort_by(f64::total_cmp);
        Self {
            p50: nanos[nanos.len() / 2],
            p99: nanos[nanos.len() * 99 / 100],
        }
    }
}

pub(crate) fn micros(nanos: f64) -> f64 {
    nanos / 1e3
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.2} /{:>7.2}", micros(self.p50), micros(self.p99))
    }
}

/// The resident memory of this process in bytes, where the system tells.
pub(crate) fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

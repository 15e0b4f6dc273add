//! Whether there is a fault at the moment.

use std::sync::atomic::{AtomicU64, Ordering};

/// Calm or storm. The number grows with every change, and is odd while it is calm.
#[derive(Debug, Default)]
pub(super) struct Weather(AtomicU64);

/// The weather when something began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen(u64);

impl Weather {
    /// A fault is about to happen.
    pub(super) fn storm(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Everybody is well again.
    pub(super) fn calm_down(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn is_calm(&self) -> bool {
        self.0.load(Ordering::SeqCst) % 2 == 1
    }

    pub(super) fn see(&self) -> Seen {
        Seen(self.0.load(Ordering::SeqCst))
    }

    /// Whether it has been calm since then without a break.
    pub(super) fn was_calm_since(&self, seen: Seen) -> bool {
        seen.0 % 2 == 1 && self.0.load(Ordering::SeqCst) == seen.0
    }
}

#[cfg(test)]
mod tests {
    use super::Weather;

    #[test]
    fn calm_is_calm_without_a_break() {
        let weather = Weather::default();
        let before = weather.see();
        assert!(!weather.was_calm_since(before), "it begins with a storm");
        weather.calm_down();
        let calm = weather.see();
        assert!(weather.was_calm_since(calm) && !weather.was_calm_since(before));
        weather.storm();
        weather.calm_down();
        assert!(!weather.was_calm_since(calm), "there was a storm between");
    }
}

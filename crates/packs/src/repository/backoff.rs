//! How long to wait before the next attempt, if there is one.

use std::time::Duration;

/// Attempts after the first one.
pub const RETRIES_MAX: u32 = 3;
/// The longest wait that the other side can ask for within a request; whoever asks for more is asked again later.
pub const WAIT_MAX: Duration = Duration::from_secs(10);

/// What the first wait lies below.
const STEP: Duration = Duration::from_millis(500);
/// What every wait of our own choice lies below.
const JITTER_MAX: Duration = Duration::from_secs(8);

/// The wait after so many retries: full jitter below a bound that doubles, on top of what the other side asks for.
///
/// `None` when there is no further attempt: there were enough, the wait is too long, or no time is left after it.
pub(super) fn delay(retries: u32, asked: Option<Duration>, random: u64, left: Duration) -> Option<Duration> {
    let asked = asked.unwrap_or_default();
    if retries >= RETRIES_MAX || asked > WAIT_MAX {
        return None;
    }
    let bound = STEP.saturating_mul(1 << retries).min(JITTER_MAX);
    let bound_ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
    let delay = asked + Duration::from_millis(random % bound_ms);
    (delay < left).then_some(delay)
}

#[cfg(test)]
mod tests {
    use super::{RETRIES_MAX, WAIT_MAX, delay};
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(3600);

    fn ms(millis: u64) -> Option<Duration> {
        Some(Duration::from_millis(millis))
    }

    #[test]
    fn waits_lie_anywhere_below_a_bound_that_doubles() {
        let longest = |retries| {
            (0..8000)
                .filter_map(|random| delay(retries, None, random, LONG))
                .max()
        };
        assert_eq!(longest(0), ms(499));
        assert_eq!(longest(1), ms(999));
        assert_eq!(longest(2), ms(1999));
        assert_eq!(delay(2, None, 0, LONG), ms(0));
        assert_eq!(delay(RETRIES_MAX, None, 0, LONG), None);
    }

    #[test]
    fn what_the_other_side_asks_for_comes_on_top() {
        assert_eq!(delay(0, ms(3000), 7, LONG), ms(3007));
        assert_eq!(delay(0, Some(WAIT_MAX), 0, LONG), Some(WAIT_MAX));
        assert_eq!(delay(0, Some(WAIT_MAX + Duration::from_millis(1)), 0, LONG), None);
    }

    #[test]
    fn no_wait_outlasts_the_time() {
        assert_eq!(delay(0, ms(200), 99, Duration::from_millis(300)), ms(299));
        assert_eq!(delay(0, ms(200), 100, Duration::from_millis(300)), None);
    }
}

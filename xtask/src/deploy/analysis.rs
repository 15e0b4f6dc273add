//! Whether a canary is as good as what runs already [6.4, 6.5].

use std::time::Duration;

/// Before that nothing is promoted.
const TIME_MIN: Duration = Duration::from_secs(10 * 60);
const REQUESTS_MIN: f64 = 500.0;
/// Who had too few requests by then is no success.
const TIME_MAX: Duration = Duration::from_secs(60 * 60);
/// What is wrong with fewer requests may be chance.
const REQUESTS_TO_CONDEMN: f64 = 50.0;
/// How much larger the share of errors may be.
const ERRORS_MORE: f64 = 0.01;
/// How much slower the slowest of a hundred requests may be, and what is always fast enough, in seconds.
const SLOWER: f64 = 1.5;
const FAST: f64 = 0.005;

/// What was seen of one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) requests: f64,
    /// Of these, those that the server failed.
    pub(super) errors: f64,
    /// The time within which 99 of 100 were answered, in seconds; none without requests.
    pub(super) slowest: Option<f64>,
}

/// What was seen of both since the canary began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Comparison {
    pub(super) canary: Seen,
    pub(super) stable: Seen,
}

/// What becomes of the canary.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Wait(String),
    Promote,
    Remove(String),
}

impl Seen {
    fn error_share(self) -> f64 {
        if self.requests > 0.0 {
            self.errors / self.requests
        } else {
            0.0
        }
    }
}

/// Errors condemn at once; praise takes time and requests.
pub(super) fn verdict(elapsed: Duration, seen: &Comparison) -> Verdict {
    let Comparison { canary, stable } = seen;
    let (share, usual) = (canary.error_share(), stable.error_share());
    if canary.requests >= REQUESTS_TO_CONDEMN && share > usual + ERRORS_MORE {
        return Verdict::Remove(format!(
            "{:.1} % of its requests fail, and {:.1} % elsewhere",
            share * 100.0,
            usual * 100.0
        ));
    }
    if elapsed < TIME_MIN || canary.requests < REQUESTS_MIN {
        let reason = format!("{} of {REQUESTS_MIN} requests", canary.requests.floor());
        return if elapsed < TIME_MAX {
            Verdict::Wait(reason)
        } else {
            Verdict::Remove(reason)
        };
    }
    let Some(slowest) = canary.slowest else {
        return Verdict::Remove("nothing is known of how fast it is".to_owned());
    };
    let allowed = stable.slowest.map_or(FAST, |usual| (usual * SLOWER).max(FAST));
    if slowest > allowed {
        return Verdict::Remove(format!(
            "one of a hundred requests takes {:.1} ms, and may take {:.1} ms",
            slowest * 1000.0,
            allowed * 1000.0
        ));
    }
    Verdict::Promote
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Comparison, Seen, Verdict, verdict};

    const STABLE: Seen = Seen {
        requests: 9000.0,
        errors: 0.0,
        slowest: Some(0.002),
    };

    fn after(minutes: u64, requests: f64, errors: f64, slowest: Option<f64>) -> Verdict {
        let canary = Seen {
            requests,
            errors,
            slowest,
        };
        verdict(
            Duration::from_secs(minutes * 60),
            &Comparison {
                canary,
                stable: STABLE,
            },
        )
    }

    fn is_removed(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Remove(_))
    }

    #[test]
    fn a_canary_needs_ten_minutes_and_five_hundred_requests() {
        assert_eq!(after(10, 500.0, 0.0, Some(0.002)), Verdict::Promote);
        assert!(matches!(after(9, 5000.0, 0.0, Some(0.002)), Verdict::Wait(_)));
        assert!(matches!(after(30, 499.0, 0.0, Some(0.002)), Verdict::Wait(_)));
        assert!(
            is_removed(&after(60, 499.0, 0.0, Some(0.002))),
            "too few is no success"
        );
    }

    #[test]
    fn errors_remove_it_at_once_and_a_few_requests_prove_nothing() {
        assert!(is_removed(&after(1, 50.0, 1.0, None)));
        assert!(is_removed(&after(20, 1000.0, 11.0, Some(0.001))));
        assert_eq!(after(20, 1000.0, 10.0, Some(0.001)), Verdict::Promote);
        assert!(matches!(after(1, 49.0, 49.0, None), Verdict::Wait(_)));
    }

    #[test]
    fn what_fails_elsewhere_as_well_is_not_its_fault() {
        let stable = Seen {
            errors: 900.0,
            ..STABLE
        };
        let canary = Seen {
            requests: 1000.0,
            errors: 105.0,
            slowest: Some(0.002),
        };
        let long = Duration::from_secs(900);
        assert_eq!(verdict(long, &Comparison { canary, stable }), Verdict::Promote);
        let canary = Seen {
            errors: 120.0,
            ..canary
        };
        assert!(is_removed(&verdict(long, &Comparison { canary, stable })));
    }

    #[test]
    fn a_slow_one_is_removed_and_a_fast_one_need_not_be_as_fast() {
        assert!(is_removed(&after(10, 500.0, 0.0, Some(0.006))));
        assert_eq!(after(10, 500.0, 0.0, Some(0.005)), Verdict::Promote);
        assert!(is_removed(&after(10, 500.0, 0.0, None)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        /// Feature: asset-injector, Property: a canary is promoted only after time and requests enough
        #[test]
        fn nothing_is_promoted_early(seconds in 0_u64..5000, requests in 0.0..2000.0, failed in 0.0..1.0, slowest in 0.0..0.1) {
            let canary = Seen { requests, errors: requests * failed, slowest: Some(slowest) };
            let seen = Comparison { canary, stable: STABLE };
            if verdict(Duration::from_secs(seconds), &seen) == Verdict::Promote {
                prop_assert!(seconds >= 600 && requests >= 500.0 && failed <= 0.0101 && slowest <= 0.0051);
            }
        }
    }
}

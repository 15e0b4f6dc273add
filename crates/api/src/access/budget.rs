//! How often each client may do something: a budget that refills steadily (GCRA).
//!
//! Clients are addresses, which an attacker has many of, so their number is bounded: those that were
//! not seen for longest are forgotten, and begin again with a full budget. An IPv6 client counts by its
//! network of 64 bits, since the rest is free to choose.

use quick_cache::sync::Cache;
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Clients that are remembered.
const CLIENTS_MAX: usize = 16_384;

/// So much at once, so much a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// What refills in a second (`RATE_LIMIT_RPS`).
    pub per_second: NonZeroU32,
    /// The most at once (`RATE_LIMIT_BURST`).
    pub burst: NonZeroU32,
}

/// What is left to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    /// The most at once.
    pub(crate) limit: u32,
    /// What is left at once.
    pub(crate) remaining: u32,
    /// Until the budget is full again.
    pub(crate) reset: Duration,
}

/// A client is over its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) quota: Quota,
    /// Until there is one more.
    pub(crate) retry_after: Duration,
}

/// The budgets of all clients.
#[derive(Debug)]
pub(crate) struct Budgets {
    limit: RateLimit,
    /// Nanoseconds in which one more is refilled.
    interval: u64,
    started: Instant,
    /// When the budget of each is full again, in nanoseconds since the start.
    full_at: Cache<IpAddr, Arc<AtomicU64>>,
}

impl Budgets {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            interval: (1_000_000_000 / u64::from(limit.per_second.get())).max(1),
            started: Instant::now(),
            full_at: Cache::new(CLIENTS_MAX),
        }
    }

    /// Takes one from a client's budget.
    pub(crate) fn take(&self, client: Option<IpAddr>) -> Result<Quota, Spent> {
        let cell = self
            .full_at
            .get_or_insert_with(&key(client), || Ok::<_, std::convert::Infallible>(Arc::default()));
        let Ok(cell) = cell;
        let now = self.now();
        let mut full_at = cell.load(Ordering::Relaxed);
        loop {
            let next = full_at.max(now) + self.interval;
            if next - now > self.whole() {
                return Err(self.spent(full_at, now));
            }
            match cell.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(self.quota(next, now)),
                Err(other) => full_at = other,
            }
        }
    }

    /// Whether nothing is left to a client; takes nothing.
    pub(crate) fn check(&self, client: Option<IpAddr>) -> Result<(), Spent> {
        let Some(cell) = self.full_at.get(&key(client)) else {
            return Ok(());
        };
        let (now, full_at) = (self.now(), cell.load(Ordering::Relaxed));
        match full_at.max(now) + self.interval - now > self.whole() {
            true => Err(self.spent(full_at, now)),
            false => Ok(()),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX / 2)
    }

    /// Nanoseconds in which a whole budget is refilled.
    fn whole(&self) -> u64 {
        self.interval * u64::from(self.limit.burst.get())
    }

    fn quota(&self, full_at: u64, now: u64) -> Quota {
        let used = full_at.saturating_sub(now);
        let remaining = self.whole().saturating_sub(used) / self.interval;
        Quota {
            limit: self.limit.burst.get(),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset: Duration::from_nanos(used),
        }
    }

    fn spent(&self, full_at: u64, now: u64) -> Spent {
        Spent {
            quota: self.quota(full_at, now),
            retry_after: Duration::from_nanos((full_at + self.interval).saturating_sub(now + self.whole())),
        }
    }
}

fn key(client: Option<IpAddr>) -> IpAddr {
    match client {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        Some(address) => address,
        None => Ipv6Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Budgets, CLIENTS_MAX, RateLimit};
    use std::{net::IpAddr, time::Duration};
    use tokio::time::advance;

    fn budgets(per_second: u32, burst: u32) -> Budgets {
        let [per_second, burst] = [per_second, burst].map(|number| number.try_into().unwrap());
        Budgets::new(RateLimit { per_second, burst })
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_is_spent_and_refills_steadily() {
        let (budgets, client) = (budgets(10, 3), ip("198.51.100.1"));
        let left: Vec<_> = (0..3).map(|_| budgets.take(client).unwrap().remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let spent = budgets.take(client).unwrap_err();
        assert_eq!((spent.quota.limit, spent.quota.remaining), (3, 0));
        assert_eq!(spent.retry_after, Duration::from_millis(100));
        assert_eq!(spent.quota.reset, Duration::from_millis(300));
        assert_eq!(budgets.check(client).unwrap_err(), spent);
        advance(Duration::from_millis(99)).await;
        assert!(budgets.take(client).is_err());
        advance(Duration::from_millis(1)).await;
        assert!(budgets.check(client).is_ok() && budgets.take(client).is_ok());
        assert!(budgets.take(client).is_err());
        advance(Duration::from_secs(60)).await;
        assert_eq!(
            budgets.take(client).unwrap().remaining,
            2,
            "no more than the burst"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn each_client_has_its_own_and_a_network_of_ipv6_is_one() {
        let budgets = budgets(1, 1);
        assert!(budgets.take(ip("198.51.100.1")).is_ok() && budgets.take(ip("198.51.100.2")).is_ok());
        assert!(budgets.take(ip("2001:db8::1")).is_ok());
        assert!(budgets.take(ip("2001:db8::ffff:1")).is_err());
        assert!(budgets.take(ip("2001:db8:0:1::1")).is_ok());
        assert!(budgets.take(None).is_ok());
        assert!(budgets.take(None).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn many_clients_are_not_all_remembered() {
        let budgets = budgets(1, 1);
        for number in 0..4 * u32::try_from(CLIENTS_MAX).unwrap() {
            assert!(budgets.take(Some(IpAddr::V4(number.into()))).is_ok());
        }
        assert!(budgets.full_at.len() <= CLIENTS_MAX, "{}", budgets.full_at.len());
    }
}

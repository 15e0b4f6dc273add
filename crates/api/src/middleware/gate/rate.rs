//! Bounds how often a client may call.

use super::Added;
use crate::{
    access::{
        Call,
        budget::{Quota, Spent},
        policy::Policy,
    },
    error::Error,
};
use axum::http::{HeaderName, HeaderValue, header};
use std::{sync::atomic::Ordering, time::Duration};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Takes one from the client's budget, and adds what is left of it to the answer.
pub(super) fn check(policy: &Policy, call: &Call, added: &mut Added) -> Result<(), Error> {
    let Some(calls) = policy.calls.as_ref().filter(|_| !call.right.first) else {
        return Ok(());
    };
    match calls.take(call.client.address) {
        Ok(quota) => {
            describe(quota, added);
            Ok(())
        }
        Err(spent) => Err(refuse(policy, "too many requests", spent, added)),
    }
}

/// The refusal of a client whose budget is spent.
pub(super) fn refuse(policy: &Policy, message: &'static str, spent: Spent, added: &mut Added) -> Error {
    policy.counters.rate_limited.fetch_add(1, Ordering::Relaxed);
    describe(spent.quota, added);
    let headers = added.get_or_insert_default();
    headers.insert(
        header::RETRY_AFTER,
        HeaderValue::from(seconds(spent.retry_after).max(1)),
    );
    Error::rate_limited(message)
}

fn describe(quota: Quota, added: &mut Added) {
    let headers = added.get_or_insert_default();
    headers.insert(LIMIT, HeaderValue::from(quota.limit));
    headers.insert(REMAINING, HeaderValue::from(quota.remaining));
    headers.insert(RESET, HeaderValue::from(seconds(quota.reset)));
}

/// Whole seconds, upwards: who waits so long finds what was promised.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

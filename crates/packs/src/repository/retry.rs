//! Attempts until one succeeds, within the bounds on their number and their time.

use super::{
    Config, Error, Pace, Progress,
    attempt::{Ask, Caller, Got},
    backoff,
    error::Failure,
    location::Location,
    rate,
};
use rules::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use ureq::{
    Agent,
    http::HeaderValue,
    tls::{RootCerts, TlsConfig},
};

/// The most bytes of an answer's headers.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Gets files.
pub(super) struct Retry {
    caller: Caller,
    timeout: Duration,
    pace: Arc<dyn Pace>,
    /// Until when there are no requests left, in milliseconds since 1970; nobody is asked before.
    limited_until: AtomicI64,
}

impl Retry {
    pub(super) fn new(config: &Config, location: &Location, pace: Arc<dyn Pace>) -> Result<Self, Error> {
        let bearer = |token: &String| HeaderValue::try_from(format!("Bearer {token}"));
        let authorization = config.token.as_ref().map(bearer).transpose();
        let mut authorization = authorization.map_err(|_| Error::Config {
            key: "COMMUNITY_REPO_TOKEN",
            reason: "holds a character that no token has".to_owned(),
        })?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Ok(Self {
            caller: Caller {
                agent: agent(RootCerts::WebPki),
                home: location.base().origin(),
                authorization,
                is_github: location.is_github(),
            },
            timeout: config.timeout,
            pace,
            limited_until: AtomicI64::new(i64::MIN),
        })
    }

    pub(super) fn set_roots(&mut self, roots: RootCerts) {
        self.caller.agent = agent(roots);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.pace.now()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.pace.elapsed()
    }

    /// Gets a file. It blocks, for at most the configured time.
    pub(super) fn get(&self, ask: &Ask<'_>, progress: Progress<'_>) -> Result<Got, Error> {
        self.check_limit(ask.what)?;
        let begin = self.pace.elapsed();
        let mut retries = 0;
        loop {
            let left = self.left(begin);
            let told = |wait| self.limit(rate::after(self.now(), wait));
            let (error, wait) = match self.caller.attempt(ask, (left, self.now()), progress, &told) {
                Ok(got) => return Ok(got),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { error, wait }) => (error, wait),
            };
            match backoff::delay(retries, wait, self.pace.random(), self.left(begin)) {
                Some(delay) => self.pace.sleep(delay),
                None => return Err(self.noted(error)),
            }
            retries += 1;
        }
    }

    fn left(&self, begin: Duration) -> Duration {
        self.timeout
            .saturating_sub(self.pace.elapsed().saturating_sub(begin))
    }

    /// Keeps in mind until when a limit lasts.
    fn noted(&self, error: Error) -> Error {
        if let Error::RateLimited { until, .. } = &error {
            self.limit(*until);
        }
        error
    }

    fn limit(&self, until: Timestamp) {
        self.limited_until.store(until.as_millis(), Ordering::Relaxed);
    }

    /// Asks nobody who said that there are no requests left: GitHub blocks those who go on.
    fn check_limit(&self, what: &str) -> Result<(), Error> {
        let (now, until) = (
            self.now(),
            Timestamp::from_millis(self.limited_until.load(Ordering::Relaxed)),
        );
        // What lies further ahead than any limit was noted before the clock was set back.
        if now < until && until <= rate::after(now, rate::LIMIT_MAX) {
            let what = what.to_owned();
            return Err(Error::RateLimited { what, until });
        }
        Ok(())
    }
}

fn agent(roots: RootCerts) -> Agent {
    let config = Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .max_response_header_size(HEADER_BYTES_MAX)
        .user_agent(concat!("asset-injector/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
        .accept_encoding("gzip")
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build();
    Agent::new_with_config(config)
}

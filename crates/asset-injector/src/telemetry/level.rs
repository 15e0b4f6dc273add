//! What is logged, and how that is changed while the process runs: by the API, and by signals.

use crate::config::{self, LOG_LEVEL_ALLOWED};
use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{
    Registry,
    filter::{LevelFilter, Targets},
    reload,
};

/// The levels, the quietest first.
const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// The target of the events that say who changed what.
const AUDIT: &str = "audit";

/// The same filter with the audit, which is a record and no chatter: only `off`, or a directive that names it,
/// takes it out.
fn with_audit(filter: Targets) -> Targets {
    let is_named = filter.iter().any(|(target, _)| target == AUDIT);
    if is_named || filter.default_level() == Some(LevelFilter::OFF) {
        filter
    } else {
        filter.with_target(AUDIT, LevelFilter::INFO)
    }
}

/// What is logged.
pub(crate) struct Level {
    /// As it was asked for, without the audit.
    filter: Mutex<Targets>,
    /// The log that follows it; a process that keeps none has none.
    log: Option<reload::Handle<Targets, Registry>>,
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Level").field(&api::LogLevel::get(self)).finish()
    }
}

impl Level {
    /// What would be logged by a process that keeps no log.
    pub(crate) fn of_no_log(filter: Targets) -> Arc<Self> {
        Arc::new(Self {
            filter: Mutex::new(filter),
            log: None,
        })
    }

    /// What a log follows, beginning with this filter.
    pub(super) fn of(filter: Targets) -> (Arc<Self>, reload::Layer<Targets, Registry>) {
        let (layer, handle) = reload::Layer::new(with_audit(filter.clone()));
        let level = Self {
            filter: Mutex::new(filter),
            log: Some(handle),
        };
        (Arc::new(level), layer)
    }

    /// Changes it and says so, at whichever of the two levels shows more.
    fn change(&self, to: impl FnOnce(&Targets) -> Targets) {
        let mut filter = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        let new = to(&filter);
        let say = || tracing::warn!(level = %new, "what is logged changes to {new}");
        let is_quieter = new.default_level() < filter.default_level();
        if is_quieter {
            say();
        }
        if let Some(log) = &self.log {
            // The log lives as long as the process.
            let _ = log.reload(with_audit(new.clone()));
        }
        if !is_quieter {
            say();
        }
        *filter = new;
    }

    /// Logs one level more, or less; levels of single parts stay.
    fn step(&self, by: isize) {
        self.change(|filter| {
            let level = filter.default_level().unwrap_or(LevelFilter::OFF);
            let at = LEVELS.iter().position(|known| *known == level).unwrap_or(0);
            let next = at.saturating_add_signed(by).min(LEVELS.len() - 1);
            filter.clone().with_default(LEVELS[next])
        });
    }

    /// Steps up at SIGUSR1 and down at SIGUSR2 from now on, in a task of the current runtime.
    ///
    /// # Errors
    ///
    /// When the system refuses the handlers.
    pub(crate) fn follow_signals(self: Arc<Self>) -> io::Result<()> {
        let mut up = signal(SignalKind::user_defined1())?;
        let mut down = signal(SignalKind::user_defined2())?;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    Some(()) = up.recv() => self.step(1),
                    Some(()) = down.recv() => self.step(-1),
                    else => return,
                }
            }
        });
        Ok(())
    }
}

impl api::LogLevel for Level {
    fn get(&self) -> String {
        let filter = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        filter.to_string()
    }

    fn set(&self, level: &str) -> Result<(), &'static str> {
        let new = config::log_level(level).ok_or(LOG_LEVEL_ALLOWED)?;
        self.change(|_| new);
        Ok(())
    }
}

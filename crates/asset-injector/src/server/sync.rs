//! What the threads of a server share and wait for, as far as the end of the server depends on it.
//!
//! With the feature `shuttle` each of these is one that a model checker schedules, for the model of the end in
//! `models.rs`.

#[cfg(feature = "shuttle")]
mod modelled;

#[cfg(not(feature = "shuttle"))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
    pub(crate) use tokio::{task::JoinSet, time::timeout};
}

#[cfg(feature = "shuttle")]
pub(super) use modelled::*;
#[cfg(not(feature = "shuttle"))]
pub(super) use real::*;

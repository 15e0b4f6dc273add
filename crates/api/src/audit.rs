//! The audit: who changed what, and who was kept from it, as events of the log with the target `audit`.
//!
//! Bodies are never in it. A write may go on when its client has gone, and is audited all the same: so it runs
//! in a task of its own, and the event is written there.

use crate::{
    access::{Call, Caller, Role},
    error::Error,
};
use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};
use catalog::{Condition, Installed, PackChange, PackError, Synced, Terms, Uninstalled, Updated, Written};
use rules::RuleId;
use std::{convert::Infallible, future::Future};
use tokio::task;

/// Who makes a request that writes, and which request it is.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    call: Call,
    caller: Option<Caller>,
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let call = parts.extensions.get::<Call>();
        Ok(Self {
            call: call
                .expect("the outermost layer identifies every request")
                .clone(),
            caller: parts.extensions.get().cloned(),
        })
    }
}

/// What an operation on packs wrote, as the audit names it.
pub(crate) trait PacksWritten {
    /// The packs that were changed, each with its version now.
    fn packs(&self) -> Vec<String>;
    /// Whether anything was.
    fn changed(&self) -> bool;
    /// The revision that holds it.
    fn revision(&self) -> u64;
}

impl Actor {
    /// The terms of a command that this caller gives.
    pub(crate) fn terms(&self, condition: Option<Condition>) -> Terms {
        Terms {
            by: self.caller.as_ref().and_then(|caller| caller.name.clone()),
            condition,
        }
    }

    /// Carries out a command about a rule and audits it, whether or not the client waits for the end.
    ///
    /// `id` is the one that was asked for, where there is one: a rule that is created may get one.
    pub(crate) async fn carry_out(
        self,
        action: &'static str,
        id: Option<RuleId>,
        command: impl Future<Output = Result<Written, catalog::Error>> + Send + 'static,
    ) -> Result<Written, Error> {
        let carried_out = task::spawn(trace::carried(async move {
            let outcome = command.await.map_err(Error::from);
            match &outcome {
                Ok(written) => {
                    let (id, revision) = (written.id.as_str(), written.revision().0);
                    self.done(action, id, revision, written.changed);
                }
                Err(error) => self.failed(action, id.as_ref().map(RuleId::as_str), error),
            }
            outcome
        }));
        let joined = carried_out.await;
        joined.unwrap_or_else(|error| Err(Error::internal(error.to_string())))
    }

    /// Carries out an operation on packs and audits it, whether or not the client waits for the end.
    pub(crate) async fn carry_out_on_packs<T: PacksWritten + Send + 'static>(
        self,
        action: &'static str,
        operation: impl Future<Output = Result<T, PackError>> + Send + 'static,
    ) -> Result<T, Error> {
        let carried_out = task::spawn(trace::carried(async move {
            let outcome = operation.await.map_err(Error::from);
            match &outcome {
                Ok(written) => self.packs_written(action, written),
                Err(error) => self.failed(action, None, error),
            }
            outcome
        }));
        let joined = carried_out.await;
        joined.unwrap_or_else(|error| Err(Error::internal(error.to_string())))
    }

    fn packs_written(&self, action: &'static str, written: &impl PacksWritten) {
        tracing::info!(
            target: "audit",
            { request.id = self.request_id(),
            client = self.call.client.address.map(tracing::field::display),
            caller = self.name(),
            action,
            packs = written.packs().join(", "),
            revision = written.revision(),
            changed = written.changed() },
            "packs were changed"
        );
    }

    /// Audits a write that was made: what it was about, and the revision that holds it.
    pub(crate) fn done(&self, action: &'static str, what: &str, revision: u64, changed: bool) {
        tracing::info!(
            target: "audit",
            { request.id = self.call.id.as_str(),
            client = self.call.client.address.map(tracing::field::display),
            caller = self.name(),
            action,
            rule.id = what,
            revision,
            changed },
            "a write was made"
        );
    }

    /// Audits an import: how many rules were added, replaced, skipped and refused.
    pub(crate) fn imported(&self, [added, replaced, skipped, refused]: [usize; 4], revision: u64) {
        tracing::info!(
            target: "audit",
            { request.id = self.request_id(),
            client = self.call.client.address.map(tracing::field::display),
            caller = self.name(),
            action = "rule.import",
            added,
            replaced,
            skipped,
            refused,
            revision },
            "rules were imported"
        );
    }

    /// Audits a change of what is logged.
    pub(crate) fn log_level_set(&self, level: &str) {
        tracing::info!(
            target: "audit",
            { request.id = self.request_id(),
            client = self.call.client.address.map(tracing::field::display),
            caller = self.name(),
            action = "log_level.set",
            level },
            "the level of the log was set"
        );
    }

    /// The id of the request.
    pub(crate) fn request_id(&self) -> &str {
        self.call.id.as_str()
    }

    /// Whether the caller may do everything.
    pub(crate) fn is_admin(&self) -> bool {
        self.caller
            .as_ref()
            .is_some_and(|caller| caller.role == Role::Admin)
    }

    /// Audits a write that failed.
    pub(crate) fn failed(&self, action: &'static str, what: Option<&str>, error: &Error) {
        tracing::warn!(
            target: "audit",
            { request.id = self.call.id.as_str(),
            client = self.call.client.address.map(tracing::field::display),
            caller = self.name(),
            action,
            rule.id = what,
            code = error.code().as_str() },
            "a write failed"
        );
    }

    fn name(&self) -> Option<&str> {
        self.caller.as_ref()?.name.as_deref()
    }
}

impl PacksWritten for Installed {
    fn packs(&self) -> Vec<String> {
        self.packs.iter().filter_map(named).collect()
    }

    fn changed(&self) -> bool {
        self.packs.iter().any(|pack| pack.changed)
    }

    fn revision(&self) -> u64 {
        self.snapshot.revision().0
    }
}

impl PacksWritten for Updated {
    fn packs(&self) -> Vec<String> {
        let updated = self.packs.iter().filter_map(|(_, pack)| pack.as_ref().ok());
        updated.filter_map(named).collect()
    }

    fn changed(&self) -> bool {
        Self::changed(self)
    }

    fn revision(&self) -> u64 {
        self.snapshot.revision().0
    }
}

impl PacksWritten for Uninstalled {
    fn packs(&self) -> Vec<String> {
        vec![self.change.name.clone()]
    }

    fn changed(&self) -> bool {
        self.change.changed
    }

    fn revision(&self) -> u64 {
        self.snapshot.revision().0
    }
}

impl PacksWritten for Synced {
    fn packs(&self) -> Vec<String> {
        vec![rules::SINGLES.to_owned()]
    }

    fn changed(&self) -> bool {
        self.changed
    }

    fn revision(&self) -> u64 {
        self.snapshot.revision().0
    }
}

/// A pack that was changed, with its version.
fn named(change: &PackChange) -> Option<String> {
    let version = change.to.as_ref().filter(|_| change.changed)?;
    Some(format!("{} {version}", change.name))
}

/// A write that was refused before it reached its handler.
pub(crate) fn refused(call: &Call, caller: Option<&Caller>, (method, route): (&Method, &str), error: &Error) {
    tracing::warn!(
        target: "audit",
        { request.id = call.id.as_str(),
        client = call.client.address.map(tracing::field::display),
        caller = caller.and_then(|caller| caller.name.as_deref()),
        http.method = shown(method),
        http.route = route,
        code = error.code().as_str(),
        reason = error.reason() },
        "a write was refused"
    );
}

/// The name of a method; one that nobody knows may be anything.
pub(crate) fn shown(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if known.contains(method) {
        method.as_str()
    } else {
        "OTHER"
    }
}

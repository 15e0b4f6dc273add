//! Which rule a call is about, and on which condition: the path's id and `If-Match`.

use crate::{
    error::{Error, Problem},
    extract::Query,
    precondition,
    state::State,
};
use ::rules::RuleId;
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use catalog::Condition;
use std::sync::Arc;

/// The rule that a call is about; such a call has no query.
pub(crate) struct Target {
    /// The id as the path has it, decoded.
    pub(super) id: String,
    /// What `If-Match` asks for.
    pub(super) condition: Option<Condition>,
}

impl FromRequestParts<Arc<State>> for Target {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Error> {
        Query::parse(parts.uri.query()).finish()?;
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| Error::no_such_rule())?;
        Ok(Self {
            id,
            condition: precondition::condition(&parts.headers)?,
        })
    }
}

impl Target {
    /// The id of a rule that has to be there.
    pub(super) fn rule_id(&self) -> Result<RuleId, Error> {
        RuleId::parse(&self.id).map_err(|_| Error::no_such_rule())
    }

    /// An id that a rule may have one day.
    pub(super) fn any_id(&self) -> Result<RuleId, Error> {
        RuleId::parse(&self.id).map_err(|reason| Error::validation(vec![Problem::new("id", reason)]))
    }
}

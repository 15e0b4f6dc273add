//! Which pack a call is about: the path's name.

use crate::{error::Error, state::State};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use std::sync::Arc;

/// The name of a pack as the path has it, decoded.
pub(crate) struct Target(pub(super) String);

impl FromRequestParts<Arc<State>> for Target {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Error> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(name) = path.map_err(|_| none())?;
        Ok(Self(name))
    }
}

/// No such pack is installed.
pub(super) fn none() -> Error {
    Error::pack_not_found("no pack with this name is installed".to_owned())
}

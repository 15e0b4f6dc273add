//! Says what a request is, once and first of all: its id, where it comes from, what its route asks.

use super::envelope::X_REQUEST_ID;
use crate::access::{Call, Peer, client::Client, policy::Policy, request_id::RequestId};
use axum::extract::{MatchedPath, Request};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;

/// Wraps a service; `random` gives 128 random bits a call.
#[derive(Clone)]
pub(crate) struct IdentifyLayer {
    pub(crate) policy: Arc<Policy>,
    pub(crate) random: fn() -> u128,
}

impl<S> Layer<S> for IdentifyLayer {
    type Service = Identify<S>;

    fn layer(&self, inner: S) -> Identify<S> {
        Identify {
            inner,
            policy: Arc::clone(&self.policy),
            random: self.random,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Identify<S> {
    inner: S,
    policy: Arc<Policy>,
    random: fn() -> u128,
}

impl<S: Service<Request>> Service<Request> for Identify<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let (route, right) = self.policy.rights.find(route, request.method());
        let peer = request.extensions().get::<Peer>();
        let call = Call {
            id: RequestId::new(request.headers().get(X_REQUEST_ID), self.random),
            client: Client::of(peer, request.headers(), &self.policy.access.trusted_proxies),
            route,
            right,
        };
        request.extensions_mut().insert(call);
        self.inner.call(request)
    }
}

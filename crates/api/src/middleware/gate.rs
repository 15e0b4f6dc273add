//! Lets a request in or refuses it: CORS, Host and Origin, rate limit, authentication, in this order.
//!
//! None of the checks waits for anything, so they are one service; each is a function of its own.

mod authentication;
mod cors;
mod page;
mod rate;

use crate::{
    access::{
        Call, Caller, Role,
        host::Authority,
        policy::{Policy, Source},
    },
    audit,
    error::Error,
};
use axum::{
    extract::{MatchedPath, Request},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone)]
pub(crate) struct GateLayer {
    pub(crate) policy: Arc<Policy>,
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate {
            inner,
            policy: Arc::clone(&self.policy),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    policy: Arc<Policy>,
}

impl<S> Service<Request> for Gate<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Passing<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Passing<S::Future> {
        let call = Call::of(&request).clone();
        if let Some(answer) = cors::preflight(&self.policy, &request) {
            return Passing::refused(answer, None);
        }
        let mut headers = cors::headers(&self.policy, call.right, &request);
        match admit(&self.policy, &call, &request, &mut headers) {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                Passing::Inner {
                    inner: self.inner.call(request),
                    headers,
                }
            }
            Err(refusal) => {
                let Refusal { error, caller } = refusal;
                if call.right.is_write() {
                    let route = request.extensions().get::<MatchedPath>();
                    let route = route.map_or("", MatchedPath::as_str);
                    audit::refused(&call, caller.as_ref(), (request.method(), route), &error);
                }
                Passing::refused(error.into_response(), headers)
            }
        }
    }
}

/// Why a request is refused, and whose it is if that is known.
struct Refusal {
    error: Error,
    caller: Option<Caller>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, caller: None }
    }
}

/// Headers that are added to the answer, whatever it is; most answers get none.
type Added = Option<Box<HeaderMap>>;

/// The checks in their order.
fn admit(policy: &Policy, call: &Call, request: &Request, added: &mut Added) -> Result<Caller, Refusal> {
    if policy.source == Source::Process {
        let caller = Caller {
            name: None,
            role: Role::Admin,
        };
        return unless_read_only(policy, call, caller);
    }
    let authority = match call.right.any_host {
        true => None,
        false => Authority::of(request)?,
    };
    page::check_host(policy, call.right, authority.as_ref())?;
    page::check_origin(policy, call, request, authority.as_ref())?;
    page::check_media_type(call.right, request)?;
    rate::check(policy, call, added)?;
    let caller = authentication::check(policy, call, request, authority.as_ref(), added)?;
    if call.right.role > Some(caller.role) {
        let error = Error::forbidden("the token lacks the role for this call", "role");
        return Err(Refusal {
            error,
            caller: Some(caller),
        });
    }
    unless_read_only(policy, call, caller)
}

fn unless_read_only(policy: &Policy, call: &Call, caller: Caller) -> Result<Caller, Refusal> {
    match policy.read_only && call.right.changes {
        false => Ok(caller),
        true => Err(Refusal {
            error: Error::forbidden("this instance is read-only", "read_only"),
            caller: Some(caller),
        }),
    }
}

pin_project! {
    #[project = PassingProjection]
    pub(crate) enum Passing<F> {
        Refused { answer: Option<Response>, headers: Added },
        Inner { #[pin] inner: F, headers: Added },
    }
}

impl<F> Passing<F> {
    fn refused(answer: Response, headers: Added) -> Self {
        Self::Refused {
            answer: Some(answer),
            headers,
        }
    }
}

impl<F, E> Future for Passing<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut response, headers) = match self.project() {
            PassingProjection::Refused { answer, headers } => {
                let answer = answer.take().expect("a future is not polled after it is done");
                (answer, headers)
            }
            PassingProjection::Inner { inner, headers } => (ready!(inner.poll(cx)?), headers),
        };
        if let Some(added) = headers.take() {
            for (name, value) in added.iter() {
                // `Vary` may stand there already, and each line counts.
                response.headers_mut().append(name, value.clone());
            }
        }
        Poll::Ready(Ok(response))
    }
}

//! The HTTP client of the exporter: the one that the program has already, on the exporter's own thread.

use opentelemetry_http::{Bytes, HttpError, Request, Response};
use std::time::Duration;
use ureq::Agent;

/// The most bytes of a collector's answer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// It blocks the thread that asks, which has nothing else to do.
#[derive(Debug)]
pub(super) struct HttpClient(Agent);

impl HttpClient {
    pub(super) fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(concat!("asset-injector/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(config.new_agent())
    }
}

#[async_trait::async_trait]
impl opentelemetry_http::HttpClient for HttpClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = request.map(|body| body.to_vec());
        let (head, mut body) = self.0.run(request)?.into_parts();
        let body = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }
}

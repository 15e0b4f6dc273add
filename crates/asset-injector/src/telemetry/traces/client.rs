//! The HTTP client of the exporter: the one that the program has already, on the exporter's own thread.

use opentelemetry_http::{Bytes, HttpError, Request, Response};
use rustls::pki_types::CertificateDer;
use std::time::Duration;
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// The most bytes of a collector's answer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// It blocks the thread that asks, which has nothing else to do.
#[derive(Debug)]
pub(super) struct HttpClient(Agent);

impl HttpClient {
    /// A client that trusts these authorities; the public ones, if none are given.
    pub(super) fn new(timeout: Duration, authorities: Option<&[CertificateDer<'_>]>) -> Self {
        let roots = authorities.map_or(RootCerts::WebPki, |authorities| {
            let owned = |der: &CertificateDer<'_>| Certificate::from_der(der).to_owned();
            authorities.iter().map(owned).into()
        });
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
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

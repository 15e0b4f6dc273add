//! The way to the collector: how it is spoken to, and who it must be.

use super::client::HttpClient;
use crate::{
    config::{Compression, ExportConfig, Protocol},
    failure::Failure,
    tls,
};
use anyhow::Context as _;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    Compression::Gzip,
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _,
    tonic_types::{metadata::MetadataMap, transport::ClientTlsConfig},
};
use opentelemetry_sdk::{Resource, resource::TelemetryResourceDetector, trace::SpanExporter as _};
use rustls::{RootCertStore, pki_types::CertificateDer};

/// What sends spans to the collector.
///
/// # Errors
///
/// When it cannot be made of these settings.
pub(super) fn target(config: &ExportConfig) -> anyhow::Result<SpanExporter> {
    let authorities = authorities(config)?;
    let made = match config.protocol {
        Protocol::Http => over_http(config, authorities),
        Protocol::Grpc => over_grpc(config, headers(config)?, authorities),
    };
    let mut target = made.context("spans cannot be exported with these settings")?;
    let pair = |(name, value): &(String, String)| KeyValue::new(name.clone(), value.clone());
    let resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(config.resource.iter().map(pair))
        .build();
    target.set_resource(&resource);
    Ok(target)
}

/// Certificates that the collector's must follow from.
struct Authorities {
    certificates: Vec<CertificateDer<'static>>,
    store: RootCertStore,
}

/// Those of the file that is named.
fn authorities(config: &ExportConfig) -> Result<Option<Authorities>, Failure> {
    let Some((setting, file)) = &config.certificate else {
        return Ok(None);
    };
    let help =
        "it must hold the certificate of the collector's authority in PEM (`-----BEGIN CERTIFICATE-----`)";
    let certificates = tls::certificates(setting, file, help)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|error| {
            let message = format!("{setting} `{}` cannot be used: {error}", file.display());
            Failure::usage(message, help)
        })?;
    }
    Ok(Some(Authorities { certificates, store }))
}

fn over_http(
    config: &ExportConfig,
    authorities: Option<Authorities>,
) -> Result<SpanExporter, ExporterBuildError> {
    let authorities = authorities.map(|authorities| authorities.certificates);
    let builder = SpanExporter::builder()
        .with_http()
        .with_http_client(HttpClient::new(config.timeout, authorities.as_deref()))
        .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
        .with_endpoint(&config.endpoint)
        .with_timeout(config.timeout)
        .with_headers(config.headers.iter().cloned().collect());
    match config.compression {
        Compression::None => builder.build(),
        Compression::Gzip => builder.with_compression(Gzip).build(),
    }
}

fn over_grpc(
    config: &ExportConfig,
    headers: HeaderMap,
    authorities: Option<Authorities>,
) -> Result<SpanExporter, ExporterBuildError> {
    let tls = match authorities {
        Some(authorities) => ClientTlsConfig::new().trust_anchors(authorities.store.roots),
        None => ClientTlsConfig::new().with_enabled_roots(),
    };
    let builder = SpanExporter::builder()
        .with_tonic()
        .with_tls_config(tls)
        .with_endpoint(&config.endpoint)
        .with_timeout(config.timeout)
        .with_metadata(MetadataMap::from_headers(headers));
    match config.compression {
        Compression::None => builder.build(),
        Compression::Gzip => builder.with_compression(Gzip).build(),
    }
}

fn headers(config: &ExportConfig) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        headers.append(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
    }
    Ok(headers)
}

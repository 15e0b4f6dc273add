//! Spans reach a collector over TLS where its certificate is one that the settings name, and no other collector.

use crate::{
    binary::Sandbox,
    collector::Collector,
    http::get,
    serving::Serving,
    tls::{Made, VALID, make},
};
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{PrivateKeyDer, pem::PemObject as _},
};
use std::{net::SocketAddr, sync::Arc, thread};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// Takes encrypted connections, and passes on what comes over them; returns the URL.
fn encrypted(collector: SocketAddr, made: &Made) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.der.clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Whoever does not trust us goes away.
                    let Ok(mut client) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut behind = TcpStream::connect(collector).await.unwrap();
                    let _ = copy_bidirectional(&mut client, &mut behind).await;
                });
            }
        });
    });
    format!("https://localhost:{port}")
}

fn settings<'a>(endpoint: &'a str, protocol: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
    ]
}

fn collectors() -> [(Collector, &'static str); 2] {
    [(Collector::http(), "http/protobuf"), (Collector::grpc(), "grpc")]
}

#[test]
fn a_collector_is_trusted_whose_certificate_is_named() {
    let (made, other) = (make(VALID), make(VALID));
    for (mut collector, protocol) in collectors() {
        let sandbox = Sandbox::new();
        // Among others, as authorities are often kept.
        let both = format!("{}{}", other.certificate, made.certificate);
        sandbox.write("authorities.pem", &both);
        let endpoint = encrypted(collector.address, &made);
        let mut settings = settings(&endpoint, protocol);
        settings.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", "authorities.pem"));
        let serving = Serving::ready(&sandbox, &settings);
        assert_eq!(get(serving.address, "/version").status, 200);
        collector.span("of the request", |seen| seen.span.name == "GET /version");
    }
}

#[test]
fn a_collector_that_is_somebody_else_is_sent_nothing() {
    let (made, other) = (make(VALID), make(VALID));
    for (mut collector, protocol) in collectors() {
        let endpoint = encrypted(collector.address, &made);
        for named in [None, Some("other.pem")] {
            let sandbox = Sandbox::new();
            sandbox.write("other.pem", &other.certificate);
            let mut settings = settings(&endpoint, protocol);
            settings.extend(named.map(|file| ("OTEL_EXPORTER_OTLP_CERTIFICATE", file)));
            let mut serving = Serving::ready(&sandbox, &settings);
            assert_eq!(get(serving.address, "/version").status, 200);
            serving.event("spans cannot be exported");
            assert_eq!(collector.all().len(), 0, "{protocol}, {named:?}");
        }
    }
}

#[test]
fn a_file_that_holds_no_certificate_is_named() {
    let sandbox = Sandbox::with([
        ("empty.pem", ""),
        (
            "broken.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
    ]);
    for (setting, file, reason) in [
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "none.pem", "No such file"),
        (
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "empty.pem",
            "holds no certificate",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "broken.pem",
            "cannot be used",
        ),
    ] {
        let mut variables = settings("https://localhost:4318", "grpc");
        variables.push((setting, file));
        sandbox
            .run_with(&["serve"], &variables)
            .code(2)
            .says(&[setting, file, reason]);
    }
}

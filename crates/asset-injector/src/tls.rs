//! Encryption of connections: which certificate is served, and from when on another one.
//!
//! TLS 1.2 and 1.3 by rustls with ring: no C library, so a static binary stays one. HTTP/1.1 is the only protocol
//! that is offered.

mod pair;
mod reload;

pub(crate) use pair::{Pair, Validity, certificates, leaf};

use crate::{config::TlsFiles, failure::Failure};
use rules::Clock;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    io,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio_rustls::TlsAcceptor;

/// What the algorithms are taken from.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The certificate that is served now.
#[derive(Debug)]
struct InForce {
    key: RwLock<Arc<CertifiedKey>>,
    /// When it ends, in milliseconds since 1970.
    ends_ms: Arc<AtomicI64>,
}

/// Encrypts connections, and says until when its certificate is good.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// When the certificate ends that is served, in milliseconds since 1970.
    pub(crate) ends_ms: Arc<AtomicI64>,
}

impl InForce {
    fn replace(&self, pair: Pair) {
        self.ends_ms.store(pair.not_after.as_millis(), Ordering::Relaxed);
        *self.key.write().expect("no holder of the lock panics") = pair.key;
    }
}

impl ResolvesServerCert for InForce {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let key = self.key.read().expect("no holder of the lock panics");
        Some(Arc::clone(&key))
    }
}

/// Serves the certificate of these files, and what later stands there instead.
///
/// # Errors
///
/// When the files cannot be used, or the thread that looks at them cannot be started.
pub(crate) fn acceptor(files: &TlsFiles, clock: Arc<dyn Clock>) -> anyhow::Result<Tls> {
    // Before they are read: what changes meanwhile is read again.
    let stamps = reload::Stamps::of(files);
    let pair = Pair::load(files)?;
    pair.announce(files, &*clock);
    let ends_ms = Arc::new(AtomicI64::new(pair.not_after.as_millis()));
    let in_force = Arc::new(InForce {
        key: RwLock::new(Arc::clone(&pair.key)),
        ends_ms: Arc::clone(&ends_ms),
    });
    let server = server_config(Arc::clone(&in_force) as Arc<dyn ResolvesServerCert>)?;
    reload::start(files.clone(), stamps, &in_force, clock)?;
    Ok(Tls {
        acceptor: TlsAcceptor::from(server),
        ends_ms,
    })
}

fn server_config(certificates: Arc<dyn ResolvesServerCert>) -> Result<Arc<ServerConfig>, Failure> {
    // The default versions are 1.2 and 1.3.
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder =
        builder.map_err(|error| Failure::new(io::Error::other(error).to_string(), "please report it"))?;
    let mut server = builder.with_no_client_auth().with_cert_resolver(certificates);
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

//! A certificate with its key, read from two files and checked against each other.

use crate::{config::TlsFiles, failure::Failure, tls::provider};
use rules::{Clock, Timestamp};
use rustls::{
    Error,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    sign::CertifiedKey,
};
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};
use x509_cert::{Certificate, der::Decode as _, time::Time};

/// The most bytes of a file; a long chain of certificates has some ten thousand.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A certificate is called for renewal so many milliseconds before its end: 14 days.
const RENEWAL_MILLIS: i64 = 14 * 24 * 60 * 60 * 1000;

/// A certificate with its key.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    /// When the certificate begins to be valid.
    pub(crate) not_before: Timestamp,
    /// When it ends.
    pub(crate) not_after: Timestamp,
}

/// What the time says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    Good,
    EndsSoon,
    Ended,
    NotYet,
}

impl Pair {
    /// Reads both files.
    ///
    /// # Errors
    ///
    /// When one cannot be used, or they do not belong together; with the file and the reason.
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, Failure> {
        let certificate = &files.certificate;
        let chain = chain(certificate)?;
        let times = Certificate::from_der(&chain[0]).map_err(|error| {
            let help = "the first certificate in the file must be the server's own";
            unusable("TLS_CERT_FILE", certificate, &error, help)
        })?;
        let times = times.tbs_certificate().validity();
        let (not_before, not_after) = (timestamp(times.not_before), timestamp(times.not_after));
        let key = CertifiedKey::from_der(chain, key(&files.key)?, &provider());
        let key = key.map_err(|error| {
            if matches!(error, Error::InconsistentKeys(_)) {
                return strangers(files);
            }
            let help = "RSA, ECDSA (P-256, P-384) and Ed25519 keys can be used";
            unusable("TLS_KEY_FILE", &files.key, &error, help)
        })?;
        Ok(Self {
            key: Arc::new(key),
            not_before,
            not_after,
        })
    }

    /// What that time says of it.
    pub(crate) fn validity(&self, now: Timestamp) -> Validity {
        if now > self.not_after {
            Validity::Ended
        } else if now < self.not_before {
            Validity::NotYet
        } else if now.as_millis() + RENEWAL_MILLIS > self.not_after.as_millis() {
            Validity::EndsSoon
        } else {
            Validity::Good
        }
    }

    /// Logs that it is in force, and what the time says of it.
    pub(super) fn announce(&self, files: &TlsFiles, clock: &dyn Clock) {
        let file = files.certificate.display();
        let (from, to) = (self.not_before, self.not_after);
        match self.validity(clock.now()) {
            Validity::Good => tracing::info!(%file, not_after = %to, "certificate in force"),
            Validity::EndsSoon => tracing::warn!(%file, not_after = %to, "the certificate ends soon"),
            Validity::Ended => tracing::warn!(%file, not_after = %to, "the certificate has ended"),
            Validity::NotYet => tracing::warn!(%file, not_before = %from, "the certificate is not valid yet"),
        }
    }
}

/// The server's own certificate in a file.
///
/// # Errors
///
/// When there is none.
pub(crate) fn leaf(file: &Path) -> Result<CertificateDer<'static>, Failure> {
    chain(file).map(|mut chain| chain.swap_remove(0))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let help = "it must hold the server's certificate in PEM (`-----BEGIN CERTIFICATE-----`), then those it follows from";
    certificates("TLS_CERT_FILE", file, help)
}

/// All certificates of the file that a setting names, at least one; `help` says what they must be.
///
/// # Errors
///
/// When there is none, or one that cannot be read.
pub(crate) fn certificates(
    what: &str,
    file: &Path,
    help: &str,
) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = read(what, file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if found.is_empty() => Err(unusable(what, file, &"it holds no certificate", help)),
        Ok(found) => Ok(found),
        Err(error) => Err(unusable(what, file, &error, help)),
    }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    let what = "TLS_KEY_FILE";
    let bytes = read(what, file)?;
    let help = "it must hold a private key in PEM that is not encrypted; `openssl pkey -in FILE` takes a pass phrase off";
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| {
        if matches!(error, pem::Error::NoItemsFound) {
            return unusable(what, file, &"it holds no private key", help);
        }
        unusable(what, file, &error, help)
    })
}

fn strangers(files: &TlsFiles) -> Failure {
    Failure::usage(
        format!(
            "the key in `{}` does not belong to the certificate in `{}`",
            files.key.display(),
            files.certificate.display()
        ),
        "the first certificate in the file must be the server's own, and the key the one it was made with",
    )
}

fn read(what: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    let read = read.and_then(|_| match bytes.len() as u64 > FILE_BYTES_MAX {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(()),
    });
    let help = format!("let this user read it, or set {what} to the right file");
    read.map_err(|error| unusable(what, file, &error, help))?;
    Ok(bytes)
}

fn unusable(what: &str, file: &Path, reason: &dyn std::fmt::Display, help: impl Into<String>) -> Failure {
    Failure::usage(
        format!("{what} `{}` cannot be used: {reason}", file.display()),
        help,
    )
}

fn timestamp(time: Time) -> Timestamp {
    let millis = time.to_unix_duration().as_millis();
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

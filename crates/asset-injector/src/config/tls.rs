//! The settings of encryption.

use super::{Reader, keys};
use std::path::PathBuf;

/// Where the certificate and its key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// `TLS_CERT_FILE`: the certificate and those that it follows from, in PEM.
    pub(crate) certificate: PathBuf,
    /// `TLS_KEY_FILE`: its private key, in PEM.
    pub(crate) key: PathBuf,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<TlsFiles> {
    let enabled = reader.read(&keys::ENABLE_HTTPS);
    let mut file = |key: &keys::Key<PathBuf>| {
        let file = reader.read_set(key);
        if enabled && file.is_none() {
            reader.refuse_missing(key.row);
        }
        reader.note_followed(key.row, "");
        file
    };
    let (certificate, key) = (file(&keys::TLS_CERT_FILE), file(&keys::TLS_KEY_FILE));
    enabled.then_some(TlsFiles {
        certificate: certificate?,
        key: key?,
    })
}

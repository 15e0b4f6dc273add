//! The client of a community repository (`COMMUNITY_REPO_URL`): any static HTTP server with the layout, or a Git
//! repository behind GitHub's contents API.
//!
//! The operator names the repository, so that it may be anywhere, by `http` as well, unlike what `fetch` fetches for
//! users. Bytes come out as they were given: what they mean, and whether they are trusted, is decided elsewhere.
//! Everything blocks, within the configured time: attempts that fail in passing are repeated after a wait, but a
//! limit of requests is an error that says when to go on, and until then nobody is asked.

mod attempt;
mod backoff;
mod cached;
mod error;
mod index;
mod location;
mod pace;
mod rate;
mod retry;
mod singles;
mod tree;

pub use crate::fetch::Progress;
pub use backoff::{RETRIES_MAX, WAIT_MAX};
pub use cached::Cached;
pub use error::Error;
pub use index::{IndexKind, Refreshed};
pub use pace::Pace;
pub use singles::{Files, Plan, Round, SINGLES_MAX, listed, plan};

use attempt::{Ask, Got};
use location::Location;
use retry::Retry;
use semver::Version;
use std::{fmt, sync::Arc, time::Duration};
use ureq::tls::{Certificate, RootCerts};
use url::Url;

/// The most bytes of a pack's archive, and of the archive of a whole repository.
pub const ARCHIVE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most bytes of a signature.
pub const SIGNATURE_BYTES_MAX: usize = 8 * 1024;

/// The media type by which GitHub gives the bytes of a file.
const RAW: &str = "application/vnd.github.raw+json";

/// How to ask a repository.
#[derive(Clone)]
pub struct Config {
    /// Where it is (`COMMUNITY_REPO_URL`).
    pub url: String,
    /// The time for one file, with all attempts and waits (`COMMUNITY_REPO_TIMEOUT`).
    pub timeout: Duration,
    /// What shows who asks, sent to the origin of `url` alone (`COMMUNITY_REPO_TOKEN`).
    pub token: Option<String>,
    /// Whether signatures of the indexes are asked for: there are keys to check them with.
    pub with_signatures: bool,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("timeout", &self.timeout)
            .field("with_signatures", &self.with_signatures)
            .finish_non_exhaustive()
    }
}

/// A pack's archive as the repository gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Where it came from.
    pub url: String,
    /// The archive.
    pub bytes: Vec<u8>,
    /// Its signature (`.minisig`), if it was asked for and exists.
    pub signature: Option<Vec<u8>>,
}

/// Asks a community repository.
pub struct Client {
    location: Location,
    retry: Retry,
    with_signatures: bool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client by a configuration; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// When the URL or the token cannot be used.
    pub fn new(config: &Config, pace: Arc<dyn Pace>) -> Result<Self, Error> {
        let location = Location::parse(&config.url)?;
        Ok(Self {
            retry: Retry::new(config, &location, pace)?,
            location,
            with_signatures: config.with_signatures,
        })
    }

    /// The same with one root of trust, a certificate in DER, instead of the public ones.
    #[must_use]
    pub fn with_root(mut self, der: &[u8]) -> Self {
        let root = Certificate::from_der(der).to_owned();
        self.retry.set_roots(RootCerts::Specific(Arc::new(vec![root])));
        self
    }

    /// The URL that everything in it is below.
    pub fn source(&self) -> &str {
        self.location.base().as_str()
    }

    /// Gets the archive of a version of a pack, and with `with_signature` its signature, where there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be had.
    pub fn archive(
        &self,
        (name, version): (&str, &Version),
        with_signature: bool,
        progress: Progress<'_>,
    ) -> Result<Archive, Error> {
        let path = format!("packs/{name}/{name}-{version}.zip");
        let url = self.location.file(&path);
        Ok(Archive {
            bytes: self.file(&path, url.clone(), ARCHIVE_BYTES_MAX, progress)?,
            url: url.into(),
            signature: match with_signature {
                true => self.signature(&path)?,
                false => None,
            },
        })
    }

    /// The signature of a file, if it exists.
    fn signature(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = format!("{path}.minisig");
        match self.file(
            &path,
            self.location.file(&path),
            SIGNATURE_BYTES_MAX,
            &mut |_, _| {},
        ) {
            Ok(signature) => Ok(Some(signature)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn file(&self, what: &str, url: Url, bytes_max: usize, progress: Progress<'_>) -> Result<Vec<u8>, Error> {
        let ask = Ask {
            what,
            url,
            bytes_max,
            etag: None,
            github_type: RAW,
        };
        self.bytes(&ask, progress)
    }

    fn bytes(&self, ask: &Ask<'_>, progress: Progress<'_>) -> Result<Vec<u8>, Error> {
        match self.retry.get(ask, progress)? {
            Got::File { bytes, .. } => Ok(bytes),
            Got::NotModified => Err(Error::invalid(ask.what, "it is not modified, which nobody asked")),
        }
    }
}

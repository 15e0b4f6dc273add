//! Who vouches for what: minisign signatures of archives and indexes, checked with the keys that are trusted.
//!
//! A signature speaks for bytes, and its trusted comment says for which: `NAME VERSION SHA256` for an archive,
//! `index.json SHA256` and `singles/index.json SHA256` for the indexes. No name of a pack holds a dot or a slash, so
//! none of the three can stand in for another.

mod sign;

pub use sign::{SecretKey, SignError};

use crate::digest::sha256;
use minisign_verify::{PublicKey, Signature};
use semver::Version;

/// The ending of a signature's name, behind that of the file.
pub const SIGNATURE_ENDING: &str = ".minisig";
/// The most bytes of a signature.
pub const SIGNATURE_BYTES_MAX: usize = 16 * 1024;
/// The most keys that may be trusted.
pub const KEYS_MAX: usize = 64;

/// What a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A pack's archive.
    Archive {
        /// The pack's name.
        name: &'a str,
        /// The pack's version.
        version: &'a Version,
    },
    /// The index of packs.
    Index,
    /// The index of single rules.
    SinglesIndex,
}

impl Subject<'_> {
    /// The trusted comment of its signature.
    pub fn comment(&self, sha256: &str) -> String {
        match self {
            Self::Archive { name, version } => format!("{name} {version} {sha256}"),
            Self::Index => format!("index.json {sha256}"),
            Self::SinglesIndex => format!("singles/index.json {sha256}"),
        }
    }
}

/// The public keys that are trusted (`PACK_TRUSTED_KEYS`).
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(Vec<(String, PublicKey)>);

/// Why a list of keys is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An entry is none; the text is shortened.
    #[error("`{0}` is not a minisign public key, which is 56 characters of base64")]
    Key(String),
    /// There are too many.
    #[error("there are more than {KEYS_MAX} keys")]
    TooMany,
}

/// Why a signature does not vouch for something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is none.
    #[error("`{0}` has no signature")]
    Missing(String),
    /// It is not one, in the present form.
    #[error("the signature of `{0}` is not one that minisign writes today")]
    Malformed(String),
    /// No trusted key made it for these bytes.
    #[error("the signature of `{0}` was made by no trusted key, or for something else")]
    Untrusted(String),
    /// It is valid, for something else.
    #[error("the signature of `{subject}` says `{found}`, and should say `{wanted}`")]
    Comment {
        /// What it should be for.
        subject: String,
        /// Its trusted comment.
        found: String,
        /// What the comment should be.
        wanted: String,
    },
}

impl TrustedKeys {
    /// Parses keys, one a line or separated by commas; `#` begins a comment, and minisign's own comment lines are
    /// passed over, so that a `.pub` file can stand here as it is.
    ///
    /// # Errors
    ///
    /// The first entry that is no key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        const SHOWN: usize = 80;
        let mut keys: Vec<(String, PublicKey)> = Vec::new();
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("untrusted comment:"));
        let lines = lines.map(|line| line.split('#').next().unwrap_or_default());
        let entries = lines.flat_map(|line| line.split(',')).map(str::trim);
        for entry in entries.filter(|entry| !entry.is_empty()) {
            let key = PublicKey::from_base64(entry);
            let key = key.map_err(|_| KeyError::Key(entry.chars().take(SHOWN).collect()))?;
            if keys.iter().all(|(known, _)| known != entry) {
                keys.push((entry.to_owned(), key));
            }
        }
        match keys.len() > KEYS_MAX {
            true => Err(KeyError::TooMany),
            false => Ok(Self(keys)),
        }
    }

    /// Whether no key is trusted, so that signatures say nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys in base64.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(text, _)| text.as_str())
    }

    /// Checks that a trusted key signed these bytes as this subject; gives the key in base64.
    ///
    /// # Errors
    ///
    /// When the signature is missing, none of a trusted key, or for something else.
    pub fn verify(
        &self,
        subject: &Subject<'_>,
        bytes: &[u8],
        signature: Option<&str>,
    ) -> Result<String, Error> {
        let wanted = subject.comment(&sha256(bytes));
        let shown = wanted
            .rsplit_once(' ')
            .map_or(&*wanted, |(shown, _)| shown)
            .to_owned();
        let Some(text) = signature else {
            return Err(Error::Missing(shown));
        };
        if text.len() > SIGNATURE_BYTES_MAX {
            return Err(Error::Malformed(shown));
        }
        let signature = Signature::decode(text).map_err(|_| Error::Malformed(shown.clone()))?;
        let signed = |key: &&(String, PublicKey)| key.1.verify(bytes, &signature, false).is_ok();
        let Some((key, _)) = self.0.iter().find(signed) else {
            return Err(Error::Untrusted(shown));
        };
        match signature.trusted_comment() {
            found if found == wanted => Ok(key.clone()),
            found => Err(Error::Comment {
                subject: shown,
                found: found.to_owned(),
                wanted,
            }),
        }
    }
}

#[cfg(test)]
mod tests;

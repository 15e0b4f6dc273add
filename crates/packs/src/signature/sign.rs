//! Making keys and signatures, for those who run a repository.

use super::Subject;
use crate::digest::sha256;
use minisign::{KeyPair, PublicKey, SecretKeyBox};

/// What stands above the key in its file.
const KEY_COMMENT: &str = "asset-injector secret key";

/// A key that signs.
pub struct SecretKey(minisign::SecretKey);

/// Why a key cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The text is no secret key of minisign.
    #[error("is not a secret key of minisign")]
    NoKey,
    /// The key is encrypted, and there is no password.
    #[error("the secret key is encrypted: its password is needed")]
    NoPassword,
    /// The password is not that of the key.
    #[error("the password is not that of the secret key")]
    WrongPassword,
    /// The system gives no random numbers.
    #[error("cannot sign: {0}")]
    System(String),
}

impl SecretKey {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, SignError> {
        let pair = KeyPair::generate_unencrypted_keypair().map_err(system)?;
        Ok(Self(pair.sk))
    }

    /// Reads a secret key as minisign writes it, encrypted or not.
    ///
    /// # Errors
    ///
    /// When it is none, or the password is missing or wrong.
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, SignError> {
        let boxed = || SecretKeyBox::from_string(text).map_err(|_| SignError::NoKey);
        if let Ok(key) = boxed()?.into_unencrypted_secret_key() {
            return Ok(Self(key));
        }
        let is_key = text.lines().nth(1).is_some_and(|line| line.starts_with("RW"));
        if !is_key {
            return Err(SignError::NoKey);
        }
        // Without a password the library would ask for one on the terminal.
        let password = password.ok_or(SignError::NoPassword)?;
        let key = boxed()?.into_secret_key(Some(password.to_owned()));
        key.map(Self).map_err(|_| SignError::WrongPassword)
    }

    /// The key as minisign's file, not encrypted.
    ///
    /// # Errors
    ///
    /// When it cannot be written as text.
    pub fn to_file(&self) -> Result<String, SignError> {
        let boxed = self.0.to_box(Some(KEY_COMMENT)).map_err(system)?;
        Ok(boxed.into_string())
    }

    /// The public key in base64: what `PACK_TRUSTED_KEYS` takes.
    ///
    /// # Errors
    ///
    /// When the secret key holds none.
    pub fn public(&self) -> Result<String, SignError> {
        let public = PublicKey::from_secret_key(&self.0).map_err(system)?;
        Ok(public.to_base64())
    }

    /// Signs bytes as what they are: the text of the `.minisig` beside them.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub fn sign(&self, subject: &Subject<'_>, bytes: &[u8]) -> Result<String, SignError> {
        let comment = subject.comment(&sha256(bytes));
        let signed = minisign::sign(None, &self.0, bytes, Some(&comment), None).map_err(system)?;
        Ok(signed.into_string())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

fn system(error: minisign::PError) -> SignError {
    SignError::System(error.to_string())
}

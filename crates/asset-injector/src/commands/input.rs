//! What is read from a file or from standard input, to be sent.

use crate::{
    call::{JSON, YAML},
    failure::Failure,
};
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Bytes that are read at most; a server may take fewer.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The bytes of a rule file and its language.
#[derive(Debug)]
pub(super) struct Input {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The language.
    pub(super) format: rulefile::Format,
}

impl Input {
    /// Reads a file; `-` is standard input.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or holds too much.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = if path == Path::new("-") {
            bytes(io::stdin().lock())
        } else {
            regular(path).and_then(bytes)
        };
        let bytes = bytes.map_err(|error| {
            Failure::usage(
                format!("`{}` cannot be read: {error}", path.display()),
                "name a rule file, or `-` for standard input",
            )
        })?;
        let format = format_of(path, &bytes);
        Ok(Self { bytes, format })
    }

    /// The media type of the bytes.
    pub(super) fn media_type(&self) -> &'static str {
        match self.format {
            rulefile::Format::Json => JSON,
            rulefile::Format::Yaml => YAML,
        }
    }
}

fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > BYTES_MAX {
        true => Err(io::Error::other(format!("more than {BYTES_MAX} bytes"))),
        false => Ok(bytes),
    }
}

fn regular(path: &Path) -> io::Result<File> {
    match fs::metadata(path)?.is_dir() {
        true => Err(io::Error::other("it is a folder")),
        false => File::open(path),
    }
}

/// The language by the name; of standard input and of other names by whether it is JSON.
fn format_of(path: &Path, bytes: &[u8]) -> rulefile::Format {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_json = match ending {
        Some("json") => true,
        Some("yaml" | "yml") => false,
        Some(_) | None => serde_json::from_slice::<serde_json::Value>(bytes).is_ok(),
    };
    match is_json {
        true => rulefile::Format::Json,
        false => rulefile::Format::Yaml,
    }
}

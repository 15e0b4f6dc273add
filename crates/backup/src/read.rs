//! Reads an archive within bounds and without trust: it is whole, or it is refused.

mod lines;
mod reading;

use crate::{
    Saved,
    line::{Line, VERSION},
};
use lines::Lines;
use reading::Reading;
use rules::on_parser_stack;
use std::io::{self, BufRead};

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes cannot be had.
    #[error("it cannot be read: {0}")]
    Io(#[source] io::Error),
    /// It is something else.
    #[error("it is no backup of asset-injector")]
    Foreign,
    /// It was written by a later version.
    #[error(
        "it has version {0} of the format, and this version of asset-injector reads versions up to {VERSION}"
    )]
    Newer(u32),
    /// It was cut off or changed after it was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It passes a bound.
    #[error("it is too large: {0}")]
    TooLarge(String),
}

/// Reads an archive to its end. What in it is no longer valid is left out and named.
///
/// Beside what it returns it needs memory for one line.
///
/// # Errors
///
/// When it is not a whole archive of a version that is known, or passes a bound.
pub fn read(input: impl BufRead + Send) -> Result<Saved, ReadError> {
    // The rules' scripts are parsed, which takes a large stack.
    on_parser_stack(|| {
        let mut lines = Lines::new(input);
        let mut reading = Reading::new(lines.head()?);
        loop {
            lines.advance()?;
            let line = lines.parse()?;
            if let Line::End(end) = line {
                let (counted, hash) = (end.lines, end.sha256.into_owned());
                lines.close(counted, &hash)?;
                return Ok(reading.finish());
            }
            match reading.take(line) {
                Ok(()) => lines.accept(),
                Err(reason) => return Err(lines.damaged(reason)),
            }
        }
    })
}

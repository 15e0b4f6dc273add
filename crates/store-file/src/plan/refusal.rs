//! What is said of a write that cannot be planned.

use crate::{bytes, scan::RuleFile};
use rulefile::FILE_BYTES_MAX;
use rules::Rule;
use std::{io, path::Path};
use store::{Error, ErrorKind};

pub(super) fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("`{}` {}", path.display(), bytes::reason(&error));
    Error::new(ErrorKind::Unavailable, message).because(error)
}

pub(super) fn unreadable_rule(rule: &Rule, file: &RuleFile) -> Error {
    let message = format!(
        "`{}` would not be read back from `{}` as it is",
        rule.id(),
        file.shown
    );
    Error::new(ErrorKind::Unwritable, message).about([rule.id()])
}

/// A file that would become too large to be read again.
pub(super) fn too_large(file: &RuleFile, length: usize) -> Error {
    let message = format!(
        "`{}` would have {length} bytes; the most is {FILE_BYTES_MAX}",
        file.shown
    );
    Error::new(ErrorKind::Unwritable, message)
}

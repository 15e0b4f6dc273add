//! The version that a tag names.

use std::fmt;

/// A version of Semantic Versioning 2.0.0 without build metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    /// What stands behind the hyphen; a version with it is no release that `latest` may become.
    pub(super) pre_release: Option<String>,
}

/// Why a tag names no version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    NoPrefix,
    Build,
    Count(usize),
    Number(String),
    Identifier(String),
}

impl Version {
    /// Reads `v1.2.3` or `v1.2.3-rc.1` and nothing else.
    pub(super) fn of_tag(tag: &str) -> Result<Self, Refused> {
        let text = tag.strip_prefix('v').ok_or(Refused::NoPrefix)?;
        if text.contains('+') {
            return Err(Refused::Build);
        }
        let (core, pre_release) = match text.split_once('-') {
            Some((core, pre_release)) => (core, Some(pre_release)),
            None => (text, None),
        };
        let numbers: Vec<_> = core.split('.').collect();
        let [major, minor, patch] = numbers[..] else {
            return Err(Refused::Count(numbers.len()));
        };
        if let Some(wrong) = pre_release.and_then(|all| all.split('.').find(|one| !is_identifier(one))) {
            return Err(Refused::Identifier(wrong.to_owned()));
        }
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            pre_release: pre_release.map(str::to_owned),
        })
    }

    /// What releases are ordered by; a pre-release is none.
    pub(super) fn numbers(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }
}

fn number(text: &str) -> Result<u64, Refused> {
    // `parse` alone would take a plus sign.
    let value = is_number(text).then(|| text.parse().ok()).flatten();
    value.ok_or_else(|| Refused::Number(text.to_owned()))
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

fn is_identifier(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    !text.is_empty() && text.bytes().all(plain) && (!digits || is_number(text))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        match &self.pre_release {
            Some(pre_release) => write!(f, "-{pre_release}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrefix => f.write_str("a tag begins with `v`"),
            Self::Build => f.write_str("build metadata (`+`) has no place in a tag"),
            Self::Count(count) => write!(f, "a version has three numbers, not {count}"),
            Self::Number(text) => write!(
                f,
                "`{}` is no number of a version: digits, no leading zero, at most {}",
                text.escape_debug(),
                u64::MAX
            ),
            Self::Identifier(text) => write!(
                f,
                "`{}` is no part of a pre-release: letters, digits and hyphens, a number without leading zero",
                text.escape_debug()
            ),
        }
    }
}

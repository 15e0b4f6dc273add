//! The effective id of a rule.
//!
//! Ids that differ only in ASCII case are one id, here and in everything that is keyed by them.

use crate::limits;
use std::{cmp::Ordering, fmt, hash, sync::Arc};

/// Ids that no rule may have: the API has calls of these names where a rule's id stands.
const RESERVED: [&str; 3] = ["import", "export", "check"];

/// Names that no pack may have: they are calls of the API, or sources. (`singles` names the single community
/// rules, whose ids begin with it.)
const NO_PACK: [&str; 6] = ["available", "updates", "install", "update", "sync", "local"];

/// The effective id of a rule: `name`, or `pack:name` for a pack's rule.
///
/// Ids that differ only in ASCII case are equal, hash alike and sort together; the text keeps its case.
#[derive(Clone, Debug)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// Parses an effective id.
    ///
    /// # Errors
    ///
    /// The reason, when the text is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((pack, name)) => check_pack(pack).and_then(|()| check_name(name))?,
            None => check_name(text)?,
        }
        Ok(Self(text.into()))
    }

    /// The id of a pack's rule, from the pack's name and the id as the pack writes it.
    ///
    /// # Errors
    ///
    /// The reason, when either is not valid.
    pub fn in_pack(pack: &str, name: &str) -> Result<Self, String> {
        check_pack(pack)?;
        check_name(name)?;
        Ok(Self(format!("{pack}:{name}").into()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pack's name, for an id of the form `pack:name`.
    pub fn pack(&self) -> Option<&str> {
        self.0.split_once(':').map(|(pack, _)| pack)
    }

    /// Compares with a text as ids compare: without regard to ASCII case.
    pub(crate) fn cmp_text(&self, other: &str) -> Ordering {
        fold(&self.0).cmp(fold(other))
    }
}

fn fold(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

pub(crate) fn check_pack(pack: &str) -> Result<(), String> {
    if pack.is_empty() || pack.len() > limits::PACK_NAME_BYTES_MAX {
        return Err(format!(
            "a pack's name has 1 to {} bytes",
            limits::PACK_NAME_BYTES_MAX
        ));
    }
    if let Some(wrong) = pack.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(format!(
            "{wrong:?} cannot stand in a pack's name, which holds a-z, 0-9 and - only"
        ));
    }
    if NO_PACK.contains(&pack) {
        return Err(format!("`{pack}` is not the name of a pack"));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("is empty".to_owned());
    }
    if name.len() > limits::ID_BYTES_MAX {
        return Err(format!(
            "has {} bytes, {} are allowed",
            name.len(),
            limits::ID_BYTES_MAX
        ));
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if let Some(wrong) = name.chars().find(|c| !allowed(c)) {
        return Err(format!(
            "{wrong:?} cannot stand in an id, which holds A-Z, a-z, 0-9, `.`, `_` and `-` only"
        ));
    }
    // No id can leave a folder or hide in one, whatever path is made of it.
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("must begin with a letter or a digit".to_owned());
    }
    if RESERVED
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
    {
        return Err(format!("`{name}` is reserved"));
    }
    Ok(())
}

impl PartialEq for RuleId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for RuleId {}

impl PartialOrd for RuleId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RuleId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_text(&other.0)
    }
}

impl hash::Hash for RuleId {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        fold(&self.0).for_each(|byte| state.write_u8(byte));
        state.write_u8(0xff);
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;

//! Reads settings one by one and collects every bad one.

use super::{
    Origin, ROWS, Sources,
    keys::{Fallback, Key, Row},
};
use std::fmt;

/// A setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    /// The name of the setting.
    pub(crate) name: &'static str,
    /// Its value as text; nothing where it follows from something else.
    pub(crate) value: String,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// One bad value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadValue {
    name: String,
    value: String,
    origin: Origin,
    allowed: String,
}

/// Every bad value of a configuration; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid(pub(crate) Vec<BadValue>);

impl Invalid {
    /// A `.env` that cannot be read.
    pub(crate) fn dotenv(reason: String) -> Self {
        let allowed = format!("lines of NAME=value; {reason}");
        Self(vec![BadValue {
            name: ".env".to_owned(),
            value: String::new(),
            origin: Origin::DotEnv,
            allowed,
        }])
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(
            f,
            "{count} {} not valid",
            if count == 1 { "setting is" } else { "settings are" }
        )?;
        for bad in &self.0 {
            match bad.value.is_empty() {
                true => write!(f, "\n  {}: allowed: {}", bad.name, bad.allowed)?,
                false => write!(
                    f,
                    "\n  {}=`{}` ({}): allowed: {}",
                    bad.name, bad.value, bad.origin, bad.allowed
                )?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Reads settings and remembers what it met.
pub(crate) struct Reader<'a> {
    sources: &'a Sources,
    effective: Vec<Effective>,
    bad: Vec<BadValue>,
}

impl<'a> Reader<'a> {
    /// A reader of these sources.
    pub(crate) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            effective: Vec::new(),
            bad: Vec::new(),
        }
    }

    /// The value of a setting with a default; that default stands in for a bad value.
    pub(crate) fn read<T>(&mut self, key: &Key<T>) -> T {
        let Fallback::Is(default) = key.row.default else {
            unreachable!(
                "`{}` has no default of its own: it is read with `read_set`",
                key.row.name
            )
        };
        if let Some(value) = self.read_set(key) {
            return value;
        }
        self.note(key.row, default, Origin::Default);
        (key.parse)(default).expect("a test parses every default of the table")
    }

    /// The value of a setting if it is set.
    pub(crate) fn read_set<T>(&mut self, key: &Key<T>) -> Option<T> {
        let (text, origin) = self.sources.find(key.row.name)?;
        let value = (key.parse)(text);
        match value {
            Some(_) => self.note(key.row, text, origin),
            None => self.refuse(key.row, text, origin),
        }
        value
    }

    /// The value of a setting that need not be set; noted as nothing if it is not.
    pub(crate) fn read_optional<T>(&mut self, key: &Key<T>) -> Option<T> {
        let value = self.read_set(key);
        self.note_followed(key.row, "");
        value
    }

    /// The value of a setting that follows another one unless it is set.
    pub(crate) fn read_special<T>(&mut self, special: &Key<T>, general: &Key<T>) -> T {
        let general = self.read(general);
        self.read_optional(special).unwrap_or(general)
    }

    /// Notes what a setting without a value of its own follows from.
    pub(crate) fn note_followed(&mut self, row: &'static Row, value: &str) {
        if !self.effective.iter().any(|known| known.name == row.name) {
            self.note(row, value, Origin::Default);
        }
    }

    /// Refuses a value that does not fit another setting.
    pub(crate) fn refuse_unfit(&mut self, row: &'static Row) {
        if let Some((text, origin)) = self.sources.find(row.name) {
            self.refuse(row, text, origin);
        }
    }

    /// Refuses a value for a reason of its own.
    pub(crate) fn refuse_because(&mut self, row: &'static Row, reason: &str) {
        if let Some((text, origin)) = self.sources.find(row.name) {
            self.refuse(row, text, origin);
        }
        if let Some(bad) = self.bad.last_mut() {
            bad.allowed = format!("{}; {reason}", bad.allowed);
        }
    }

    /// Refuses that a setting is not set.
    pub(crate) fn refuse_missing(&mut self, row: &'static Row) {
        self.refuse(row, "", Origin::Default);
    }

    /// The settings in force, in the order of the table.
    ///
    /// # Errors
    ///
    /// All bad values together.
    pub(crate) fn finish(mut self) -> Result<Vec<Effective>, Invalid> {
        if !self.bad.is_empty() {
            return Err(Invalid(self.bad));
        }
        self.effective
            .sort_by_key(|known| ROWS.iter().position(|row| row.name == known.name));
        Ok(self.effective)
    }

    fn note(&mut self, row: &'static Row, value: &str, origin: Origin) {
        let value = match (row.is_secret(), value) {
            (false, shown) => shown,
            (true, "") => "unset",
            (true, _) => "set",
        };
        self.effective.push(Effective {
            name: row.name,
            value: value.to_owned(),
            origin,
        });
    }

    fn refuse(&mut self, row: &'static Row, value: &str, origin: Origin) {
        // A URL that holds a password is refused, and must not be shown by that.
        let is_url_with_user = value
            .split_once("://")
            .is_some_and(|(_, rest)| rest.contains('@'));
        let value = match row.is_secret() || is_url_with_user {
            true => "(not shown)",
            false => value,
        };
        let (name, value, allowed) = (row.name.to_owned(), value.to_owned(), row.allowed.to_owned());
        self.bad.push(BadValue {
            name,
            value,
            origin,
            allowed,
        });
    }
}

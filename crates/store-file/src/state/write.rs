//! The state file in the making: what is changed is changed, and everything else keeps its text.

use super::{STATE_FILE, State};
use rules::{Layer, RuleId};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, fmt::Write as _};
use store::{Error, ErrorKind};

type Raw = Box<RawValue>;

/// The file's members; those that are not understood as the text that they are.
#[derive(Debug)]
pub(crate) struct StateDraft {
    others: BTreeMap<String, Raw>,
    disabled: Vec<Raw>,
    pins: BTreeMap<String, Raw>,
    is_changed: bool,
}

impl StateDraft {
    /// Begins with what stands in the file; `None` where there is no file.
    ///
    /// # Errors
    ///
    /// When it cannot be written without losing something of it.
    pub(crate) fn of(bytes: Option<&[u8]>) -> Result<Self, Error> {
        let bytes = bytes.unwrap_or(b"{}");
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        // The strict parser says where it is wrong; what it takes and the other does not is no object.
        let whole = State::parse(bytes).problems.into_iter();
        let broken = whole
            .filter(|problem| problem.field.is_empty())
            .map(|problem| match problem.line {
                Some(line) => format!("{STATE_FILE}:{line}: {}", problem.reason),
                None => format!("{STATE_FILE}: {}", problem.reason),
            });
        if let Some(broken) = broken.reduce(|first, _| first) {
            return Err(unwritable(broken));
        }
        let members = serde_json::from_slice::<BTreeMap<String, Raw>>(text);
        let mut others = members.map_err(|error| unwritable(format!("{STATE_FILE}: {error}")))?;
        Ok(Self {
            disabled: member(&mut others, "disabled", "a list of ids")?,
            pins: member(&mut others, "pins", "a mapping from ids to sources")?,
            others,
            is_changed: false,
        })
    }

    pub(crate) fn disable(&mut self, id: &RuleId) {
        if !self.disabled.iter().any(|raw| is_id(raw, id)) {
            self.disabled.push(raw(id.as_str()));
            self.is_changed = true;
        }
    }

    pub(crate) fn enable(&mut self, id: &RuleId) {
        let count = self.disabled.len();
        self.disabled.retain(|raw| !is_id(raw, id));
        self.is_changed |= self.disabled.len() < count;
    }

    pub(crate) fn pin(&mut self, id: &RuleId, layer: Layer) {
        let is_pinned = |(known, value): (&String, &Raw)| {
            known.eq_ignore_ascii_case(id.as_str()) && text(value).as_deref() == Some(layer.as_str())
        };
        if !self.pins.iter().any(is_pinned) {
            self.unpin(id);
            self.pins.insert(id.as_str().to_owned(), raw(layer.as_str()));
            self.is_changed = true;
        }
    }

    pub(crate) fn unpin(&mut self, id: &RuleId) {
        let count = self.pins.len();
        self.pins
            .retain(|known, _| !known.eq_ignore_ascii_case(id.as_str()));
        self.is_changed |= self.pins.len() < count;
    }

    /// The new text, if it says something else than the old one.
    pub(crate) fn changed(&self) -> Option<String> {
        self.is_changed.then(|| self.print())
    }

    fn print(&self) -> String {
        let mut members = Vec::new();
        let disabled: Vec<_> = self.disabled.iter().map(|raw| raw.get().to_owned()).collect();
        members.push(("disabled", block('[', &disabled, ']')));
        let pin = |(id, value): (&String, &Raw)| format!("{}: {}", raw(id).get(), value.get());
        let pins: Vec<_> = self.pins.iter().map(pin).collect();
        members.push(("pins", block('{', &pins, '}')));
        let others = self.others.iter();
        members.extend(others.map(|(name, value)| (name.as_str(), value.get().to_owned())));
        let mut text = "{\n".to_owned();
        for (n, (name, value)) in members.iter().enumerate() {
            let comma = if n + 1 < members.len() { "," } else { "" };
            let _ = writeln!(text, "  {}: {value}{comma}", raw(name).get());
        }
        text.push_str("}\n");
        text
    }
}

/// Takes a member of the file out of all of them; none, or `null`, is empty.
fn member<T: Default + serde::de::DeserializeOwned>(
    members: &mut BTreeMap<String, Raw>,
    name: &str,
    shape: &str,
) -> Result<T, Error> {
    let Some(value) = members.remove(name) else {
        return Ok(T::default());
    };
    let value: Option<T> = serde_json::from_str(value.get())
        .map_err(|_| unwritable(format!("{STATE_FILE}: `{name}` is not {shape}")))?;
    Ok(value.unwrap_or_default())
}

fn block(open: char, lines: &[String], close: char) -> String {
    match lines {
        [] => format!("{open}{close}"),
        lines => format!("{open}\n    {}\n  {close}", lines.join(",\n    ")),
    }
}

fn raw(text: &str) -> Raw {
    serde_json::value::to_raw_value(text).expect("text can always be written as JSON")
}

fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn is_id(raw: &RawValue, id: &RuleId) -> bool {
    text(raw).is_some_and(|text| text.eq_ignore_ascii_case(id.as_str()))
}

fn unwritable(what: String) -> Error {
    Error::new(
        ErrorKind::Unwritable,
        format!("{what}: correct it first, so that nothing of it is lost"),
    )
}

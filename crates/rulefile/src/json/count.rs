//! Reads JSON to its end and builds nothing: counts its values, and stops where there are too many.

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use std::{cell::Cell, fmt, marker::PhantomData};

/// A count of values with a bound.
pub(super) struct Count {
    values: Cell<usize>,
    max: usize,
}

impl Count {
    pub(super) fn up_to(max: usize) -> Self {
        Self {
            values: Cell::new(0),
            max,
        }
    }

    /// Whether the bound was passed, which is then what ended the reading.
    pub(super) fn is_passed(&self) -> bool {
        self.values.get() > self.max
    }

    fn one<E: Error>(&self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        if self.is_passed() {
            return Err(E::custom("too many values"));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &Count {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Count {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.one()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.one()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.one()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.one()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.one()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.one()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.one()?;
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.one()?;
        // A key is a string, whatever it holds, and is counted with its value.
        while entries
            .next_key_seed(PhantomData::<serde::de::IgnoredAny>)?
            .is_some()
        {
            entries.next_value_seed(self)?;
        }
        Ok(())
    }
}

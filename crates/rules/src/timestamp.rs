//! A point in time as rules carry it: UTC, milliseconds.
//!
//! Time comes in as a parameter everywhere; nothing here asks a clock.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time so many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Parses an RFC 3339 time with an offset; digits past the milliseconds are cut.
    ///
    /// ```
    /// use rules::Timestamp;
    ///
    /// let noon = Timestamp::parse("2026-01-31T13:00:00.1239+01:00").unwrap();
    /// assert_eq!(noon.to_string(), "2026-01-31T12:00:00.123Z");
    /// assert_eq!(Timestamp::parse("2026-01-31"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        // The parser behind reads more than RFC 3339 has (zone names, a missing time, a comma), hence the gate.
        let fraction = cut_to_millis(text)?;
        let parsed: jiff::Timestamp = fraction.parse().ok()?;
        Some(Self(parsed.as_millisecond()))
    }
}

/// The text with at most three digits of a fraction, if it has the shape of RFC 3339.
fn cut_to_millis(text: &str) -> Option<String> {
    const SHAPE: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";
    let (head, rest) = text.split_at_checked(SHAPE.len())?;
    let fits = head.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        _ => byte == *shape,
    });
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (Some(&rest[..digits]), &rest[digits..])
        }
        None => (None, rest),
    };
    let offset_fits = match offset.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    if !fits || !offset_fits || fraction.is_some_and(str::is_empty) {
        return None;
    }
    let fraction = fraction.map_or(String::new(), |digits| {
        format!(".{}", &digits[..digits.len().min(3)])
    });
    Some(format!("{head}{fraction}{offset}"))
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC with three digits of milliseconds: `2026-01-31T12:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let millis = self.0.clamp(min.as_millisecond(), max.as_millisecond());
        let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(max);
        write!(f, "{time:.3}")
    }
}

#[cfg(test)]
mod tests;

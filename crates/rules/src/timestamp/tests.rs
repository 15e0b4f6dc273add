//! What is a time and what is not, and how one is written.

use crate::Timestamp;
use proptest::prelude::*;

#[test]
fn times_are_rfc_3339_with_an_offset() {
    for (text, written) in [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31 12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500Z"),
        ("2026-01-31T12:00:00.123999999999999Z", "2026-01-31T12:00:00.123Z"),
        ("2026-01-31T00:30:00+01:00", "2026-01-30T23:30:00.000Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ] {
        let time = Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is a time"));
        assert_eq!(time.to_string(), written, "{text}");
    }
}

#[test]
fn other_forms_are_refused() {
    for text in [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00Z",
        "2026-1-31T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00,5Z",
        "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00+01:00[Europe/Berlin]",
        "+002026-01-31T12:00:00Z",
        " 2026-01-31T12:00:00Z",
        "2026-01-31T12:00:0é",
        "tomorrow",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text:?}");
    }
}

#[test]
fn a_time_outside_of_the_calendar_is_written_as_its_edge() {
    assert!(
        Timestamp::from_millis(i64::MAX)
            .to_string()
            .starts_with("9999-12-3")
    );
    assert!(
        Timestamp::from_millis(i64::MIN)
            .to_string()
            .starts_with("-009999-01-0")
    );
}

proptest! {
    /// Feature: asset-injector, Property: a time that is written and read is the same
    #[test]
    fn written_and_read(millis in -62_135_596_800_000_i64..253_402_207_200_000) {
        let time = Timestamp::from_millis(millis);
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
}

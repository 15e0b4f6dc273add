//! Requirements: Cargo's syntax, with the one difference that a bare version is exact.

use super::*;

#[track_caller]
fn check_met(requirement: &str, engine: &str, expected: bool) {
    let engine = Version::parse(engine).unwrap();
    assert_eq!(
        Requirement::parse(requirement).unwrap().matches(&engine),
        expected,
        "{requirement} by {engine}"
    );
}

#[test]
fn requirements_are_as_cargo_writes_them() {
    check_met(">=1.4", "1.4.0", true);
    check_met(">=1.4", "1.3.9", false);
    check_met("^1.4", "1.9.0", true);
    check_met("^1.4", "2.0.0", false);
    check_met("~1.4", "1.5.0", false);
    check_met(">=1.2, <2", "1.9.9", true);
    check_met(">=1.2, <2", "2.0.0", false);
    check_met("1.*", "1.9.9", true);
    check_met("*", "0.1.0", true);
}

#[test]
fn a_bare_version_means_exactly_that_one() {
    check_met("1.4.2", "1.4.2", true);
    check_met("1.4.2", "1.4.3", false);
    check_met("1.4", "1.5.0", false);
}

#[test]
fn nonsense_is_no_requirement() {
    for written in ["", "new", ">=", "1.4 or later", ">=1.4;"] {
        assert!(Requirement::parse(written).is_err(), "{written:?}");
    }
}

//! Names and requirements.

use super::*;

#[test]
fn a_bare_version_means_exactly_that_one() {
    let cases = [
        ("1.2.3", "1.2.3", true),
        ("1.2.3", "1.2.4", false),
        ("^1.2.3", "1.2.4", true),
        (">=1.4, <2", "1.9.0", true),
        (">=1.4, <2", "2.0.0", false),
        ("1.*", "1.9.0", true),
        ("*", "0.0.1", true),
        ("1.2.3-rc.1", "1.2.3-rc.1", true),
    ];
    for (requirement, version, does) in cases {
        let parsed = Requirement::parse(requirement).unwrap();
        let version = Version::parse(version).unwrap();
        assert_eq!(parsed.matches(&version), does, "{requirement} {version}");
        assert_eq!(parsed.to_string(), requirement);
    }
    let error = Requirement::parse("new").unwrap_err();
    assert!(
        error.starts_with("`new` is not a version requirement: "),
        "{error}"
    );
}

#[test]
fn a_pack_has_no_name_with_another_meaning() {
    for name in ["shop", "a-1", "x"] {
        assert_eq!(check_pack_name(name), Ok(()));
    }
    let taken = [
        "available",
        "updates",
        "install",
        "update",
        "sync",
        "singles",
        "local",
    ];
    for name in taken
        .into_iter()
        .chain(["", "A", "a_b", "a/b", "..", &"a".repeat(65)])
    {
        assert!(check_pack_name(name).is_err(), "{name}");
    }
}

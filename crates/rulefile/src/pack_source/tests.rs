//! Records of where a pack came from: what is read, what is refused, and what comes back from a print.

use super::*;
use proptest::prelude::*;

#[test]
fn a_record_that_knows_little_is_read_and_not_trusted() {
    let source = parse(br#"{"version":"1.0.0","source_url":"https://example.com/p.zip","other":1}"#).unwrap();
    assert_eq!(source.url.as_deref(), Some("https://example.com/p.zip"));
    assert!(!source.trusted);
    assert_eq!((source.sha256.as_str(), source.key), ("", None));
}

#[test]
fn what_is_wrong_has_its_place() {
    let fields = |text: &str| -> Vec<_> {
        let found = parse(text.as_bytes()).unwrap_err();
        found.into_iter().map(|d| (d.line, d.column, d.field)).collect()
    };
    let at = |column, field: &str| (1, column, field.to_owned());
    assert_eq!(fields("{}"), [at(1, "version")]);
    assert_eq!(fields(r#"{"version":"1"}"#), [at(12, "version")]);
    assert_eq!(
        fields(r#"{"version":"1.0.0","trusted":"true"}"#),
        [at(30, "trusted")]
    );
    assert_eq!(
        fields(r#"{"version":"1.0.0","installed_at":"now"}"#),
        [at(35, "installed_at")]
    );
    assert_eq!(fields("version: 1.0.0").len(), 1);
}

prop_compose! {
    fn sources()(
        url in prop::option::of("https://[a-z]{1,9}/[!-~]{0,20}"),
        patch in 0..u64::MAX,
        sha256 in "([0-9a-f]{64})?",
        key in prop::option::of("[A-Za-z0-9+/]{56}"),
        trusted: bool,
        millis in 0_i64..4_102_444_800_000,
    ) -> PackSource {
        let version = Version::new(1, 0, patch);
        PackSource { url, version, sha256, key, trusted, installed_at: Timestamp::from_millis(millis) }
    }
}

proptest! {
    /// Feature: asset-injector, Property: a record of a pack's source that is printed is read back as it was
    #[test]
    fn a_record_comes_back_from_its_print(source in sources()) {
        prop_assert_eq!(parse(print(&source).as_bytes()), Ok(source));
    }
}

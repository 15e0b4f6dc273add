//! Lock files: what is recorded, what comes back, and what is refused.

use super::*;
use proptest::prelude::*;
use rules::{InstalledPack, Timestamp};

#[test]
fn a_lock_file_is_plain_yaml() {
    let pack = Locked {
        name: "p".to_owned(),
        version: Version::new(1, 0, 0),
        url: Some("https://example.com/p.zip".to_owned()),
        sha256: "ab".repeat(32),
        key: None,
        trusted: false,
    };
    let text = print(std::slice::from_ref(&pack));
    assert!(
        text.contains("  - name: \"p\"\n    version: \"1.0.0\"\n    url: \"https://example.com/p.zip\"\n"),
        "{text}"
    );
    assert_eq!(parse(text.as_bytes()), Ok(vec![pack]));
    assert_eq!(parse(print(&[]).as_bytes()), Ok(Vec::new()));
}

#[test]
fn what_is_no_lock_file_is_refused() {
    let entry = |line: &str| {
        format!(
            "version: 1\npacks: [{{name: p, version: 1.0.0, sha256: {}{line}}}]",
            "ab".repeat(32)
        )
    };
    assert!(parse(entry("").as_bytes()).is_ok());
    for text in [
        String::new(),
        "version: 2\npacks: []".to_owned(),
        "version: 1".to_owned(),
        entry(", trusted: 1"),
        entry(", url: 7"),
        entry("").replace("name: p", "name: ../p"),
        entry("").replace("version: 1.0.0", "version: '1'"),
        entry("").replace("ab", "a"),
        "a: [".to_owned(),
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
    let twice = "version: 1\npacks: [P, P]".replace(
        'P',
        &format!("{{name: p, version: 1.0.0, sha256: '{}'}}", "0".repeat(64)),
    );
    assert!(parse(twice.as_bytes()).unwrap_err().contains("twice"));
}

prop_compose! {
    fn installed()(
        packs in prop::collection::btree_map("q[a-z0-9-]{1,8}", (0..9_u64, "[0-9a-f]{64}", prop::option::of("https://[ -~]{0,20}"), prop::option::of("[A-Za-z0-9+/]{56}"), any::<bool>()), 0..5),
    ) -> Installed {
        let pack = |(name, (minor, sha256, url, key, trusted))| {
            let (version, installed_at) = (Version::new(1, minor, 0), Timestamp::from_millis(0));
            let source = Some(PackSource { url, version, sha256, key, trusted, installed_at });
            (name, InstalledPack { manifest: None, source })
        };
        packs.into_iter().map(pack).collect()
    }
}

proptest! {
    /// Feature: asset-injector, Property: a lock file that is printed is read back as it was
    #[test]
    fn a_lock_file_comes_back_from_its_print(installed in installed()) {
        let locked = of_installed(&installed);
        prop_assert_eq!(locked.len(), installed.len());
        prop_assert_eq!(parse(print(&locked).as_bytes()), Ok(locked));
    }
}

//! The URL that is matched.

use super::check;
use crate::{
    Candidate,
    PatternKind::{Exact, Regex, Wildcard},
    SUBJECT_BYTES_MAX, UrlError,
};

fn subject(url: &str) -> String {
    Candidate::parse(url)
        .unwrap_or_else(|error| panic!("{url}: {error}"))
        .as_str()
        .to_owned()
}

#[test]
fn the_input_is_trimmed() {
    assert_eq!(
        subject("\u{feff}\u{a0} https://example.com/\u{2003}\n"),
        "https://example.com/"
    );
}

#[test]
fn the_input_has_at_most_8192_bytes() {
    let longest = format!("https://example.com/{}", "a".repeat(SUBJECT_BYTES_MAX - 20));
    assert_eq!(subject(&format!("  {longest} ")), longest);
    let error = Candidate::parse(&format!("{longest}a")).unwrap_err();
    assert_eq!(
        error,
        UrlError::TooLong {
            bytes: SUBJECT_BYTES_MAX + 1
        }
    );
}

#[test]
fn a_url_of_8_kib_that_grows_when_encoded_is_matched_whole() {
    let url = format!("https://example.com/{}/end", "é".repeat(4000));
    assert_eq!(subject(&url).len(), 20 + 4000 * 6 + 4);
    check(Wildcard, "example.com/*/end", &[&url], &[]);
    check(Wildcard, "example.com/*A9?end", &[&url], &[]);
    check(Regex, "/end$", &[&url], &[]);
}

#[test]
fn only_http_and_https_with_a_host_are_accepted() {
    let refused = |url: &str| Candidate::parse(url).unwrap_err();
    assert_eq!(refused("ftp://example.com/"), UrlError::Scheme("ftp".into()));
    assert_eq!(
        refused("javascript:alert(1)"),
        UrlError::Scheme("javascript".into())
    );
    assert_eq!(refused("file:///etc/passwd"), UrlError::Scheme("file".into()));
    assert_eq!(refused("about:blank"), UrlError::Scheme("about".into()));
    assert_eq!(refused("example.com/"), UrlError::Relative);
    assert_eq!(refused("/a"), UrlError::Relative);
    assert_eq!(refused("  "), UrlError::Empty);
    assert_eq!(refused("https://"), UrlError::NoHost);
    assert_eq!(refused("https://./"), UrlError::NoHost);
    assert!(matches!(refused("https://exa mple.com/"), UrlError::Invalid(_)));
    assert!(matches!(
        refused("https://example.com:99999/"),
        UrlError::Invalid(_)
    ));
}

#[test]
fn the_subject_is_what_a_browser_shows_as_href() {
    for (url, expected) in [
        ("HTTPS://EXAMPLE.com", "https://example.com/"),
        (
            "https://bücher.example/ü?ü#ü",
            "https://xn--bcher-kva.example/%C3%BC?%C3%BC#%C3%BC",
        ),
        ("https://example.com:443/", "https://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("https://example.com:/", "https://example.com/"),
        (
            "https://example.com/a/./b/../c/%2e%2e/d",
            "https://example.com/a/d",
        ),
        ("https:\\\\example.com\\a", "https://example.com/a"),
        ("https:example.com/a", "https://example.com/a"),
        ("https://exa\tmple.com/a\nb", "https://example.com/ab"),
        ("https://ex%61mple.com/", "https://example.com/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[0:0::1]:8080", "http://[::1]:8080/"),
        ("https://example.com?", "https://example.com/?"),
        ("https://example.com#", "https://example.com/#"),
    ] {
        assert_eq!(subject(url), expected, "{url}");
    }
}

#[test]
fn the_subject_has_no_user_name_password_and_one_final_dot_less() {
    assert_eq!(
        subject("https://user:pass@example.com./a"),
        "https://example.com/a"
    );
    assert_eq!(subject("https://:@example.com/"), "https://example.com/");
    assert_eq!(subject("https://good.test@evil.test/"), "https://evil.test/");
    assert_eq!(subject("https://example.com.:8443/"), "https://example.com:8443/");
    assert_eq!(subject("https://example.com../"), "https://example.com./");
}

#[test]
fn what_is_nearly_canonical_is_parsed() {
    for (url, expected) in [
        ("https://example.com/a/.", "https://example.com/a/"),
        ("https://example.com/a/%2E%2e/b", "https://example.com/b"),
        ("https://example.com/a/.b", "https://example.com/a/.b"),
        ("https://example.com/a`b", "https://example.com/a%60b"),
        ("https://example.com/?'", "https://example.com/?%27"),
        ("https://example.com/#`", "https://example.com/#%60"),
        ("https://1.2.3.0x4/", "https://1.2.3.4/"),
        ("https://1.2.771/", "https://1.2.3.3/"),
        ("https://a..b/", "https://a..b/"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com?a", "https://example.com/?a"),
        ("https:///example.com/", "https://example.com/"),
    ] {
        assert_eq!(subject(url), expected, "{url}");
    }
    assert!(Candidate::parse("https://xn--a/").is_err());
}

#[test]
fn nothing_else_is_normalized() {
    for url in [
        "https://a.test/%7e",
        "https://a.test/%7E",
        "https://a.test/~",
        "https://a.test/a",
        "https://a.test/a/",
        "https://a.test/?",
    ] {
        assert_eq!(subject(url), url);
    }
}

#[test]
fn a_fragment_is_optional() {
    let url = "https://example.com/app#/cart";
    check(
        Exact,
        "https://example.com/app",
        &[url],
        &["https://example.com/app2#/cart"],
    );
    check(
        Exact,
        "https://example.com/app#/cart",
        &[url],
        &["https://example.com/app"],
    );
    check(Wildcard, "example.com/app", &[url], &[]);
    check(
        Wildcard,
        "example.com/app#/c*",
        &[url],
        &["https://example.com/app"],
    );
    check(Regex, "/app$", &[url], &[]);
    check(Regex, "#/cart$", &[url], &["https://example.com/app"]);
}

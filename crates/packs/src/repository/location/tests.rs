//! Which URLs are repositories, and where their files are.

use super::Location;

/// The URLs of a file and of the whole, and the folder in the whole.
fn check(text: &str, file: &str, whole: Option<&str>, folder: &str) {
    let location = Location::parse(text).unwrap();
    assert_eq!(location.file("packs/a/a-1.0.0+b c.zip").as_str(), file, "{text}");
    assert_eq!(location.whole().as_ref().map(url::Url::as_str), whole, "{text}");
    assert_eq!(location.folder(), folder, "{text}");
    assert_eq!(location.is_github(), whole.is_some(), "{text}");
}

#[test]
fn files_are_below_the_url_of_a_static_server() {
    for base in ["https://rules.example/a", " https://rules.example/a/ "] {
        check(
            base,
            "https://rules.example/a/packs/a/a-1.0.0+b%20c.zip",
            None,
            "",
        );
    }
    check(
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/packs/a/a-1.0.0+b%20c.zip",
        None,
        "",
    );
    check(
        "https://github.com/o/r/raw/main",
        "https://github.com/o/r/raw/main/packs/a/a-1.0.0+b%20c.zip",
        None,
        "",
    );
    check(
        "https://rules.example/repos/contents",
        "https://rules.example/repos/contents/packs/a/a-1.0.0+b%20c.zip",
        None,
        "",
    );
}

#[test]
fn the_contents_api_is_known_by_its_path() {
    let api = "https://api.github.com/repos/o/r";
    check(
        &format!("{api}/contents"),
        &format!("{api}/contents/packs/a/a-1.0.0+b%20c.zip"),
        Some(&format!("{api}/zipball")),
        "",
    );
    check(
        &format!("{api}/contents/x%20y/z/?ref=topic/new"),
        &format!("{api}/contents/x%20y/z/packs/a/a-1.0.0+b%20c.zip?ref=topic%2Fnew"),
        Some(&format!("{api}/zipball/topic/new")),
        "x y/z/",
    );
    let enterprise = "http://git.internal:81/api/v3/repos/o/r";
    check(
        &format!("{enterprise}/contents"),
        &format!("{enterprise}/contents/packs/a/a-1.0.0+b%20c.zip"),
        Some(&format!("{enterprise}/zipball")),
        "",
    );
}

#[test]
fn the_page_of_a_repository_means_the_api() {
    let api = Location::parse("https://api.github.com/repos/o/r/contents").unwrap();
    for page in [
        "https://github.com/o/r",
        "https://github.com/o/r/",
        "https://www.github.com/o/r.git",
        "http://github.com/o/r",
    ] {
        assert_eq!(Location::parse(page), Ok(api.clone()), "{page}");
    }
}

#[test]
fn what_is_no_place_of_a_repository_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "is not a URL"),
        ("rules.example", "is not a URL"),
        ("ftp://rules.example", "must begin with `https://`"),
        ("file:///rules", "must begin with `https://`"),
        ("https://user:secret@rules.example", "must not hold a user name"),
        ("https://rules.example/#a", "behind `#`"),
        ("https://rules.example/?ref=a", "behind `?`"),
        ("https://api.github.com/repos/o/r/contents?x=1", "behind `?`"),
        ("https://api.github.com/repos/o/r/contents?ref=", "behind `?`"),
    ] {
        let message = Location::parse(text).unwrap_err().to_string();
        assert!(
            message.starts_with("`COMMUNITY_REPO_URL` ") && message.contains(reason),
            "{text}: {message}"
        );
        assert!(!message.contains("secret"), "{message}");
    }
}

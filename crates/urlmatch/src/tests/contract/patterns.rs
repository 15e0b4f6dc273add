//! The three pattern languages, and the bounds on their work.

use super::check;
use crate::{
    Candidate, Pattern,
    PatternKind::{Exact, Regex, Wildcard},
    SUBJECT_BYTES_MAX,
};

// Exact.

#[test]
fn exact_is_parsed_and_serialized_as_the_url_is() {
    check(
        Exact,
        " HTTP://Example.COM:80/a/../b ",
        &[
            "http://example.com/b",
            "http://example.com./b",
            "http://user@example.com/b",
        ],
        &[
            "https://example.com/b",
            "http://example.com/b/",
            "http://example.com/B",
            "http://example.com:8080/b",
        ],
    );
}

// Wildcard.

#[test]
fn the_whole_subject_must_match() {
    check(
        Wildcard,
        "https://example.com/a",
        &["https://example.com/a"],
        &[
            "https://example.com/a/",
            "https://example.com/ab",
            "https://example.com/A",
        ],
    );
}

#[test]
fn star_is_any_run_and_question_mark_exactly_one() {
    check(
        Wildcard,
        "example.com/a*z",
        &["https://example.com/az", "https://example.com/a/b/z"],
        &["https://example.com/azb"],
    );
    check(
        Wildcard,
        "example.com/a?z",
        &["https://example.com/abz", "https://example.com/a/z"],
        &["https://example.com/az", "https://example.com/abbz"],
    );
}

#[test]
fn escapes_are_literal() {
    check(Wildcard, r"example.com/\*\?\\", &[], &["https://example.com/abc"]);
    check(
        Wildcard,
        r"example.com/\*\?x=\\",
        &[r"https://example.com/*?x=\"],
        &[r"https://example.com/a?x=\"],
    );
}

#[test]
fn runs_of_stars_count_as_one_in_matching_and_in_every_length() {
    let candidate = Candidate::parse("https://example.com/a").unwrap();
    let steps = |text: &str| Pattern::parse(Wildcard, text).unwrap().steps(&candidate);
    assert_eq!(steps("example.com/a**b***"), steps("example.com/a*b*"));
    check(Wildcard, "example.com/a****b", &["https://example.com/ab"], &[]);
    check(Wildcard, "**://**/a", &["https://example.com:81/a"], &[]);
    check(Wildcard, "http**://example.com/**", &["http://example.com/"], &[]);
}

#[test]
fn scheme_forms() {
    let (http, https) = ("http://example.com/", "https://example.com/");
    check(Wildcard, "http://example.com/*", &[http], &[https]);
    check(Wildcard, "hTTps://example.com/*", &[https], &[http]);
    for both in [
        "*://example.com/*",
        "http*://example.com/*",
        "HTTP*://example.com/*",
        "example.com/*",
    ] {
        check(Wildcard, both, &[http, https], &[]);
    }
    check(
        Wildcard,
        "localhost:3000/*",
        &["http://localhost:3000/a"],
        &["http://localhost/a"],
    );
    check(Wildcard, "example.com/a://b", &["https://example.com/a://b"], &[]);
}

#[test]
fn no_wildcard_of_the_host_part_reaches_the_path() {
    check(
        Wildcard,
        "https://*.example.com/*",
        &["https://www.example.com/a", "https://a.b.example.com/"],
        &[
            "https://evil.test/x.example.com/",
            "https://evil.test/https://www.example.com/",
            "https://evil.test?.example.com/",
            "https://evil.test#.example.com/",
        ],
    );
    check(
        Wildcard,
        "example?com/*",
        &["https://example-com/"],
        &["https://example/com/", "https://example?com/"],
    );
}

#[test]
fn ports() {
    check(
        Wildcard,
        "example.com/*",
        &["https://example.com:443/", "http://example.com:80/"],
        &["https://example.com:8443/", "http://example.com:443/"],
    );
    check(
        Wildcard,
        "example.com:*/*",
        &["https://example.com:8443/", "https://example.com:80/"],
        &["https://example.com/", "https://example.com:443/"],
    );
    check(
        Wildcard,
        "*/*",
        &["https://example.com/", "https://example.com:8443/"],
        &[],
    );
    check(
        Wildcard,
        "*example.com/*",
        &["https://example.com/"],
        &["https://example.com:8443/"],
    );
    check(
        Wildcard,
        "[::1]:80??/*",
        &["http://[::1]:8080/"],
        &["http://[::1]/", "http://[::1]:80/"],
    );
    check(
        Wildcard,
        "[::1]/*",
        &["http://[::1]/", "https://[::1]:443/"],
        &["http://[::1]:1/"],
    );
}

#[test]
fn star_dot_at_the_beginning_also_matches_nothing() {
    check(
        Wildcard,
        "*.example.com/*",
        &["https://example.com/", "https://a.example.com/"],
        &["https://badexample.com/"],
    );
    check(
        Wildcard,
        "*.example.com:*/*",
        &["https://example.com:1/"],
        &["https://example.com/"],
    );
    check(
        Wildcard,
        "a.*.example.com/*",
        &["https://a.b.example.com/"],
        &["https://a.example.com/"],
    );
}

#[test]
fn no_rest_means_the_root_page() {
    check(
        Wildcard,
        "example.com",
        &["https://example.com", "http://example.com/#a"],
        &["https://example.com/a", "https://example.com/?"],
    );
    check(
        Wildcard,
        "example.*",
        &["https://example.org/"],
        &["https://example.org/a"],
    );
    check(
        Wildcard,
        "example.com:*",
        &["https://example.com:1/"],
        &["https://example.com:1/a"],
    );
}

#[test]
fn a_host_that_ends_in_star_is_every_page_of_it() {
    let pages = &["https://example.com/", "https://example.com/a?b#c"];
    check(
        Wildcard,
        "https://example.com*",
        pages,
        &[
            "https://example.com.evil.test/",
            "https://example.com:8443/",
            "https://example.company/",
        ],
    );
    check(
        Wildcard,
        "[::1]*",
        &["http://[::1]/a"],
        &["http://[::2]/a", "http://[::1]:81/a"],
    );
    check(
        Wildcard,
        "example.com:81*",
        &["http://example.com:81/a"],
        &["http://example.com:8181/a"],
    );
    check(Wildcard, "*", &["https://example.com:81/a"], &[]);
    check(
        Wildcard,
        "http://*",
        &["http://a.test:81/b"],
        &["https://a.test/"],
    );
}

#[test]
fn host_text_is_lower_cased_punycoded_and_without_default_port_and_final_dot() {
    check(Wildcard, "EXAMPLE.Com/*", &["https://example.com/"], &[]);
    check(
        Wildcard,
        "*.BÜCHER.example/*",
        &["https://a.bücher.example/", "https://xn--bcher-kva.example/"],
        &[],
    );
    check(
        Wildcard,
        "https://example.com:443/*",
        &["https://example.com/"],
        &[],
    );
    check(
        Wildcard,
        "https://example.com:80/*",
        &["https://example.com:80/"],
        &["https://example.com/"],
    );
    check(
        Wildcard,
        "example.com:443/*",
        &["http://example.com:443/"],
        &["https://example.com/"],
    );
    check(
        Wildcard,
        "example.com./*",
        &["https://example.com/", "https://example.com./"],
        &[],
    );
    check(Wildcard, "example.com.:81/*", &["https://example.com:81/"], &[]);
}

#[test]
fn in_the_rest_what_every_part_encodes_is_encoded_and_nothing_else() {
    check(
        Wildcard,
        "example.com/é \"<>\t*",
        &["https://example.com/é \"<>%09a"],
        &[],
    );
    check(
        Wildcard,
        "example.com/%c3%a9",
        &["https://example.com/%c3%a9"],
        &["https://example.com/é"],
    );
    check(
        Wildcard,
        "example.com/?q={a}'",
        &["https://example.com/#q={a}'"],
        &["https://example.com/?q={a}'"],
    );
}

// Regex.

#[test]
fn a_regex_is_searched_for_in_the_subject() {
    check(
        Regex,
        r"example\.(com|org)/\w+$",
        &["https://www.example.org/abc"],
        &["https://www.example.net/abc"],
    );
    check(Regex, "(?i)PRINT", &["https://example.com/print"], &[]);
    check(Regex, r"(?-u:\w)\b", &["https://example.com/"], &[]);
    check(Regex, "^HTTPS", &[], &["HTTPS://example.com/"]);
}

#[test]
fn a_regex_beyond_the_table_of_the_backtracker_is_still_matched() {
    let url = format!("https://example.com/{}", "ab".repeat(4000));
    check(
        Regex,
        "(?:[a-z]{1,9}[ab]?){40}b$",
        &[&url],
        &["https://example.com/"],
    );
    check(Regex, "(?:[a-z]{1,9}[ab]?){40}c$", &[], &[&url]);
}

// Bounds on work.

#[test]
fn steps_depend_on_the_pattern_and_the_length_alone() {
    let candidate = Candidate::parse("https://example.com/#a").unwrap();
    let places = candidate.as_str().len() as u64 + 1;
    let steps = |kind, text| Pattern::parse(kind, text).unwrap().steps(&candidate);
    assert_eq!(steps(Exact, "https://example.com/"), 0);
    assert_eq!(steps(Wildcard, "example.com/a"), places);
    assert_eq!(steps(Wildcard, r"*://*.example.com/\*?*"), places * 4);
    assert_eq!(steps(Wildcard, "example.com*"), places * 2);
    assert_eq!(steps(Regex, "a") % places, 0);
    assert!(steps(Regex, "[a-z]{100}") > steps(Regex, "[a-z]{10}"));
}

#[test]
fn a_pattern_without_a_literal_of_three_bytes_is_residual() {
    for (kind, text) in [
        (Wildcard, "*"),
        (Wildcard, "*/*"),
        (Wildcard, "*.*/a?b*"),
        (Regex, "[a-z]+"),
        (Regex, "ab|c"),
        (Regex, "(abc)?"),
    ] {
        assert!(Pattern::parse(kind, text).unwrap().is_residual(), "{text}");
    }
    for (kind, text) in [
        (Exact, "http://a/"),
        (Wildcard, "a/*"),
        (Wildcard, "*.a.b/*"),
        (Wildcard, "*/*abc*"),
        (Regex, "abc|def"),
        (Regex, "(?i)abc"),
        (Regex, "a(b|c)d"),
        (Regex, "(abc)+"),
        (Regex, "x*abc"),
    ] {
        assert!(!Pattern::parse(kind, text).unwrap().is_residual(), "{text}");
    }
}

#[test]
fn matching_is_linear_on_hostile_input() {
    let url = format!("https://example.com/{}", "a".repeat(SUBJECT_BYTES_MAX - 30));
    let candidate = Candidate::parse(&url).unwrap();
    for (kind, text) in [
        (Wildcard, format!("example.com/{}b", "*a".repeat(900))),
        (Wildcard, format!("example.com/*{}?b*", "a".repeat(1900))),
        (Wildcard, format!("example.com/*{}b*", "a?".repeat(900))),
        (Regex, format!("(?i){}b", "a".repeat(120))),
        (Regex, "(a|aa)+$x".to_owned()),
    ] {
        // Quadratic or worse, any of these takes minutes.
        let pattern = Pattern::parse(kind, &text).unwrap();
        for _ in 0..10 {
            assert!(
                !pattern.is_match(&candidate) && pattern.steps(&candidate) > 0,
                "{text}"
            );
        }
    }
}

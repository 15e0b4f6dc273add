//! The style keeps values and comments, and rewriting twice changes nothing.

use super::*;
use std::{
    cell::RefCell,
    sync::atomic::{AtomicUsize, Ordering},
};

/// The formatter cuts the last line in the middle of its character.
const PANICS: &str = "|-\n\n\tab\né\n";

#[track_caller]
fn check(text: &str, format: Format, expected: &str) {
    let once = crate::format(text.as_bytes(), format).unwrap();
    assert_eq!(once, expected);
    assert_eq!(
        crate::format(once.as_bytes(), format).unwrap(),
        once,
        "a second time"
    );
}

#[test]
fn yaml_keeps_comments_values_and_blocks() {
    let text = "\u{feff}# head\r\n\r\nid:   a\r\ntype: \"exact\"   # kind\r\ncss:  |\r\n    a {\r\n      b: c\r\n    }\r\n\
                tags: [ a,b ]\r\n# tail";
    let expected =
        "# head\n\nid: a\ntype: 'exact' # kind\ncss: |\n  a {\n    b: c\n  }\ntags: [a, b]\n# tail\n";
    check(text, Format::Yaml, expected);
}

#[test]
fn a_list_of_rules_is_indented_in_one_way() {
    let text = "rules:\n- id: a\n  # inner\n  tests:\n  -   url: x\n      matches:   false\n-   id: b\n";
    let expected =
        "rules:\n  - id: a\n    # inner\n    tests:\n      - url: x\n        matches: false\n  - id: b\n";
    check(text, Format::Yaml, expected);
}

#[test]
fn patterns_keep_what_their_quotes_protect() {
    let text = "- '*.example.com/*'\n- \"^a\\\\.b\\n\"\n- 'it''s'\n- \"'\"\n";
    let before = crate::parse_value(text.as_bytes(), Format::Yaml).unwrap();
    let after = crate::format(text.as_bytes(), Format::Yaml).unwrap();
    assert_eq!(
        crate::parse_value(after.as_bytes(), Format::Yaml).unwrap(),
        before,
        "{after}"
    );
}

#[test]
fn an_empty_file_and_one_of_comments_stay() {
    check("", Format::Yaml, "");
    check("# only\n", Format::Yaml, "# only\n");
}

#[test]
fn json_is_indented_and_keeps_order_and_literals() {
    let text = "{\"b\":[1.50,{},[ ],{\"x\":null}],\"a\":\"\\u00e4\\/\"}";
    let expected = "{\n  \"b\": [\n    1.50,\n    {},\n    [],\n    {\n      \"x\": null\n    }\n  ],\n  \"a\": \"\\u00e4\\/\"\n}\n";
    check(text, Format::Json, expected);
}

#[test]
fn what_cannot_be_parsed_is_not_formatted() {
    for (text, format) in [
        ("a: [", Format::Yaml),
        ("a: 1\na: 2", Format::Yaml),
        ("a: *b", Format::Yaml),
        ("{", Format::Json),
    ] {
        let problems = crate::format(text.as_bytes(), format).unwrap_err();
        assert_eq!(problems.len(), 1, "{text}");
    }
}

#[test]
fn a_very_large_file_keeps_its_layout() {
    let text = "-   a\n".repeat(NODES_MAX);
    check(&text, Format::Yaml, &text);
    let text = format!("-   a\n# {}\n", "x".repeat(BYTES_MAX));
    check(&text, Format::Yaml, &text);
}

/// Found by fuzzing: a file that ended with a CR got an LF, and with that one line end less the next time.
#[test]
fn a_carriage_return_alone_ends_a_line() {
    check("?- ] a+ E\n  \r\r@\r", Format::Yaml, "?- ] a+ E\n\n\n@\n");
    check("a: 1\rb: 2\r", Format::Yaml, "a: 1\nb: 2\n");
}

/// Found by fuzzing: each formatting took one of several byte order marks and of several empty lines away.
#[test]
fn byte_order_marks_and_empty_lines_go_at_once() {
    check("\r\n\n\n\u{feff}", Format::Yaml, "");
    check("\u{feff}\u{feff}a: 1", Format::Yaml, "a: 1\n");
}

/// Found by fuzzing: the formatter's own parser panics, where overflow is checked, on what stands far to the right.
#[test]
fn what_stands_far_to_the_right_keeps_its_values() {
    let text = format!("? a\n?{}|\n  b\nc: d\n", " ".repeat(80));
    let value = |text: &str| crate::parse_value(text.as_bytes(), Format::Yaml).unwrap();
    let once = crate::format(text.as_bytes(), Format::Yaml).unwrap();
    assert_eq!(value(&once), value(&text));
    assert_eq!(crate::format(once.as_bytes(), Format::Yaml).unwrap(), once);
}

/// Blanks at the end of a line of a block scalar kept a whole file from being formatted.
#[test]
fn blanks_at_the_end_of_a_blocks_lines_are_kept() {
    let text = "id:   a\ncss: |\n    a {  \n\n      b: c\t\n       \n    }\ntags: [ a,b ]\n";
    let expected = "id: a\ncss: |\n  a {  \n\n    b: c\t\n     \n  }\ntags: [a, b]\n";
    check(text, Format::Yaml, expected);
    assert_eq!(formatted(text.as_bytes(), Format::Yaml).unwrap().kept, None);
}

/// A file that was too large to be laid out passed for one in the style.
#[test]
fn a_file_that_keeps_its_layout_says_why() {
    let kept = |text: &str| formatted(text.as_bytes(), Format::Yaml).unwrap().kept;
    assert_eq!(kept(&"-   a\n".repeat(NODES_MAX)), Some(LARGE));
    assert_eq!(kept(PANICS), Some(FRAGILE));
    assert_eq!(kept("a:   1\n"), None);
}

/// Found by fuzzing: a block of nothing but blanks moved further to the right each time.
#[test]
fn a_block_of_blanks_stays_where_it_is() {
    let once = crate::format(b">+\n  \n", Format::Yaml).unwrap();
    assert_eq!(crate::format(once.as_bytes(), Format::Yaml).unwrap(), once);
}

/// Found by fuzzing: the formatter cut a line in the middle of a character that stood in for a blank.
#[test]
fn what_stands_in_for_a_blank_is_as_long_as_one() {
    let text = "|-\n\n\t!c\n#a{}\n  - id: b\n   \n \t\n";
    let held = RefCell::new(String::new());
    let laid_out = with_blanks(text, |text| {
        held.replace(text.to_owned());
        Some(text.to_owned())
    });
    assert_eq!(laid_out.as_deref(), Some(text));
    assert_ne!(held.borrow().as_str(), text);
    assert_eq!(held.borrow().len(), text.len());
}

/// A panic that is caught was shown to users, and ended the fuzzer.
#[test]
fn a_hook_can_tell_a_panic_that_is_caught() {
    static CAUGHT: AtomicUsize = AtomicUsize::new(0);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if catches_panic() {
            CAUGHT.fetch_add(1, Ordering::Relaxed);
        } else {
            previous(info);
        }
    }));
    let formatted = formatted(PANICS.as_bytes(), Format::Yaml).unwrap();
    assert_eq!(formatted.kept, Some(FRAGILE));
    assert!(!catches_panic());
    assert_ne!(CAUGHT.load(Ordering::Relaxed), 0, "the formatter takes this now");
}

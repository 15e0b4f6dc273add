//! What stacking changes in a style sheet, and that nothing else changes.

use super::{Shape, check_stylesheet};
use proptest::prelude::*;

fn shape(css: &str) -> Option<Shape> {
    check_stylesheet(css)
        .unwrap_or_else(|reason| panic!("{css:?}: {reason}"))
        .map(|shape| *shape)
}

fn body(css: &str) -> String {
    shape(css).map_or(css.to_owned(), |shape| shape.body.into())
}

#[test]
fn a_style_sheet_that_ends_where_a_rule_ends_stacks_as_it_is() {
    for css in [
        "",
        "a{}",
        "a{b:c}\n /* d */ ",
        "@media print{a{b:c}}",
        "<!-- a{} -->",
        "@layer a, b;",
        "@font-face{src:url(a.woff)}",
        r#"a{content:"\"}"}"#,
        r"a\{b{c:d}",
        "a:not([b='}']){}",
    ] {
        assert_eq!(shape(css), None, "{css:?}");
    }
}

#[test]
fn what_the_end_leaves_open_is_closed_as_a_css_parser_closes_it() {
    for (css, closed) in [
        ("a{", "a{}"),
        ("a{b:c", "a{b:c}"),
        ("@media print{a{b:c", "@media print{a{b:c}}"),
        ("a{b:c(d[e", "a{b:c(d[e])}"),
        ("a{b:(}", "a{b:(})}"),
        ("a{b:'c", "a{b:'c'}"),
        ("a{b:\"c'", "a{b:\"c'\"}"),
        ("a{b:'c\\", "a{b:'c\\\n'}"),
        ("a{b:'c\\'", "a{b:'c\\''}"),
        ("a{b:url(c", "a{b:url(c)}"),
        ("a{b:url(c ", "a{b:url(c )}"),
        ("a{b:url(c\\", "a{b:url(c\\\u{fffd})}"),
        ("a{b:url('c", "a{b:url('c')}"),
        ("a{b:c\\", "a{b:c\\\u{fffd}}"),
        ("a{b:c\\\\", "a{b:c\\\\}"),
        ("a{}/*", "a{}/**/"),
        ("a{}/* b *", "a{}/* b **/"),
        ("a{/*}", "a{/*}*/}"),
        ("a{}/", "a{}"),
        ("@media print", "@media print;"),
        ("@layer a", "@layer a;"),
        ("@supports (a:b", "@supports (a:b);"),
        ("@a 'b", "@a 'b';"),
    ] {
        assert_eq!(body(css), closed, "{css:?}");
    }
}

#[test]
fn an_unfinished_rule_is_dropped_as_a_css_parser_drops_it() {
    for (css, kept) in [
        ("a", ""),
        ("a{}b", "a{}"),
        ("a{} b:not(.c", "a{} "),
        ("a{};", "a{}"),
        ("a{}}", "a{}"),
        ("a{} ] /* b", "a{} "),
        ("a{} 'b", "a{} "),
    ] {
        assert_eq!(body(css), kept, "{css:?}");
    }
}

#[test]
fn a_byte_order_mark_is_left_out_of_a_stack() {
    assert_eq!(body("\u{feff}a{}"), "a{}");
    assert_eq!(
        shape("\u{feff}@charset 'a';b{}").unwrap().charset.as_deref(),
        Some("@charset 'a';")
    );
    assert_eq!(shape("a{content:'\u{feff}'}"), None);
}

#[test]
fn rules_that_count_only_at_the_front_are_taken_out() {
    let found =
        shape("@charset \"utf-8\";@import 'a';\n@namespace b url(c);a{}@IMPORT url(d) print;e{}").unwrap();
    assert_eq!(found.charset.as_deref(), Some("@charset \"utf-8\";"));
    assert_eq!(&*found.imports, "@import 'a';\n@IMPORT url(d) print;\n");
    assert_eq!(&*found.namespaces, "@namespace b url(c);\n");
    assert_eq!(&*found.body, "\na{}e{}");
    let unfinished = shape("@import url(a").unwrap();
    assert_eq!(
        (&*unfinished.imports, &*unfinished.body),
        ("@import url(a);\n", "")
    );
    assert_eq!(shape("@media x{@import 'a';}"), None, "only at the top level");
    assert_eq!(shape("@import{}"), None, "only without a block");
}

#[test]
fn layers_keep_their_order_with_the_imports_behind_them() {
    let found = shape("@layer a,b;@import 'c' layer(a);@layer d;e{}").unwrap();
    assert_eq!(&*found.imports, "@layer a,b;\n@import 'c' layer(a);\n");
    assert_eq!(&*found.body, "@layer d;e{}");
}

#[test]
fn broken_tokens_are_refused_with_their_place() {
    for (css, reason) in [
        (
            "a{b:'c\n}",
            "line 1, column 5: a string is not closed in its line",
        ),
        (
            "a{}\n\nb{c:\"d\r\n\"}",
            "line 3, column 5: a string is not closed in its line",
        ),
        (
            "a{b:url(c d)}",
            "line 1, column 5: an unquoted `url(…)` is broken",
        ),
        (
            "a{b:url(c'd)}",
            "line 1, column 5: an unquoted `url(…)` is broken",
        ),
        (
            "@media (a{b:'c\n",
            "line 1, column 13: a string is not closed in its line",
        ),
    ] {
        assert_eq!(
            check_stylesheet(css).unwrap_err(),
            format!("does not tokenize: {reason}"),
            "{css:?}"
        );
    }
}

#[test]
fn blocks_nest_100_deep() {
    for open in ["{", "(", "[", "a(", "@a{"] {
        assert!(check_stylesheet(&open.repeat(100)).is_ok(), "{open}");
        let refused = check_stylesheet(&open.repeat(101)).unwrap_err();
        assert!(
            refused.ends_with("blocks nest deeper than 100 levels"),
            "{refused}"
        );
        assert!(check_stylesheet(&open.repeat(102_400 / open.len())).is_err());
    }
}

/// Pieces of style sheets, many of them broken, in any order.
pub(crate) fn any_css() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        ".b",
        " ",
        "\n",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        ";",
        ",",
        "'",
        "\"",
        "'x'",
        "\\",
        "/*",
        "*/",
        "/",
        "*",
        "url(",
        "url('",
        "@import 'i';",
        "@import",
        "@charset \"utf-8\";",
        "@namespace n url(u);",
        "@media x{",
        "@layer l;",
        "@layer",
        "c:d;",
        "rgb(1,2",
        "<!--",
        "-->",
        "\u{e4}",
        "26",
        "!important",
        "--p:{}",
        "\\26",
        "e{f:g}",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Feature: asset-injector, Property: what is closed stacks as it is
    #[test]
    fn closing_is_idempotent(css in any_css()) {
        if let Ok(Some(shape)) = check_stylesheet(&css) {
            prop_assert_eq!(check_stylesheet(&shape.body), Ok(None), "{:?} from {:?}", shape.body, css);
        }
    }
}

//! Reading, through the public functions: shapes, languages, and where problems are found.

use crate::{Diagnostic, Format, ParsedFile, Severity, Source, parse};
use rules::{IdSpace, Value};

fn parsed(bytes: &[u8], format: Format, default_id: Option<&str>) -> ParsedFile {
    parse(
        bytes,
        &Source {
            format,
            space: IdSpace::Local,
            default_id,
        },
    )
}

fn yaml(text: &str) -> ParsedFile {
    parsed(text.as_bytes(), Format::Yaml, Some("from-path"))
}

fn ids(file: &ParsedFile) -> Vec<&str> {
    file.rules
        .iter()
        .map(|parsed| parsed.rule.id().as_str())
        .collect()
}

fn at(diagnostic: &Diagnostic) -> (usize, usize, &str, &str) {
    (
        diagnostic.line,
        diagnostic.column,
        &diagnostic.field,
        &diagnostic.reason,
    )
}

/// The one diagnostic of a file without rules.
#[track_caller]
fn only(file: &ParsedFile) -> &Diagnostic {
    assert!(file.rules.is_empty(), "{:?}", ids(file));
    assert_eq!(file.diagnostics.len(), 1, "{:#?}", file.diagnostics);
    &file.diagnostics[0]
}

const RULE: &str = "type: exact\npattern: https://example.com/\ncss: a{}\n";

#[test]
fn a_file_holds_one_rule_a_list_or_a_mapping_with_rules() {
    assert_eq!(ids(&yaml(RULE)), ["from-path"]);
    let entry =
        |id: &str| format!("{{id: {id}, type: exact, pattern: 'https://example.com/', css: 'a{{}}'}}");
    assert_eq!(
        ids(&yaml(&format!("- {}\n- {}\n", entry("a"), entry("b")))),
        ["a", "b"]
    );
    assert_eq!(ids(&yaml(&format!("rules:\n  - {}\n", entry("a")))), ["a"]);
    assert_eq!(
        ids(&yaml(&format!(
            "x-note: any\nrequires: {{asset-injector: '>=0.0.1'}}\nrules: [{}]\n",
            entry("a")
        ))),
        ["a"]
    );
}

#[test]
fn nothing_but_comments_is_no_rule_and_no_problem() {
    for text in [
        "",
        "# one\n# two\n",
        "---\n",
        "---\n# x\n...\n",
        "rules:\n",
        "rules: []\n",
        "[]",
        "\u{feff}",
    ] {
        let file = yaml(text);
        assert!(
            file.rules.is_empty() && file.diagnostics.is_empty(),
            "{text:?}: {:?}",
            file.diagnostics
        );
    }
}

#[test]
fn byte_order_mark_and_line_ends_are_taken_as_they_come() {
    let file = yaml(&format!("\u{feff}{}", RULE.replace('\n', "\r\n")));
    assert_eq!(ids(&file), ["from-path"]);
    let file = yaml("\u{feff}type: exact\r\npattern: https://example.com/\r\ncss: 1\r\n");
    assert_eq!(at(only(&file)), (3, 6, "css", "is a number where text is wanted"));
}

#[test]
fn an_older_engine_skips_a_file_as_too_new() {
    let file = yaml("requires:\n  asset-injector: '>=99.1'\nrules:\n  - {hide: everything}\n  - !later {}\n");
    let diagnostic = only(&file);
    assert_eq!(
        (diagnostic.code, diagnostic.line, diagnostic.column),
        (crate::Code::TooNew, 2, 19)
    );
    assert_eq!(diagnostic.field, "requires.asset-injector");
}

#[test]
fn a_rule_of_several_needs_its_id() {
    let file = yaml(&format!(
        "- {}\n- id: b\n  {}",
        RULE.trim_end().replace('\n', "\n  "),
        RULE.replace('\n', "\n  ")
    ));
    assert_eq!(ids(&file), ["b"]);
    assert_eq!(at(&file.diagnostics[0]), (1, 3, "[0].id", "is missing"));
}

#[test]
fn the_first_two_errors_of_every_author_have_their_hint() {
    let hint = Some("put the pattern in single quotes");
    let file = yaml("type: wildcard\npattern: \"\\*.example.com/*\"\ncss: a{}\n");
    assert_eq!((only(&file).line, only(&file).hint.as_deref()), (2, hint));
    for pattern in ["*.example.com/*", "*", "*://*.example.com/*", "* "] {
        let file = yaml(&format!(
            "id: x\ntype: wildcard\npattern: {pattern}\ncss: a{{}}\n"
        ));
        assert_eq!(
            (only(&file).line, only(&file).hint.as_deref()),
            (3, hint),
            "{pattern}"
        );
    }
}

#[test]
fn one_broken_entry_does_not_hide_the_others() {
    let text = "- id: a\n  type: wildcard\n  pattern: *.example.com\n  css: a{}\n\
                - {id: b, type: exact, pattern: 'https://example.com/', css: 'a{}'}\n\
                - {id: c, id: d}\n- !tag {}\n- id: e\n  <<: {css: a}\n";
    let file = yaml(text);
    assert_eq!(ids(&file), ["b"]);
    let places: Vec<_> = file
        .diagnostics
        .iter()
        .map(|d| (d.line, d.column, d.field.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (3, 12, "[0].pattern"),
            (6, 11, "[2].id"),
            (7, 3, "[3]"),
            (9, 3, "[4].<<")
        ]
    );
    assert_eq!(file.diagnostics[0].rule_id.as_deref(), Some("a"));
    assert_eq!(
        file.diagnostics[1].reason,
        "key `id` is written twice, first on line 6"
    );
}

#[test]
fn aliases_are_expanded_within_bounds() {
    let text = "x-css: &css 'a{}'\nrules:\n- {id: a, type: exact, pattern: &p 'https://example.com/', css: *css}\n\
                - {id: b, type: exact, pattern: *p, css: *css}\n";
    assert_eq!(ids(&yaml(text)), ["a", "b"]);
    let mut bomb = "x-a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..12 {
        let repeated = vec![format!("*a{}", n - 1); 9].join(", ");
        bomb.push_str(&format!("x-a{n}: &a{n} [{repeated}]\n"));
    }
    let file = yaml(&bomb);
    assert!(
        only(&file).reason.contains("values, aliases expanded"),
        "{:?}",
        only(&file)
    );
    let text = format!(
        "x-a: &a '{}'\nx-b: [{}]\n",
        "x".repeat(100_000),
        vec!["*a"; 100].join(", ")
    );
    assert!(only(&yaml(&text)).reason.starts_with("aliases repeat more than"));
    assert!(only(&yaml("&a [*a]")).reason.contains("inside the value"));
}

#[test]
fn plain_scalars_mean_what_yaml_1_2_says() {
    let value = |text: &str| crate::parse_value(text.as_bytes(), Format::Yaml).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    for (written, expected) in [
        ("yes", text("yes")),
        ("on", text("on")),
        ("012", Value::Integer(12)),
        ("1_000", text("1_000")),
        ("0o17", Value::Integer(15)),
        ("0xFf", Value::Integer(255)),
        ("+-5", text("+-5")),
        ("1e3", Value::Float(1000.0)),
        (".5", Value::Float(0.5)),
        (".", text(".")),
        ("-.INF", Value::Float(f64::NEG_INFINITY)),
        ("99999999999999999999", Value::Integer(99_999_999_999_999_999_999)),
        ("2027-01-31T00:00:00Z", text("2027-01-31T00:00:00Z")),
        ("1.2.3", text("1.2.3")),
        ("TRUE", Value::Bool(true)),
        ("'true'", text("true")),
        ("~", Value::Null),
        ("\"\\u0041\"", text("A")),
        ("0x8000000000000000", Value::Integer(0x8000_0000_0000_0000)),
    ] {
        assert_eq!(value(written), expected, "{written}");
    }
}

#[test]
fn json_is_strict() {
    let json = |text: &str| parsed(text.as_bytes(), Format::Json, Some("x"));
    let good = r#"{"type": "exact", "pattern": "https:\/\/example.com/\u00e4\ud83c\udfb5", "css": "a{}"}"#;
    assert_eq!(
        json(good).rules[0].rule.pattern().as_str(),
        "https://example.com/ä🎵"
    );
    for (text, line, column) in [
        ("{\"a\": 1,}", 1, 9),
        ("{'a': 1}", 1, 2),
        ("// x\n{}", 1, 1),
        ("{\"a\": 01}", 1, 8),
        ("{\"a\": 1} x", 1, 10),
        ("{\"a\": NaN}", 1, 7),
        ("{\n\"a\": \"\\ud800\"}", 2, 13),
        ("", 1, 1),
        ("{\"a\": \"\t\"}", 1, 8),
        ("null", 1, 1),
    ] {
        let file = json(text);
        assert_eq!(
            (only(&file).line, only(&file).column),
            (line, column),
            "{text}: {:?}",
            only(&file)
        );
    }
    let file = json("{\"css\": \"a\",\n \"css\": \"b\"}");
    assert_eq!(
        at(only(&file)),
        (2, 2, "css", "key `css` is written twice, first on line 1")
    );
}

#[test]
fn depth_is_bounded_in_both_languages() {
    for format in [Format::Yaml, Format::Json] {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(crate::parse_value(nested(64).as_bytes(), format).is_ok());
        for depth in [65, 100, 1_000_000] {
            let problems = crate::parse_value(nested(depth).as_bytes(), format).unwrap_err();
            assert_eq!(
                problems[0].reason, "nested deeper than 64 levels",
                "{format:?} {depth}"
            );
        }
        let rule = |depth: usize| {
            let rule = "\"type\": \"exact\", \"pattern\": \"https://example.com/\", \"css\": \"a{}\"";
            format!(
                "{{\"rules\": [{{\"id\": \"a\", {rule}, \"x-deep\": {}}}]}}",
                nested(depth)
            )
        };
        assert_eq!(ids(&parsed(rule(63).as_bytes(), format, None)), ["a"]);
        assert_eq!(
            only(&parsed(rule(64).as_bytes(), format, None)).reason,
            "nested deeper than 64 levels"
        );
    }
}

#[test]
fn warnings_do_not_skip_the_rule() {
    let file = yaml(&format!("{RULE}enabled: false\n"));
    assert_eq!(ids(&file), ["from-path"]);
    let warning = &file.diagnostics[0];
    assert_eq!(
        (warning.severity, warning.line, warning.column),
        (Severity::Warning, 4, 1)
    );
    assert!(
        warning.hint.as_deref().unwrap().contains("rules disable"),
        "{warning:?}"
    );
}

#[test]
fn keys_beside_rules_are_refused_with_a_proposal() {
    let file = yaml("rules: []\nrequries: {asset-injector: '>=1'}\n");
    assert_eq!(
        at(only(&file)),
        (2, 1, "requries", "is not a field of a rule file")
    );
    assert_eq!(only(&file).hint.as_deref(), Some("did you mean `requires`?"));
    let file = yaml("rulse:\n  - {id: a}\n");
    assert_eq!(file.diagnostics[0].hint.as_deref(), Some("did you mean `rules`?"));
}

#[test]
fn diagnostics_of_a_file_are_bounded_and_counted() {
    let file = yaml(&"- *x\n".repeat(crate::DIAGNOSTICS_MAX + 5));
    assert_eq!(
        (file.diagnostics.len(), file.diagnostics_more),
        (crate::DIAGNOSTICS_MAX, 5)
    );
    let file = yaml(&"- 1\n".repeat(crate::DIAGNOSTICS_MAX + 5));
    assert_eq!(
        (file.diagnostics.len(), file.diagnostics_more),
        (crate::DIAGNOSTICS_MAX, 5)
    );
}

#[test]
fn bytes_that_are_no_text_are_one_problem() {
    let file = parsed(b"css: a\ntype: \xff\n", Format::Yaml, None);
    assert_eq!(at(only(&file)), (2, 7, "", "the file is not UTF-8"));
    let file = parsed(b"\xff\xfea\0", Format::Yaml, None);
    assert_eq!(only(&file).reason, "the file is UTF-16, not UTF-8");
    let file = parsed(&vec![b' '; crate::FILE_BYTES_MAX + 1], Format::Yaml, None);
    assert_eq!(
        only(&file).reason,
        "the file has 8388609 bytes; the most is 8388608"
    );
    assert!(
        parsed(&vec![b' '; crate::FILE_BYTES_MAX], Format::Yaml, None)
            .diagnostics
            .is_empty()
    );
}

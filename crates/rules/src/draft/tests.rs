//! One line a case: what a draft says, and which problems are reported.

mod bounds;

use crate::{Checked, FIELDS, IdSpace, Timestamp, Value, Violations, check};
use urlmatch::PatternKind;

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn list(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|entry| text(*entry)).collect())
}

fn map(fields: &[(&str, Value)]) -> Value {
    Value::Map(
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    )
}

/// A valid draft with these fields put in place of its own.
fn draft(fields: &[(&str, Value)]) -> Value {
    let base = [
        ("id", text("rule")),
        ("type", text("wildcard")),
        ("pattern", text("example.com/*")),
        ("css", text("a{}")),
    ];
    let kept = base
        .iter()
        .filter(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    map(&kept.chain(fields).cloned().collect::<Vec<_>>())
}

fn accept(fields: &[(&str, Value)]) -> Checked {
    check(&draft(fields), &IdSpace::Local, None)
        .unwrap_or_else(|violations| panic!("{fields:?}: {violations}"))
}

/// The problems of a draft, as `field: reason (hint)`.
fn refuse(fields: &[(&str, Value)]) -> Vec<String> {
    problems(check(&draft(fields), &IdSpace::Local, None).expect_err("a draft with a problem"))
}

fn problems(violations: Violations) -> Vec<String> {
    let line = |violation: crate::Violation| match violation.hint {
        Some(hint) => format!("{}: {} ({hint})", violation.field, violation.reason),
        None => format!("{}: {}", violation.field, violation.reason),
    };
    violations.0.into_iter().map(line).collect()
}

#[test]
fn a_rule_has_every_field_of_its_draft() {
    let test = map(&[
        ("url", text("https://example.com/a")),
        ("matches", Value::Bool(true)),
    ]);
    let rule = accept(&[
        ("js", text("go()")),
        ("priority", Value::Integer(10_000)),
        ("exclude", list(&["example.com/b*"])),
        ("tests", Value::List(vec![test])),
        ("description", text("d")),
        ("author", text("a")),
        ("modified_by", text("m")),
        ("tags", list(&["t", "u"])),
        ("expires_at", text("2030-01-01T00:00:00Z")),
        ("created_at", text("2020-01-01T00:00:00Z")),
        ("updated_at", text("2021-01-01T01:00:00+01:00")),
        ("x-mine", Value::List(vec![Value::Null, Value::Float(0.5)])),
    ])
    .rule;
    assert_eq!(
        (rule.id().as_str(), rule.pattern().kind(), rule.pattern().as_str()),
        ("rule", PatternKind::Wildcard, "example.com/*")
    );
    assert_eq!(
        (&*rule.assets().css, &*rule.assets().js, rule.priority()),
        ("a{}", "go()", Some(10_000))
    );
    assert_eq!(
        (rule.exclude()[0].as_str(), &*rule.tests()[0].url),
        ("example.com/b*", "https://example.com/a")
    );
    assert_eq!(
        (rule.description(), rule.author(), rule.modified_by()),
        (Some("d"), Some("a"), Some("m"))
    );
    assert_eq!(
        (rule.tags(), rule.expires_at()),
        (
            &["t".to_owned(), "u".to_owned()][..],
            Timestamp::parse("2030-01-01T00:00:00Z")
        )
    );
    assert_eq!(rule.created_at(), Timestamp::parse("2020-01-01T00:00:00Z"));
    assert_eq!(rule.updated_at(), Timestamp::parse("2021-01-01T00:00:00Z"));
    assert_eq!(rule.extensions()[0].0, "x-mine");
}

#[test]
fn every_problem_is_reported_at_once_in_the_order_of_the_fields() {
    let fields = [
        ("zzz", Value::Null),
        ("tags", Value::List(vec![Value::Integer(1)])),
        ("priority", Value::Integer(-1)),
        ("css", text("a{b:'")),
        ("js", text("if(")),
        ("type", text("glob")),
        ("id", text("-")),
        ("tests", Value::List(vec![map(&[]), text("x")])),
    ];
    let found = refuse(&fields);
    let fields: Vec<_> = found
        .iter()
        .map(|problem| problem.split(':').next().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "id",
            "type",
            "js",
            "priority",
            "tests[0].url",
            "tests[1]",
            "tags[0]",
            "zzz"
        ]
    );
}

#[test]
fn a_missing_id_is_the_given_one() {
    let without = map(&[
        ("type", text("exact")),
        ("pattern", text("https://a.test/")),
        ("js", text("x")),
    ]);
    let id = |space: IdSpace, id| check(&without, &space, id).map(|checked| checked.rule.id().to_string());
    assert_eq!(id(IdSpace::Local, Some("a.b")).unwrap(), "a.b");
    assert_eq!(id(IdSpace::Pack("p".into()), Some("a")).unwrap(), "p:a");
    assert_eq!(id(IdSpace::Local, None).unwrap_err().0[0].field, "id");
    assert_eq!(id(IdSpace::Local, Some("check")).unwrap_err().0[0].field, "id");
}

#[test]
fn an_id_in_a_pack_is_written_without_the_packs_name() {
    let space = IdSpace::Pack("cookies".to_owned());
    let id = |id: &str| check(&draft(&[("id", text(id))]), &space, None);
    assert_eq!(id("one").unwrap().rule.id().as_str(), "cookies:one");
    assert!(problems(id("cookies:one").unwrap_err())[0].contains("without the pack's name"));
    assert_eq!(
        accept(&[("id", text("cookies:one"))]).rule.id().pack(),
        Some("cookies")
    );
}

#[test]
fn required_fields_are_missed() {
    let none = problems(check(&map(&[]), &IdSpace::Local, Some("a")).unwrap_err());
    assert_eq!(
        none,
        [
            "type: is missing",
            "pattern: is missing",
            "css: is missing, and so is `js` (a rule gives a page at least one of them)",
        ]
    );
    assert!(
        refuse(&[("css", text(""))])[0].starts_with("css: is missing"),
        "empty is missing"
    );
    assert!(refuse(&[("pattern", text(" \u{feff} "))])[0].contains("empty"));
    assert_eq!(
        refuse(&[("type", Value::Null)]),
        ["type: is missing"],
        "null is missing"
    );
}

#[test]
fn a_draft_is_a_mapping() {
    let found = problems(check(&Value::List(vec![]), &IdSpace::Local, None).unwrap_err());
    assert_eq!(found, [": is a list where a mapping of fields is wanted"]);
}

#[test]
fn unknown_fields_are_refused_with_the_nearest_known_one() {
    for (field, proposal) in [
        ("priorty", "priority"),
        ("Pattern", "pattern"),
        ("excludes", "exclude"),
        ("test", "tests"),
        ("tag", "tags"),
        ("expires-at", "expires_at"),
        ("ccs", "css"),
        ("desciption", "description"),
    ] {
        let expected = format!("{field}: is not a field of a rule (did you mean `{proposal}`?)");
        assert_eq!(refuse(&[(field, text("x"))]), [expected]);
    }
    assert!(refuse(&[("something", text("x"))])[0].contains("(there are `id`, `type`"));
    assert!(refuse(&[(&*"z".repeat(1 << 20), text("x"))])[0].contains("(there are `id`, `type`"));
    let test = map(&[
        ("url", text("https://example.com/")),
        ("match", Value::Bool(true)),
    ]);
    let found = refuse(&[("tests", Value::List(vec![test]))]);
    assert_eq!(
        found,
        ["tests[0].match: is not a field of a test (did you mean `matches`?)"]
    );
}

#[test]
fn fields_that_begin_with_x_are_kept_and_ignored() {
    let checked = accept(&[("x-owner", map(&[("team", text("print"))])), ("x-", Value::Null)]);
    assert_eq!(checked.rule.extensions().len(), 2);
    assert!(checked.warnings.is_empty());
}

#[test]
fn names_of_later_versions_are_refused_with_a_message_that_says_so() {
    for name in [
        "match", "hide", "remove", "steps", "when", "use", "merge", "run_at", "media", "cookies", "headers",
        "block",
    ] {
        assert!(
            refuse(&[(name, Value::Null)])[0]
                .starts_with(&format!("{name}: is reserved for a later version"))
        );
    }
}

#[test]
fn types_are_not_guessed() {
    for (field, value, problem) in [
        (
            "id",
            Value::Integer(5),
            "id: is a number where text is wanted (put it in quotes)",
        ),
        (
            "description",
            Value::Bool(true),
            "description: is true or false where text is wanted (put it in quotes)",
        ),
        ("css", Value::List(vec![]), "css: is a list where text is wanted"),
        (
            "priority",
            text("5"),
            "priority: is text where a whole number is wanted (write it without quotes)",
        ),
        (
            "priority",
            Value::Float(5.5),
            "priority: is 5.5 where a whole number is wanted",
        ),
        (
            "priority",
            Value::Integer(10_001),
            "priority: is 10001, 0 to 10000 are allowed",
        ),
        (
            "exclude",
            text("a.test/*"),
            "exclude: is text where a list is wanted (write it as a list with one entry)",
        ),
        ("tags", map(&[]), "tags: is a mapping where a list is wanted"),
        (
            "expires_at",
            text("soon"),
            "expires_at: `soon` is not a time as RFC 3339 writes it (times look like `2027-01-31T12:00:00Z`)",
        ),
    ] {
        assert_eq!(refuse(&[(field, value)]), [problem]);
    }
    let test = map(&[("url", text("https://example.com/")), ("matches", text("yes"))]);
    let found = refuse(&[("tests", Value::List(vec![test]))]);
    assert_eq!(found, ["tests[0].matches: is text where true or false is wanted"]);
}

/// It was run as though `matches` were true, and reported a second time.
#[test]
fn a_test_whose_expectation_is_unknown_is_not_run() {
    let test = map(&[
        ("url", text("https://elsewhere.test/")),
        ("matches", Value::Integer(1)),
    ]);
    let found = refuse(&[("tests", Value::List(vec![test]))]);
    assert_eq!(
        found,
        ["tests[0].matches: is a number where true or false is wanted"]
    );
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
    assert_eq!(
        accept(&[("priority", Value::Float(120.0))]).rule.priority(),
        Some(120)
    );
    assert_eq!(refuse(&[("priority", Value::Float(f64::NAN))]).len(), 1);
    assert_eq!(refuse(&[("priority", Value::Float(1e9))]).len(), 1);
}

#[test]
fn patterns_and_exclusions_say_what_is_wrong_with_them() {
    assert!(refuse(&[("pattern", text(r"a\b"))])[0].starts_with("pattern: "));
    assert!(refuse(&[("type", text("regex")), ("pattern", text("a(?=b)"))])[0].contains("look-around"));
    assert!(
        refuse(&[("type", text("exact")), ("pattern", text("ftp://a.test/"))])[0].starts_with("pattern: ")
    );
    let found = refuse(&[("exclude", list(&["a.test/*", "ftp://a.test/*"]))]);
    assert!(found[0].starts_with("exclude[1]: "), "{found:?}");
    assert_eq!(
        refuse(&[("type", text("wildcrad"))]),
        ["type: `wildcrad` is not a kind of pattern (did you mean `wildcard`?)"]
    );
}

#[test]
fn a_failing_test_makes_the_rule_invalid() {
    let test = |url: &str, matches: Option<bool>| {
        let matches = matches.map(|matches| ("matches", Value::Bool(matches)));
        map(&[("url", text(url))]
            .into_iter()
            .chain(matches)
            .collect::<Vec<_>>())
    };
    let with = |tests: Vec<Value>| {
        [
            ("exclude", list(&["example.com/x*"])),
            ("tests", Value::List(tests)),
        ]
    };
    accept(&with(vec![
        test("https://example.com/", None),
        test("http://example.com/a#f", Some(true)),
        test("https://example.com/x", Some(false)),
        test("https://example.org/", Some(false)),
    ]));
    let found = refuse(&with(vec![
        test("https://example.org/", None),
        test("https://example.com/x1", None),
        test("https://example.com/", Some(false)),
    ]));
    assert!(found[0].starts_with("tests[0]: the rule must apply to `https://example.org/`, and its pattern"));
    assert!(found[1].starts_with(
        "tests[1]: the rule must apply to `https://example.com/x1`, and its exclusion `example.com/x*`"
    ));
    assert!(found[2].starts_with("tests[2]: the rule must not apply to `https://example.com/`, and does"));
    let found = refuse(&with(vec![
        test("https://example.com/", None),
        test("mailto:a@b", None),
    ]));
    assert!(
        found.len() == 1 && found[0].starts_with("tests[1].url: "),
        "{found:?}"
    );
}

#[test]
fn read_only_fields_are_ignored_with_a_warning_that_names_rules_disable() {
    let fields = ["source", "enabled", "state", "shadowed_by", "file_path"];
    let checked = accept(&fields.map(|field| (field, Value::Bool(false))));
    let warned: Vec<_> = checked
        .warnings
        .iter()
        .map(|warning| warning.field.as_str())
        .collect();
    assert_eq!(warned, fields);
    assert!(
        checked
            .warnings
            .iter()
            .all(|warning| warning.hint.as_ref().unwrap().contains("rules disable"))
    );
}

#[test]
fn base_version_is_semver_and_belongs_to_overrides() {
    let space = IdSpace::Pack("p".to_owned());
    let version = |version: &str| check(&draft(&[("base_version", text(version))]), &space, None);
    assert_eq!(
        version("1.2.3-rc.1+b").unwrap().rule.base_version(),
        Some("1.2.3-rc.1+b")
    );
    assert!(problems(version("1.2").unwrap_err())[0].starts_with("base_version: is not a SemVer version"));
    assert!(
        refuse(&[("base_version", text("1.2.3"))])[0].starts_with("base_version: belongs to overrides only")
    );
    let unnamed = map(&[
        ("type", text("exact")),
        ("pattern", text("https://a.test/")),
        ("js", text("x")),
        ("base_version", text("1.0.0")),
    ]);
    assert!(check(&unnamed, &IdSpace::Local, Some("a")).is_err());
    // An exported override comes back as a local rule.
    accept(&[("id", text("p:a")), ("base_version", text("1.2.3"))]);
}

#[test]
fn css_must_tokenize_and_js_must_parse() {
    assert_eq!(
        refuse(&[("css", text("a{\n  content: 'x\n}"))]),
        ["css: does not tokenize: line 2, column 12: a string is not closed in its line"]
    );
    let found = refuse(&[("js", text("ok()\n  if (x {"))]);
    assert!(
        found[0].starts_with("js: does not parse as a function body: line 2, column "),
        "{found:?}"
    );
}

#[test]
fn every_field_is_documented_once() {
    let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FIELDS.len());
    assert!(FIELDS.iter().all(|field| field.doc.ends_with('.')));
}

//! What is promised of rule files, line by line, as far as reading goes.
//!
//! Names, links, ids from paths and bounds of a tree have files of their own beside this one.

use crate::tree::{RULE, Tree, ids};
use store::Problem;

const JSON: &str = r#"{"type": "exact", "pattern": "https://example.com/", "css": "a{}"}"#;

/// Loads one file beside a good one, which must be served.
#[track_caller]
fn load_beside_good(name: &str, bytes: impl AsRef<[u8]>) -> (Vec<String>, Vec<Problem>) {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    tree.put(&format!("local/{name}"), bytes);
    let contents = tree.load();
    let mut ids: Vec<_> = ids(&contents).into_iter().map(str::to_owned).collect();
    let good = ids
        .iter()
        .position(|id| id == "good")
        .expect("the good rule is served");
    ids.remove(good);
    (ids, contents.problems)
}

/// The only problem of a file that gives no rule: line, reason, hint.
#[track_caller]
fn only_problem(name: &str, bytes: impl AsRef<[u8]>) -> (Option<usize>, String, String) {
    let (ids, mut problems) = load_beside_good(name, bytes);
    assert_eq!((ids.len(), problems.len()), (0, 1), "{problems:?}");
    let problem = problems.remove(0);
    assert!(problem.skipped);
    (problem.line, problem.reason, problem.hint.unwrap_or_default())
}

#[track_caller]
fn check_good(name: &str, bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let (ids, problems) = load_beside_good(name, bytes);
    assert_eq!(
        (ids, problems),
        (expected.iter().map(|id| (*id).to_owned()).collect(), vec![])
    );
}

#[test]
fn text_is_utf_8_with_or_without_byte_order_mark_lf_or_cr_lf() {
    check_good("a.rule.yaml", RULE, &["a"]);
    check_good("a.rule.yaml", format!("\u{feff}{RULE}"), &["a"]);
    check_good("a.rule.yaml", RULE.replace('\n', "\r\n"), &["a"]);
    check_good("a.rule.json", format!("\u{feff}{JSON}\r\n"), &["a"]);
    assert!(only_problem("a.rule.yaml", b"id: \xe4\n").1.contains("not UTF-8"));
}

#[test]
fn yaml_is_1_2_with_its_core_schema_and_one_document_a_file() {
    check_good("a.rule.yaml", format!("%YAML 1.2\n---\n{RULE}...\n"), &["a"]);
    check_good(
        "a.rule.yaml",
        format!("{RULE}description: yes\nauthor: 1_000\ntags: [on, no]\npriority: 010\n"),
        &["a"],
    );
    assert_eq!(
        only_problem("a.rule.yaml", format!("{RULE}---\n{RULE}")).0,
        Some(4)
    );
}

#[test]
fn a_key_written_twice_is_an_error_in_yaml_and_json_alike() {
    assert!(
        only_problem("a.rule.yaml", format!("{RULE}css: 'b{{}}'\n"))
            .1
            .contains("twice, first on line 3")
    );
    let json = JSON.replacen('{', "{\"css\": \"b\", ", 1);
    assert!(
        only_problem("a.rule.json", json)
            .1
            .contains("twice, first on line 1")
    );
}

#[test]
fn anchors_are_expanded_within_bounds_and_tags_and_merge_keys_are_refused() {
    check_good("a.rule.yaml", format!("x-tags: &t [a]\ntags: *t\n{RULE}"), &["a"]);
    assert!(
        only_problem("a.rule.yaml", format!("{RULE}description: !!str 1\n"))
            .1
            .contains("tags")
    );
    assert!(
        only_problem(
            "a.rule.yaml",
            format!("x-base: &b {{author: me}}\n<<: *b\n{RULE}")
        )
        .1
        .contains("merge keys")
    );
}

#[test]
fn a_number_or_boolean_where_text_is_wanted_has_the_hint_to_quote_it() {
    for value in ["1.0", "2026", "true"] {
        let (line, reason, hint) = only_problem("a.rule.yaml", format!("{RULE}description: {value}\n"));
        assert_eq!((line, hint.as_str()), (Some(4), "put it in quotes"), "{reason}");
    }
}

#[test]
fn the_two_errors_that_every_author_makes_first_are_answered_with_single_quotes() {
    for pattern in [r#""\*.example.com/*""#, "*.example.com/*", "*"] {
        let text = format!("type: wildcard\npattern: {pattern}\ncss: 'a{{}}'\n");
        let (line, reason, hint) = only_problem("a.rule.yaml", text);
        assert_eq!(
            (line, hint.as_str()),
            (Some(2), "put the pattern in single quotes"),
            "{reason}"
        );
    }
}

#[test]
fn a_file_that_holds_only_comments_holds_no_rules_and_is_no_problem() {
    check_good("a.rule.yaml", "# later\n#- id: x\n", &[]);
    check_good("a.rule.yaml", "", &[]);
}

#[test]
fn a_file_holds_one_rule_a_list_or_a_mapping_with_rules() {
    let entry = |id: &str| format!("- id: {id}\n  {}\n", RULE.trim_end().replace('\n', "\n  "));
    check_good("a.rule.yml", entry("x") + &entry("y"), &["x", "y"]);
    let two = (entry("x") + &entry("y")).replace('\n', "\n  ");
    check_good("a.rule.yml", format!("rules:\n  {two}"), &["x", "y"]);
    check_good(
        "a.rule.json",
        format!("[{}]", JSON.replacen('{', "{\"id\": \"x\",", 1)),
        &["x"],
    );
}

#[test]
fn an_older_engine_skips_a_file_as_too_new_not_as_invalid() {
    let text = "requires: {asset-injector: '>=999'}\nrules: [{hide: banner}]\n";
    let (line, reason, hint) = only_problem("a.rule.yaml", text);
    assert_eq!(line, Some(1));
    assert!(
        reason.contains(">=999") && hint.contains("skipped"),
        "{reason}; {hint}"
    );
    check_good(
        "a.rule.yaml",
        "requires: {asset-injector: '>=0.0.1'}\nrules: []\n",
        &[],
    );
}

#[test]
fn enabled_state_and_source_are_ignored_with_a_warning_that_names_rules_disable() {
    let (ids, problems) = load_beside_good(
        "a.rule.yaml",
        format!("{RULE}enabled: false\nstate: x\nsource: {{}}\n"),
    );
    assert_eq!((ids, problems.len()), (vec!["a".to_owned()], 3));
    for problem in problems {
        assert!(!problem.skipped);
        assert!(problem.hint.unwrap().contains("rules disable"));
    }
}

#[test]
fn an_invalid_rule_is_skipped_and_the_others_of_its_file_are_served() {
    let text = format!(
        "- id: x\n  {0}\n- id: y\n  {0}\n  priorty: 5\n",
        RULE.trim_end().replace('\n', "\n  ")
    );
    let (ids, problems) = load_beside_good("a.rule.yaml", text);
    assert_eq!(ids, ["x"]);
    let problem = &problems[0];
    assert_eq!(
        (problem.file.as_str(), problem.line, problem.column),
        ("local/a.rule.yaml", Some(9), Some(3))
    );
    assert_eq!(
        (problem.field.as_str(), problem.rule_id.as_deref()),
        ("[1].priorty", Some("y"))
    );
    assert_eq!(problem.hint.as_deref(), Some("did you mean `priority`?"));
}

#[test]
fn scripts_and_style_sheets_that_do_not_parse_are_reported_and_left_out() {
    assert!(
        only_problem("a.rule.yaml", format!("{RULE}js: 'let ='\n"))
            .1
            .contains("does not parse")
    );
    let css = RULE.replace("none", "url(a\"b)");
    assert!(only_problem("a.rule.yaml", css).1.contains("does not tokenize"));
}

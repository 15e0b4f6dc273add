//! `.state.json`: disabled ids and pins, read and written.

use crate::{
    edits::{id, put, write},
    tree::{RULE, Tree, ids, run},
};
use rules::{Layer, RuleId};
use store::{Edit, ErrorKind, RuleStore as _, contract::rule};

#[test]
fn disabled_ids_and_pins_are_read() {
    let tree = Tree::with(&[(
        ".state.json",
        r#"{"disabled":["a","pack:b"],"pins":{"pack:c":"community"}}"#,
    )]);
    let contents = tree.load();
    assert_eq!(contents.problems, []);
    let disabled: Vec<_> = contents.disabled.iter().map(RuleId::as_str).collect();
    assert_eq!(disabled, ["a", "pack:b"]);
    assert_eq!(contents.pins[&RuleId::parse("pack:c").unwrap()], Layer::Community);
}

#[test]
fn what_cannot_be_understood_is_a_problem_and_nothing_is_lost() {
    let text = r#"{"disabled":["good",7,"../x"],"pins":{"a":"elsewhere","b":"local"},"later":1}"#;
    let tree = Tree::with(&[(".state.json", text), ("local/r.rule.yaml", RULE)]);
    let contents = tree.load();
    assert_eq!(
        (ids(&contents), contents.disabled.len(), contents.pins.len()),
        (vec!["r"], 1, 1)
    );
    let fields: Vec<_> = contents
        .problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["disabled[1]", "disabled[2]", "pins.a"]);

    tree.put(".state.json", "{\"disabled\": [\n\"a\"");
    let contents = tree.load();
    assert_eq!((ids(&contents), contents.disabled.len()), (vec!["r"], 0));
    let problem = &contents.problems[0];
    assert_eq!((problem.file.as_str(), problem.line), (".state.json", Some(2)));
    assert_eq!(
        std::fs::read_to_string(tree.path(".state.json")).unwrap(),
        "{\"disabled\": [\n\"a\""
    );
}

#[test]
fn the_state_file_keeps_what_is_not_understood() {
    let text = r#"{"later": [1.50, 12345678901234567890], "disabled": ["b", 7, "../x"], "pins": {"A": "elsewhere", "c": "local"}}"#;
    let tree = Tree::with(&[(".state.json", text)]);
    let store = tree.writer();
    write(
        &store,
        &[
            Edit::Disable(id("d")),
            Edit::Enable(id("B")),
            Edit::Pin(id("e"), Layer::Override),
            Edit::Unpin(id("C")),
        ],
    );
    let expected = r#"{
  "disabled": [
    7,
    "../x",
    "d"
  ],
  "pins": {
    "A": "elsewhere",
    "e": "override"
  },
  "later": [1.50, 12345678901234567890]
}
"#;
    assert_eq!(tree.read(".state.json"), expected);
    write(&store, &[Edit::Pin(id("a"), Layer::Local)]);
    assert!(!tree.read(".state.json").contains("elsewhere"));
}

#[test]
fn a_state_file_that_cannot_be_understood_is_not_written() {
    for text in [
        "{\"disabled\": [\n\"a\"",
        "[]",
        "{\"disabled\": {}}",
        "{\"pins\": []}",
        "\u{feff}{\"pins\": 1}",
    ] {
        let tree = Tree::with(&[(".state.json", text)]);
        let store = tree.writer();
        let edits = [put(&rule("a", "a{}")), Edit::Disable(id("x"))];
        let error = run(store.write(&edits)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unwritable, "{text}");
        assert!(error.message.starts_with(".state.json"), "{}", error.message);
        assert_eq!((tree.read(".state.json").as_str(), tree.files().len()), (text, 1));
    }
}

//! `.state.json`: disabled ids and pins.

use crate::tree::{RULE, Tree, ids};
use rules::{Layer, RuleId};

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

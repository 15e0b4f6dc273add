//! `fmt`: one style, comments kept, nothing else changed.

use crate::binary::Sandbox;

const UNTIDY: &str = "# Why this rule exists.\nid:    a\ntype: wildcard\npattern:   'https://example.com/*'   # everywhere\ncss: '#a {}'\n";

#[test]
fn a_file_is_rewritten_once() {
    let sandbox = Sandbox::with([("a.rule.yaml", UNTIDY)]);
    sandbox
        .run(&["fmt", "--check", "a.rule.yaml"])
        .code(1)
        .prints(&["would change a.rule.yaml\n"]);
    assert_eq!(sandbox.read("a.rule.yaml"), UNTIDY);
    sandbox
        .run(&["fmt", "a.rule.yaml"])
        .code(0)
        .prints(&["changed a.rule.yaml\n"]);
    let text = sandbox.read("a.rule.yaml");
    assert!(
        text.contains("# Why this rule exists.\n") && text.contains("# everywhere\n"),
        "{text}"
    );
    assert!(text.contains("id: a\n"), "{text}");
    sandbox
        .run(&["fmt", "--check", "a.rule.yaml"])
        .code(0)
        .prints(&["1 file: 0 would change"]);
}

#[test]
fn a_file_that_does_not_parse_is_left_alone() {
    let sandbox = Sandbox::with([("a.rule.yaml", "id: [\n"), ("b.rule.yaml", UNTIDY)]);
    sandbox
        .run(&["fmt", "."])
        .code(1)
        .prints(&["cannot be read ./a.rule.yaml:", "changed ./b.rule.yaml"]);
    assert_eq!(sandbox.read("a.rule.yaml"), "id: [\n");
}

#[test]
fn permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::with([("a.rule.yaml", UNTIDY)]);
    let path = sandbox.path().join("a.rule.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.run(&["fmt", "a.rule.yaml"]).code(0);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

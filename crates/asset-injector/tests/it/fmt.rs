//! `fmt`: one style, comments kept, nothing else changed.

use crate::binary::Sandbox;
use std::os::unix::fs::symlink;

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

/// A link was replaced by a regular file, and what it led to stayed untidy.
#[test]
fn a_link_that_is_named_stays_one() {
    let sandbox = Sandbox::with([("real/a.rule.yaml", UNTIDY)]);
    let link = sandbox.path().join("b.rule.yaml");
    symlink("real/a.rule.yaml", &link).unwrap();
    sandbox.run(&["fmt", "b.rule.yaml"]).code(0);
    assert!(link.is_symlink());
    assert!(sandbox.read("real/a.rule.yaml").contains("id: a\n"));
}

#[test]
fn a_link_that_leaves_the_folder_is_left_alone() {
    let sandbox = Sandbox::with([("a.rule.yaml", UNTIDY), ("tree/notes.txt", "")]);
    symlink("../a.rule.yaml", sandbox.path().join("tree/a.rule.yaml")).unwrap();
    sandbox
        .run(&["fmt", "tree"])
        .code(0)
        .prints(&["0 files: 0 changed, 0 cannot be read, 1 left as it is\n"])
        .says(&["left as it is: tree/a.rule.yaml, because it is a link that leaves"]);
    assert_eq!(sandbox.read("a.rule.yaml"), UNTIDY);
}

/// Such a file passed for one in the style.
#[test]
fn a_file_that_cannot_be_laid_out_is_named() {
    let text = "-   a\n".repeat(1 << 16);
    let sandbox = Sandbox::with([("a.rule.yaml", &text)]);
    for args in [&["fmt", "--check", "a.rule.yaml"][..], &["fmt", "a.rule.yaml"]] {
        sandbox
            .run(args)
            .code(0)
            .prints(&["0 cannot be read, 1 left as it is\n"])
            .says(&["left as it is: a.rule.yaml, because it has more than 65536 values or 1 MiB\n"]);
    }
    assert_eq!(sandbox.read("a.rule.yaml"), text);
}

/// The message of a panic of the formatter, which is caught, was printed before the reason.
#[test]
fn a_file_that_the_formatter_fails_on_is_left_without_noise() {
    let text = "|-\n\n\tab\né\n";
    let sandbox = Sandbox::with([("a.rule.yaml", text)]);
    let finished = sandbox.run(&["fmt", "a.rule.yaml"]).code(0);
    let expected =
        "left as it is: a.rule.yaml, because it holds something that a new layout could lose or change\n";
    assert_eq!(finished.stderr(), expected);
    assert_eq!(sandbox.read("a.rule.yaml"), text);
}

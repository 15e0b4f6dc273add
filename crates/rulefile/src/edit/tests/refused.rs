//! What is not rewritten, and what is said of it.

use super::*;

#[test]
fn anchors_and_aliases_are_refused_with_their_line() {
    let anchored = |before: &str, id: &str| {
        let refused = Err(EditError::Anchored { line: 3 });
        assert_eq!(
            put(before, &format!("id: {id}\ncss: y")).map(|_| ()),
            refused,
            "{before}"
        );
        assert_eq!(remove(before, id).map(|_| ()), refused, "{before}");
    };
    let wild = "type: wildcard, pattern: '*'";
    anchored(
        &format!("x-c: &c c\nrules:\n- {{id: a, {wild}, css: *c}}\n- id: b\n"),
        "a",
    );
    anchored(
        &format!("\n- {{id: b, {wild}}}\n- {{id: a, {wild}, css: &c c}}\n- {{id: c, css: *c}}\n"),
        "a",
    );
    anchored("- id: b\n- id: a\n  pattern: *.example.com\n", "a");
    anchored("- id: b\n- &x\n  id: a\n", "a");
    anchored("x-more: 1\nrules: &r\n- id: a\n- id: b\nx-again: *r\n", "a");
    let before = format!("x-c: &c c\nrules:\n- {{id: a, {wild}, css: 'x {{}}'}}\n- {{id: b, css: *c}}\n");
    check_put(&before, "css: z", &before.replace("'x {}'", "z"));
    check_remove(&before, "a", "x-c: &c c\nrules:\n- {id: b, css: *c}\n");
}

#[test]
fn what_would_lose_something_is_refused_with_the_reason() {
    let reason = |before: &str, fields: &str| put(before, fields).unwrap_err().to_string();
    let nameless = "this entry has no `id`, and the name of the file stands in only where it is alone";
    let wild = "type: wildcard, pattern: '*', css: x";
    assert_eq!(
        reason(&format!("- {{{wild}}}\n"), ""),
        format!("line 1: {nameless}")
    );
    let removed = remove(&format!("- id: a\n- {{{wild}}}\n"), "a");
    assert_eq!(removed.unwrap_err().to_string(), format!("line 2: {nameless}"));
    assert_eq!(
        reason("- {id: a, !t x: 1}\n", ""),
        "line 1: a tag is part of this entry, and tags are not supported"
    );
    assert_eq!(
        reason("---\n", ""),
        "line 1: the file holds no list that a rule could be added to"
    );
    assert!(
        reason("[{\"id\": \"a\"}]", "x-n: .inf").starts_with("line 1: the entry cannot be written: line 1:")
    );
    for unread in [
        "- id: [\n",
        "5\n",
        "requires: {asset-injector: '>=99'}\nrules: []\n",
        "rules: []\nmore: 1\n",
        "a\n",
    ] {
        assert!(
            matches!(put(unread, ""), Err(EditError::NotParsed(_))),
            "{unread}"
        );
    }
}

//! What an edit does to a file, case by case: before, the edit, and after.

mod batch;
mod entries;
mod property;
mod refused;

use super::{page::Page, *};
use crate::parse;

/// How a case reads its file.
fn source(text: &str) -> Source<'static> {
    let is_json = text.starts_with(['{', '[']) && text.contains("\"id\"");
    Source {
        format: if is_json { Format::Json } else { Format::Yaml },
        space: IdSpace::Local,
        default_id: Some("from-path"),
    }
}

/// A rule from the fields that differ from those of the simplest one.
fn rule(fields: &str) -> Rule {
    let mut text = format!("{}\n", fields.trim_end());
    for (name, line) in [
        ("id:", "id: a\n"),
        ("type:", "type: wildcard\n"),
        ("pattern:", "pattern: '*'\n"),
        ("css:", "css: x {}\n"),
    ] {
        if !text.lines().any(|line| line.starts_with(name)) {
            text.push_str(line);
        }
    }
    let file = parse(text.as_bytes(), &source(""));
    assert_eq!(file.diagnostics, [], "{text}");
    file.rules[0].rule.clone()
}

fn put(before: &str, fields: &str) -> Result<Option<String>, EditError> {
    let edited = edit(before.as_bytes(), &source(before), EntryEdit::Put(&rule(fields)));
    edited.map(|bytes| bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
}

fn remove(before: &str, id: &str) -> Result<Option<String>, EditError> {
    let id = RuleId::parse(id).unwrap();
    let edited = edit(before.as_bytes(), &source(before), EntryEdit::Remove(&id));
    edited.map(|bytes| bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
}

#[track_caller]
fn check_put(before: &str, fields: &str, after: &str) {
    let edited = put(before, fields).unwrap().unwrap();
    assert_eq!(edited, after, "\n{edited}");
    assert_eq!(put(after, fields).unwrap().unwrap(), after, "a second time");
}

#[track_caller]
fn check_remove(before: &str, id: &str, after: &str) {
    let edited = remove(before, id).unwrap().unwrap();
    assert_eq!(edited, after, "\n{edited}");
}

/// A second entry with everything around it that is to stay.
const B: &str = "\n# between\n- id: b   # keep\n  type: 'exact'\n  pattern: https://example.com/\n  css:   >-\n    b {}\n# tail\n";

fn with_b(entry: &str) -> String {
    format!("# head\n{entry}{B}")
}

#[test]
fn a_changed_field_is_all_that_changes() {
    let before = with_b(
        "- id: a # one\n  type: \"wildcard\"\n  pattern: \"*\"   # all\n  # why\n  css: x {} # code\n",
    );
    check_put(
        &before,
        "css: y {}",
        &before.replace("css: x {} # code", "css: 'y {}' # code"),
    );
    check_put(
        &before,
        "css: |\n  y {\n  }\n",
        &before.replace("css: x {} # code", "css: | # code\n    y {\n    }"),
    );
    check_put(&before, "", &before);
}

#[test]
fn a_block_is_replaced_and_keeps_the_comment_of_its_header() {
    let before = with_b("- css: | # code\n    x {\n    }\n\n  id: a\n  type: wildcard\n  pattern: '*'\n");
    check_put(
        &before,
        "css: y {}",
        &before.replace("css: | # code\n    x {\n    }", "css: 'y {}' # code"),
    );
    check_put(
        &before,
        "css: |-\n  y {\n  }\n",
        &before.replace("css: | # code\n    x {\n    }", "css: |- # code\n    y {\n    }"),
    );
}

#[test]
fn new_fields_are_appended_and_removed_ones_go_with_their_comment() {
    let before = with_b(
        "- id: a\n  author: me # who\n  # why\n  type: wildcard\n  pattern: '*'\n  css: x {} # code\n",
    );
    let after = before.replace("  author: me # who\n", "").replace(
        "css: x {} # code\n",
        "css: x {} # code\n  priority: 5\n  tags:\n    - new\n",
    );
    check_put(&before, "priority: 5\ntags: [new]", &after);
}

#[test]
fn the_first_field_of_an_entry_may_go() {
    let before = with_b(
        "- author: me # who\n  description: two\n\n  # why\n  id: a\n  type: wildcard\n  pattern: '*'\n  css: x {}\n",
    );
    check_put(
        &before,
        "",
        &before.replace("author: me # who\n  description: two\n\n  # why", "# why"),
    );
    check_put(&before, "author: me", &before.replace("  description: two\n", ""));
    check_put(
        &before,
        "description: two",
        &before.replace("author: me # who\n  ", ""),
    );
}

#[test]
fn lists_keep_the_entries_that_stay_and_their_comments() {
    let entry = "- id: a\n  type: wildcard\n  pattern: '*'\n  css: x {}\n  tags: # words\n  - \"one\" # 1\n  - two # 2\n  # 3\n  - three\n";
    let before = with_b(entry);
    check_put(
        &before,
        "tags: [one, three]",
        &before.replace("  - two # 2\n", ""),
    );
    check_put(
        &before,
        "tags: [two, three]",
        &before.replace("  - \"one\" # 1\n", ""),
    );
    check_put(
        &before,
        "tags: [one, two, three, four]",
        &before.replace("- three\n", "- three\n  - four\n"),
    );
    check_put(
        &before,
        "tags: [one, 2, three]".replace('2', "zwei").as_str(),
        &before.replace("two # 2", "zwei"),
    );
    check_put(
        &before,
        "tags: [four]",
        &before.replace("  - \"one\" # 1\n  - two # 2\n  # 3\n  - three\n", "  - four\n"),
    );
    check_put(
        &before,
        "",
        &before.replace(
            "  tags: # words\n  - \"one\" # 1\n  - two # 2\n  # 3\n  - three\n",
            "",
        ),
    );
}

#[test]
fn brackets_stay_brackets() {
    let before = with_b("- {id: a, type: wildcard, pattern: '*', css: x {}, tags: [one,two]} # short\n")
        .replace("x {}", "'x {}'");
    check_put(&before, "tags: [three]", &before.replace("[one,two]", "[three]"));
    check_put(&before, "", &before.replace(", tags: [one,two]", ""));
    check_put(
        &before,
        "tags: [one, two]\npriority: 5",
        &before.replace("two]}", "two], priority: 5}"),
    );
    check_put(
        &before,
        "css: |\n  a\n  {}\ntags: [one, two]",
        &before.replace("'x {}'", "\"a\\n{}\\n\""),
    );
}

#[test]
fn json_keeps_its_layout() {
    let before = "{\n\t\"rules\": [\n\t\t{ \"id\": \"a\", \"type\": \"wildcard\", \"pattern\": \"*\", \"css\": \"x {}\" },\n\t\t{\n\t\t\t\"id\": \"b\",\n\t\t\t\"type\":\"exact\", \"pattern\": \"https:\\/\\/example.com/\",\n\t\t\t\"tags\": [\n\t\t\t\t\"one\"\n\t\t\t],\n\t\t\t\"css\": \"b\"\n\t\t}\n\t]\n}\n";
    check_put(before, "css: \"y\\n\\t{}\"", &before.replace("x {}", "y\\n\\t{}"));
    check_put(
        before,
        "author: me",
        &before.replace("\"x {}\"", "\"x {}\", \"author\": \"me\""),
    );
    let exact = "id: b\ntype: exact\npattern: https://example.com/\ncss: b";
    check_put(
        before,
        &format!("{exact}\npriority: 3\ntags: [two]"),
        &before
            .replace("\"one\"", "\"two\"")
            .replace("\"css\": \"b\"", "\"css\": \"b\",\n\t\t\t\"priority\": 3"),
    );
    check_put(
        before,
        exact,
        &before.replace("\"tags\": [\n\t\t\t\t\"one\"\n\t\t\t],\n\t\t\t", ""),
    );
    check_put(
        before,
        "id: c",
        &before.replace(
            "\"b\"\n\t\t}",
            "\"b\"\n\t\t},\n\t\t{\n\t\t\t\"id\": \"c\",\n\t\t\t\"type\": \"wildcard\",\n\t\t\t\"pattern\": \"*\",\n\t\t\t\"css\": \"x {}\"\n\t\t}",
        ),
    );
    check_remove("[{\"id\": \"a\"},{\"id\": \"b\"}]", "b", "[{\"id\": \"a\"}]");
}

#[test]
fn carriage_returns_and_byte_order_marks_stay() {
    let before = format!(
        "\u{feff}{}",
        with_b("- id: a\n  type: wildcard\n  pattern: '*'\n  css: x {}\n").replace('\n', "\r\n")
    );
    let after = before.replace("css: x {}\r\n", "css: |\r\n    y\r\n    {}\r\n  author: me\r\n");
    check_put(&before, "css: |\n  y\n  {}\nauthor: me", &after);
}

#[test]
fn what_a_block_cannot_hold_is_quoted() {
    let before = "- id: a\n  type: wildcard\n  pattern: '*'\n  css: x {}\n\n- id: b\n";
    // The empty line below would become part of a block that keeps its end.
    check_put(
        before,
        "css: \"y\\n{}\\n\\n\"",
        &before.replace("x {}", "\"y\\n{}\\n\\n\""),
    );
    check_put(
        before,
        "css: \"/*\\r\\n\\u2028*/{}\"",
        &before.replace("x {}", "\"/*\\r\\n\\u2028*/{}\""),
    );
    let before = "- id: b\n- id: a\n  type: wildcard\n  pattern: '*'\n  css: x {}\n";
    check_put(
        before,
        "css: \"y\\n{}\\n\\n\"",
        &before.replace("x {}", "|+\n    y\n    {}\n"),
    );
}

#[test]
fn fields_that_are_ignored_or_mean_the_same_stay() {
    let before = "- id: ' a '\n  type: wildcard\n  pattern: '*'\n  css: x {}\n  enabled: false # no\n  js:\n  tags: []\n  tests: [{url: 'https://example.com/', matches: true}]\n- id: b\n";
    check_put(
        before,
        "tests: [{url: 'https://example.com/'}]\nauthor: me",
        &before.replace("\n- id: b", "\n  author: me\n- id: b"),
    );
}

/// The field was kept, and the whole entry was written anew for it.
#[test]
fn a_field_of_the_authors_own_may_be_nothing() {
    let before = "- id: a # one\n  type: wildcard\n  pattern: '*'\n  css: x {}\n  x-no: null\n  x-yes: null # kept\n- id: b\n";
    check_put(before, "x-yes: null", &before.replace("  x-no: null\n", ""));
}

#[test]
fn an_entry_that_is_broken_is_repaired() {
    let before =
        "- id: b\n- id: a\n  type: wildcard # k\n  pattern: 5\n  hide: x\n  csss: [1]\n  x-y: 1\n- !tag x\n";
    check_put(
        before,
        "x-y: 1",
        "- id: b\n- id: a\n  type: wildcard # k\n  pattern: '*'\n  x-y: 1\n  css: 'x {}'\n- !tag x\n",
    );
    let twice = "- id: b\n- id: a # one\n  css: a\n  css: b\n  # in\n# tail\n";
    check_put(
        twice,
        "",
        "- id: b\n- id: a\n  type: wildcard\n  pattern: '*'\n  css: 'x {}'\n  # in\n# tail\n",
    );
}

//! Entries that are found, added and taken out.

use super::*;

#[test]
fn a_file_of_one_rule_keeps_its_id() {
    let before = "# head\ntype: wildcard\npattern: '*'\ncss: x {}\n# tail\n";
    check_put(
        before,
        "id: from-path\ncss: y {}",
        &before.replace("x {}", "'y {}'"),
    );
    assert_eq!(put(before, "id: other"), Err(EditError::NoList { line: 2 }));
    assert_eq!(remove(before, "from-path"), Ok(None));
    assert_eq!(remove(before, "other"), Err(EditError::NotFound));
    let named = format!("id: a\n{before}");
    check_put(&named, "css: y {}", &named.replace("x {}", "'y {}'"));
}

#[test]
fn an_entry_is_added_at_the_end_of_a_list() {
    let entry = "- id: a\n  type: wildcard\n  pattern: '*'\n  css: x {}\n";
    let b = "- id: b\n  type: wildcard\n  pattern: '*'\n  css: |\n    y {\n    }\n";
    let fields = "id: b\ncss: |\n  y {\n  }\n";
    let indented = |text: &str| {
        text.replace("- id", "  - id")
            .replace("\n  ", "\n    ")
            .replace("\n      - id", "\n  - id")
    };
    for (before, after) in [
        (entry.to_owned(), format!("{entry}\n{b}")),
        (
            format!("{entry}  # of a\n# tail\n"),
            format!("{entry}  # of a\n\n{b}# tail\n"),
        ),
        (entry.trim_end().to_owned(), format!("{entry}\n{}", b.trim_end())),
        (
            format!("rules:\n{entry}x-more: 1\n"),
            format!("rules:\n{entry}\n{b}x-more: 1\n"),
        ),
        (
            format!("rules:\n{}", indented(entry)),
            format!("rules:\n{}\n{}", indented(entry), indented(b)),
        ),
        (
            "rules: # none\n".to_owned(),
            format!("rules: # none\n{}", indented(b)),
        ),
        (
            "# none\n".to_owned(),
            format!("# none\n{}", crate::print(&[&rule(fields)])),
        ),
        (
            entry.replace('\n', "\r\n"),
            format!("{entry}\n{b}").replace('\n', "\r\n"),
        ),
    ] {
        check_put(&before, fields, &after);
    }
    let b = "{id: b, type: wildcard, pattern: '*', css: \"y {\\n}\\n\"}";
    check_put("rules: []\n", fields, &format!("rules: [{b}]\n"));
    check_put("rules: ~\n", fields, &format!("rules: [{b}]\n"));
    let a = "{id: a, type: wildcard, pattern: '*', css: 'x {}'}";
    check_put(&format!("[{a}]"), fields, &format!("[{a}, {b}]"));
    check_put(&format!("- {a} # 1\n"), fields, &format!("- {a} # 1\n- {b}\n"));
}

#[test]
fn entries_that_are_removed_leave_the_others_and_all_comments() {
    let entry = "- id: a # one\n  type: wildcard\n  pattern: '*'\n  css: |\n    x {}\n\n";
    let before = with_b(entry);
    check_remove(&before, "a", &with_b("\n"));
    check_remove(&before, "B", &format!("# head\n{entry}\n# between\n# tail\n"));
    let before = "[ {id: a}, # one\n {id: b}, {id: c}]";
    check_remove(before, "a", "[  # one\n {id: b}, {id: c}]");
    check_remove(before, "b", "[ {id: a}, # one\n {id: c}]");
    check_remove(before, "c", "[ {id: a}, # one\n {id: b}]");
    check_remove("- id: a\n- id: b", "b", "- id: a");
    check_remove("- id: a\n- id: b\n- id: b", "b", "- id: a\n");
    assert_eq!(remove("- id: a\n- {id: A}", "a"), Ok(None));
    assert_eq!(remove("rules: []\n", "a"), Err(EditError::NotFound));
}

#[test]
fn of_doubles_the_one_in_force_is_replaced() {
    let before =
        "- {id: a, css: 1}\n- {id: a, type: wildcard, pattern: '*', css: 'x {}'}\n- {id: A, type: exact}\n";
    check_put(before, "css: z", &before.replace("'x {}'", "z"));
}

#[test]
fn other_letters_in_an_id_are_written() {
    check_put(
        "- {id: A, type: wildcard, pattern: '*', css: 'x {}'}\n",
        "",
        "- {id: a, type: wildcard, pattern: '*', css: 'x {}'}\n",
    );
}

#[test]
fn a_packs_id_is_written_without_the_pack() {
    let source = Source {
        format: Format::Yaml,
        space: IdSpace::Pack("shop".to_owned()),
        default_id: Some("cart"),
    };
    let edited = |before: &str, fields: &str| {
        let edited = edit(before.as_bytes(), &source, EntryEdit::Put(&rule(fields)));
        edited.map(|bytes| String::from_utf8(bytes.unwrap()).unwrap())
    };
    let one = "type: wildcard\npattern: '*'\ncss: x {}\n";
    assert_eq!(
        edited(one, "id: shop:cart\nauthor: me").unwrap(),
        format!("{one}author: me\n")
    );
    let list = "- {id: cart, type: wildcard, pattern: '*', css: 'x {}'}\n";
    let added = "- {id: pay, type: wildcard, pattern: '*', css: 'x {}'}\n";
    assert_eq!(edited(list, "id: shop:pay").unwrap(), format!("{list}{added}"));
    assert_eq!(
        edited(list, "id: pay").unwrap_err().to_string(),
        "line 1: the id `pay` is of another pack than the file"
    );
}

/// A letter of several bytes in the column of the dash was cut.
#[test]
fn a_comment_may_stand_between_dash_and_entry() {
    let before = "rules:\n  -\n\n # é\n  # ü - -\n    # ä\n    id: a\n  - id: b\n";
    check_remove(before, "a", "rules:\n  - id: b\n");
}

//! Files of many styles, with a model beside them: what is edited is what changes, and nothing else does.

use super::*;
use crate::{ParsedFile, parse};
use proptest::prelude::*;

/// A rule as its fields, in any order.
pub(super) fn any_fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    let text = || {
        prop_oneof![
            "[a-z]{1,6}",
            "[ -~]{1,12}",
            "[a-z {}#:'\"\\\\\n\r\t\u{2028}é-]{1,12}",
            Just("a {\n  b: c\n}\n".to_owned()),
            Just("a {\n\n}\n\n".to_owned()),
            Just("# no\n- a: b\n".to_owned()),
        ]
    };
    let words = prop::collection::vec("[a-z]{1,3}|[ -~]{1,8}", 0..4);
    let extension = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>()
            .prop_filter("JSON has none", |value| value.is_finite())
            .prop_map(Value::Float),
        text().prop_map(Value::Text),
        Just(Value::List(vec![
            Value::Map(vec![("a: b".to_owned(), Value::List(vec![]))]),
            Value::Null
        ])),
        Just(Value::Map(vec![
            (String::new(), Value::Integer(-1)),
            ("k".to_owned(), Value::Text("a\nb\n".to_owned()))
        ])),
    ];
    let fields = (
        text(),
        text(),
        prop::option::of(0..9_i128),
        words.clone(),
        words,
        text(),
        prop::option::of(extension),
    );
    (fields, any::<prop::sample::Index>()).prop_map(
        |((css, js, priority, tags, exclude, author, extension), turn)| {
            let texts = |texts: Vec<String>| Value::List(texts.into_iter().map(Value::Text).collect());
            let mut fields = vec![
                ("type", Value::Text("wildcard".to_owned())),
                ("pattern", Value::Text("*.example.com/*".to_owned())),
                ("css", Value::Text(css)),
                ("js", Value::Text(format!("/* {} */", js.replace("*/", "")))),
                ("tags", texts(tags)),
                ("exclude", texts(exclude)),
                ("author", Value::Text(author)),
            ];
            fields.extend(priority.map(|priority| ("priority", Value::Integer(priority))));
            fields.extend(extension.map(|value| ("x-any", value)));
            let turn = turn.index(fields.len());
            fields.rotate_left(turn);
            fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()
        },
    )
}

/// The fields as a rule of this id, if they are one.
pub(super) fn rule_of(id: &str, fields: &[(String, Value)]) -> Option<Rule> {
    let mut all = fields.to_vec();
    all.insert(0, ("id".to_owned(), Value::Text(id.to_owned())));
    rules::check(&Value::Map(all), &IdSpace::Local, None)
        .ok()
        .map(|checked| checked.rule)
}

/// How an entry is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    flow: bool,
    step: usize,
    list_step: usize,
    comments: bool,
    spaces: usize,
}

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileStyle {
    json: Option<bool>,
    bom: bool,
    carriage_return: bool,
    end: bool,
    marker: bool,
    rules: bool,
    /// One rule and no list, where there is but one.
    one: bool,
    indent: usize,
}

fn any_style() -> impl Strategy<Value = Style> {
    (any::<bool>(), 1..5_usize, 0..4_usize, any::<bool>(), 1..4_usize).prop_map(
        |(flow, step, list_step, comments, spaces)| Style {
            flow,
            step,
            list_step,
            comments,
            spaces,
        },
    )
}

fn any_file_style() -> impl Strategy<Value = FileStyle> {
    let json = prop_oneof![2 => Just(None), 1 => any::<bool>().prop_map(Some)];
    (json, any::<[bool; 6]>(), 0..3_usize).prop_map(|(json, flags, indent)| {
        let [bom, carriage_return, end, marker, rules, one] = flags;
        FileStyle {
            json,
            bom,
            carriage_return,
            end,
            marker,
            rules,
            one,
            indent,
        }
    })
}

impl FileStyle {
    fn is_one(self, rules: &[(Rule, Style)]) -> bool {
        self.one && rules.len() == 1
    }
}

/// An entry in its style, behind what begins it.
fn entry(begin: &str, rule: &Rule, style: Style, column: usize) -> String {
    let Value::Map(fields) = rule.to_value() else {
        unreachable!()
    };
    let pad = " ".repeat(style.spaces);
    if style.flow {
        let page = Page::new("", Format::Yaml);
        let fields: Vec<_> = fields
            .iter()
            .map(|(key, value)| flow::field(&page, key, value, ": "))
            .collect();
        return format!("{begin}{{{}}}\n", fields.join(&format!(",{pad}")));
    }
    let column = column + begin.len();
    let layout = crate::print::Layout {
        step: style.step,
        list_step: style.list_step,
        keeps_ends: true,
    };
    let mut out = begin.to_owned();
    for (n, (key, value)) in fields.iter().enumerate() {
        if n > 0 {
            out.push_str(&" ".repeat(column));
        }
        let printed = print::field(key, value, column, layout);
        if style.comments && !printed[..printed.len() - 1].contains('\n') {
            out.push_str(
                &printed
                    .replacen(": ", &format!(":{pad}"), 1)
                    .replace('\n', &format!("{pad}# of {key}\n")),
            );
        } else {
            out.push_str(&printed);
        }
        if style.comments && n % 3 == 1 && !printed.ends_with("\n\n") {
            out.push_str(&format!("{}# below {key}\n", " ".repeat(column)));
        }
    }
    out
}

/// A file of these rules, and its source.
pub(super) fn file(rules: &[(Rule, Style)], style: FileStyle) -> (Vec<u8>, Source<'static>) {
    let format = if style.json.is_some() {
        Format::Json
    } else {
        Format::Yaml
    };
    let source = Source {
        format,
        space: IdSpace::Local,
        default_id: None,
    };
    let mut text = if style.bom {
        "\u{feff}".to_owned()
    } else {
        String::new()
    };
    if let Some(is_long) = style.json {
        let page = Page::new("", Format::Json);
        let list = Value::List(rules.iter().map(|(rule, _)| rule.to_value()).collect());
        let value = if style.is_one(rules) {
            rules[0].0.to_value()
        } else if style.rules {
            Value::Map(vec![("rules".to_owned(), list)])
        } else {
            list
        };
        text.push_str(&if is_long {
            flow::lines(&page, &value, "")
        } else {
            flow::line(&page, &value)
        });
    } else {
        text.push_str("# head\n\n");
        text.push_str(if style.marker { "---\n" } else { "" });
        text.push_str(if style.rules && !style.is_one(rules) {
            "x-more: {a: 1} # more\nrules: # list\n"
        } else {
            ""
        });
        for (n, (rule, entry_style)) in rules.iter().enumerate() {
            let indent = " ".repeat(style.indent);
            if !text.ends_with("\n\n") {
                text.push_str(&format!("{indent}# above {n}\n"));
            }
            text.push_str(&indent);
            let dash = format!("-{}", " ".repeat(entry_style.spaces));
            let begin = if style.is_one(rules) { "" } else { &dash };
            text.push_str(&entry(begin, rule, *entry_style, style.indent));
        }
        text.push_str("# tail\n");
    }
    if !style.end {
        text.truncate(text.trim_end_matches('\n').len());
    }
    if style.carriage_return {
        text = text.replace('\n', "\r\n");
    }
    (text.into_bytes(), source)
}

pub(super) fn values(file: &ParsedFile) -> Vec<String> {
    let values = file
        .rules
        .iter()
        .map(|parsed| format!("{:?}", parsed.rule.to_value()));
    values.collect()
}

pub(super) fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The comments that stand outside of entries.
pub(super) fn comments_outside(bytes: &[u8]) -> Vec<String> {
    let lines = text_of(bytes).lines();
    let is_outside = |line: &&str| {
        ["# head", "# above", "# tail", "x-more", "rules"]
            .iter()
            .any(|begin| line.trim_start().starts_with(begin))
    };
    lines.filter(is_outside).map(str::to_owned).collect()
}

/// The bytes of each entry of a YAML file, as the parser places them.
pub(super) fn entries(bytes: &[u8], source: &Source<'_>) -> Vec<String> {
    let text = Text::decode(bytes).unwrap();
    let file = File::read(text, source).unwrap();
    file.parts()
        .iter()
        .map(|part| text.str[part.range.clone()].to_owned())
        .collect()
}

pub(super) fn any_file() -> impl Strategy<Value = (Vec<(Rule, Style)>, FileStyle)> {
    let rules = prop::collection::vec((any_fields(), any_style()), 1..5);
    (rules, any_file_style()).prop_map(|(rules, style)| {
        let named = rules.into_iter().enumerate();
        let rules =
            named.filter_map(|(n, (fields, style))| Some((rule_of(&format!("r{n}"), &fields)?, style)));
        (rules.collect(), style)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Feature: asset-injector, Property: putting a rule into a file changes its entry and no other byte
    #[test]
    fn putting_changes_one_entry((rules, style) in any_file(), which in any::<prop::sample::Index>(), fields in any_fields()) {
        prop_assume!(!rules.is_empty());
        let (bytes, source) = file(&rules, style);
        let before = parse(&bytes, &source);
        prop_assert_eq!(&before.diagnostics, &[], "{}", text_of(&bytes));
        let which = which.index(rules.len() + 1);
        let Some(rule) = rule_of(&format!("r{which}"), &fields) else { return Ok(()) };
        // One that was left out has no entry.
        let found = before.rules.iter().position(|parsed| parsed.rule.id() == rule.id());
        let edited = edit(&bytes, &source, EntryEdit::Put(&rule));
        if found.is_none() && style.is_one(&rules) {
            let is_refused = matches!(edited, Err(EditError::NoList { .. }));
            prop_assert!(is_refused);
            return Ok(());
        }
        let edited = edited.unwrap().unwrap();

        let mut expected = values(&before);
        let value = format!("{:?}", rule.to_value());
        match found {
            Some(n) => expected[n] = value,
            None => expected.push(value),
        }
        let after = parse(&edited, &source);
        prop_assert_eq!(&after.diagnostics, &[], "{}", text_of(&edited));
        prop_assert_eq!(values(&after), expected, "{}", text_of(&edited));
        prop_assert_eq!(comments_outside(&bytes), comments_outside(&edited));
        let (mut old, mut new) = (entries(&bytes, &source), entries(&edited, &source));
        match found {
            Some(n) => {
                old.remove(n);
                new.remove(n);
            }
            None => new.truncate(old.len()),
        }
        prop_assert_eq!(old, new);
        let again = edit(&edited, &source, EntryEdit::Put(&rule)).unwrap().unwrap();
        prop_assert_eq!(text_of(&again), text_of(&edited), "a second time");
    }

    /// Feature: asset-injector, Property: a rule that is put as it is changes no byte of its file
    #[test]
    fn putting_what_is_there_changes_nothing((rules, style) in any_file()) {
        let (bytes, source) = file(&rules, style);
        for (rule, _) in &rules {
            let edited = edit(&bytes, &source, EntryEdit::Put(rule)).unwrap().unwrap();
            prop_assert_eq!(text_of(&edited), text_of(&bytes));
        }
    }

    /// Feature: asset-injector, Property: removing an entry leaves the bytes of all others
    #[test]
    fn removing_leaves_the_others((rules, style) in any_file(), which in any::<prop::sample::Index>()) {
        prop_assume!(!rules.is_empty());
        let (bytes, source) = file(&rules, style);
        let n = which.index(rules.len());
        let edited = edit(&bytes, &source, EntryEdit::Remove(rules[n].0.id())).unwrap();
        let Some(edited) = edited else {
            prop_assert_eq!(rules.len(), 1);
            return Ok(());
        };
        let mut expected = values(&parse(&bytes, &source));
        expected.remove(n);
        let after = parse(&edited, &source);
        prop_assert_eq!(values(&after), expected, "{}", text_of(&edited));
        prop_assert_eq!(&after.diagnostics, &[]);
        prop_assert_eq!(comments_outside(&bytes), comments_outside(&edited));
        let mut old = entries(&bytes, &source);
        old.remove(n);
        prop_assert_eq!(old, entries(&edited, &source));
    }

    /// Feature: asset-injector, Property: an entry that is added and removed again leaves the file as it was
    #[test]
    fn removing_undoes_adding((rules, style) in any_file(), fields in any_fields()) {
        prop_assume!(!rules.is_empty() && !style.is_one(&rules));
        let Some(rule) = rule_of("new", &fields) else { return Ok(()) };
        let (bytes, source) = file(&rules, style);
        let added = edit(&bytes, &source, EntryEdit::Put(&rule)).unwrap().unwrap();
        let removed = edit(&added, &source, EntryEdit::Remove(rule.id())).unwrap().unwrap();
        // A line that sets it apart may stay.
        let lines = |bytes: &[u8]| -> Vec<String> {
            let lines = text_of(bytes).lines().map(str::trim_end);
            lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        prop_assert_eq!(lines(&removed), lines(&bytes));
        prop_assert_eq!(entries(&removed, &source), entries(&bytes, &source));
    }
}

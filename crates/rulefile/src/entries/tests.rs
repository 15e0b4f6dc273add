//! Entry by entry is the same as the file as a whole; the bounds hold.

use super::{Bounds, ParsedEntries, Progress, parse_entries};
use crate::{Format, Source, parse};
use proptest::{prelude::*, sample::select};
use rules::IdSpace;
use std::sync::Mutex;

fn source(format: Format) -> Source<'static> {
    Source {
        format,
        space: IdSpace::Local,
        default_id: Some("unnamed"),
    }
}

fn entries(text: &str, format: Format, bounds: &Bounds) -> ParsedEntries {
    parse_entries(text.as_bytes(), &source(format), bounds, (3, &|_| {}))
}

const BOUNDS: Bounds = Bounds::import(1 << 20);

fn rule(n: usize) -> String {
    format!("- {{id: r{n}, type: exact, pattern: 'https://example.com/{n}', css: 'a{{}}'}}\n")
}

#[test]
fn each_entry_has_its_place_its_id_and_its_outcome() {
    let text = "rules:\n- {id: a, type: wildcard, pattern: '*', css: 'a{}', enabled: true}\n- {id: b}\n- 7\n\
                - {id: c, id: d}\n- {id: E, type: exact, pattern: https://e.test/, js: 'run('}\n";
    let read = entries(text, Format::Yaml, &BOUNDS);
    let seen: Vec<_> = read
        .entries
        .iter()
        .map(|entry| {
            let first = entry.diagnostics.first().map(|d| (&*d.field, &*d.reason));
            (
                entry.line,
                entry.id.as_deref(),
                entry.rule.is_some(),
                entry.diagnostics.len(),
                first.map(|f| f.0),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (2, Some("a"), true, 1, Some("rules[0].enabled")),
            (3, Some("b"), false, 3, Some("rules[1].type")),
            (4, None, false, 1, Some("rules[2]")),
            (5, Some("c"), false, 1, Some("rules[3].id")),
            (6, Some("E"), false, 1, Some("rules[4].js")),
        ]
    );
    assert!(read.diagnostics.is_empty());
}

#[test]
fn what_is_wrong_with_the_text_as_a_whole_stands_apart() {
    for (text, reason) in [
        ("a: [", ""),
        ("rule:\n- {id: a}\n", "is not a field of a rule file"),
        ("7", "the file holds a single value and no rule"),
        ("{rules: [], requires: {asset-injector: '>=99'}}", ""),
    ] {
        let read = entries(text, Format::Yaml, &BOUNDS);
        assert!(read.entries.is_empty(), "{text}");
        assert!(
            read.diagnostics[0].reason.contains(reason),
            "{text}: {:?}",
            read.diagnostics
        );
    }
    assert!(
        entries("# nothing\n", Format::Yaml, &BOUNDS)
            .diagnostics
            .is_empty()
    );
}

#[test]
fn the_bounds_are_those_that_are_given() {
    let text: String = (0..300).map(rule).collect();
    assert_eq!(entries(&text, Format::Yaml, &BOUNDS).entries.len(), 300);
    for (bounds, reason) in [
        (
            Bounds {
                bytes_max: 100,
                ..BOUNDS
            },
            "the most is 100",
        ),
        (
            Bounds {
                nodes_max: 1000,
                ..BOUNDS
            },
            "more than 1000 values",
        ),
        (
            Bounds {
                entries_max: 299,
                ..BOUNDS
            },
            "there are 300 rules, the most is 299",
        ),
    ] {
        let read = entries(&text, Format::Yaml, &bounds);
        assert!(read.entries.is_empty());
        assert!(
            read.diagnostics[0].reason.contains(reason),
            "{:?}",
            read.diagnostics
        );
    }
    let bounds = Bounds {
        diagnostics_max: 5,
        ..BOUNDS
    };
    let read = entries(&"- 1\n".repeat(200), Format::Yaml, &bounds);
    let listed: usize = read.entries.iter().map(|entry| entry.diagnostics.len()).sum();
    assert_eq!((read.entries.len(), listed, read.diagnostics_more), (200, 5, 195));
}

#[test]
fn json_has_a_bound_on_values_before_a_tree_is_built() {
    let bounds = Bounds {
        nodes_max: 1000,
        ..BOUNDS
    };
    let text = format!("[{}1]", "1,".repeat(2000));
    let read = entries(&text, Format::Json, &bounds);
    assert!(
        read.diagnostics[0].reason.contains("more than 1000 values"),
        "{:?}",
        read.diagnostics
    );
}

#[test]
fn progress_ends_with_all_of_them() {
    let told = Mutex::new(Vec::new());
    let text: String = (0..300).map(rule).collect();
    let note = |progress| told.lock().unwrap().push(progress);
    parse_entries(text.as_bytes(), &source(Format::Yaml), &BOUNDS, (2, &note));
    let told = told.into_inner().unwrap();
    assert_eq!(told[0], Progress::Read(300));
    assert!(told.contains(&Progress::Checked(300)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Feature: asset-injector, Property: entries one by one are the file as a whole
    #[test]
    fn entries_one_by_one_are_the_file_as_a_whole(
        parts in prop::collection::vec(select(vec![
            "- {id: a, type: wildcard, pattern: '*', css: 'a{}'}\n",
            "- {id: b, type: exact, pattern: https://b.test/, js: 'run()', enabled: false}\n",
            "- {id: c, type: regex, pattern: '(', css: 'a{}'}\n",
            "- &x {id: d, id: d}\n",
            "- *x\n",
            "- *y\n",
            "- 7\n",
            "- !tag a\n",
            "- {type: wildcard, pattern: '*', css: 'a{}'}\n",
            "- {id: 1, typ: wildcard}\n",
        ]), 0..150),
        threads in 1_usize..4,
    ) {
        let text = parts.concat();
        let source = source(Format::Yaml);
        let whole = parse(text.as_bytes(), &source);
        let bounds = Bounds { diagnostics_max: crate::DIAGNOSTICS_MAX, ..BOUNDS };
        let read = parse_entries(text.as_bytes(), &source, &bounds, (threads, &|_| {}));
        let rules: Vec<_> = read.entries.iter().filter(|e| e.rule.is_some()).map(|e| (e.line, e.id.clone())).collect();
        let expected: Vec<_> =
            whole.rules.iter().map(|p| (p.line, Some(p.rule.id().as_str().to_owned()))).collect();
        prop_assert_eq!(rules, expected);
        let mut found = read.diagnostics.clone();
        found.extend(read.entries.iter().flat_map(|entry| entry.diagnostics.clone()));
        let key = |d: &crate::Diagnostic| (d.line, d.column, d.field.clone(), d.reason.clone());
        let (mut found, mut expected): (Vec<_>, Vec<_>) = (found.iter().map(key).collect(), whole.diagnostics.iter().map(key).collect());
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}

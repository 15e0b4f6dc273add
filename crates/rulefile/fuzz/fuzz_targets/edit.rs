//! No file makes an edit panic; what an edit gives out holds the rule, and every other entry as it was; several at
//! once are what they are one after the other.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rulefile::{Code, EditError, EntryEdit, Format, ParsedFile, Source, edit, edit_all, parse};
use rules::{IdSpace, Rule, RuleId};

fuzz_target!(|data: &[u8]| {
    let Some((selector, bytes)) = data.split_first() else { return };
    let Some(end) = bytes.iter().position(|byte| *byte == 0) else { return };
    let (rule, bytes) = (&bytes[..end], &bytes[end + 1..]);
    let local = Source { format: Format::Yaml, space: IdSpace::Local, default_id: Some("default") };
    let Some(rule) = parse(rule, &local).rules.into_iter().next() else { return };
    let source = Source {
        format: if selector & 1 == 0 { Format::Yaml } else { Format::Json },
        space: if selector & 2 == 0 { IdSpace::Local } else { IdSpace::Pack("pack".to_owned()) },
        default_id: Some("default"),
    };
    if selector & 8 != 0 {
        several(bytes, &source, &rule.rule);
    } else if selector & 4 == 0 {
        put(bytes, &source, &rule.rule);
    } else {
        remove(bytes, &source, rule.rule.id());
    }
});

fn put(bytes: &[u8], source: &Source<'_>, rule: &Rule) {
    let Ok(edited) = edit(bytes, source, EntryEdit::Put(rule)) else { return };
    let edited = edited.expect("a file with a rule has an entry");
    let (before, after) = (parse(bytes, source), parse(&edited, source));
    let mut others = before.rules.iter().collect::<Vec<_>>();
    if let Some(n) = others.iter().position(|parsed| parsed.rule.id() == rule.id()) {
        others.remove(n);
    }
    let others: Vec<_> = others.into_iter().map(|parsed| value(&parsed.rule)).collect();
    let after_values: Vec<_> = after.rules.iter().map(|parsed| value(&parsed.rule)).collect();
    let is_it = |n: usize| {
        let mut rest = after_values.clone();
        rest.remove(n) == value(rule) && rest == others
    };
    assert!((0..after_values.len()).any(is_it), "{}", String::from_utf8_lossy(&edited));
    keeps_problems(&before, &after, rule.id());
    assert_eq!(edit(&edited, source, EntryEdit::Put(rule)), Ok(Some(edited)), "a second time");
}

fn remove(bytes: &[u8], source: &Source<'_>, id: &RuleId) {
    let Ok(edited) = edit(bytes, source, EntryEdit::Remove(id)) else { return };
    let before = parse(bytes, source);
    let others = before.rules.iter().filter(|parsed| parsed.rule.id() != id);
    let others: Vec<_> = others.map(|parsed| value(&parsed.rule)).collect();
    let Some(edited) = edited else {
        assert_eq!(others, Vec::<String>::new());
        return;
    };
    let after = parse(&edited, source);
    let values: Vec<_> = after.rules.iter().map(|parsed| value(&parsed.rule)).collect();
    assert_eq!(values, others, "{}", String::from_utf8_lossy(&edited));
    keeps_problems(&before, &after, id);
}

/// The rule is put, and the entry of the first other one is removed.
fn several(bytes: &[u8], source: &Source<'_>, rule: &Rule) {
    let others = parse(bytes, source).rules;
    let Some(other) = others.iter().find(|parsed| parsed.rule.id() != rule.id()) else { return };
    let edits = [EntryEdit::Put(rule), EntryEdit::Remove(other.rule.id())];
    let each = edits.iter().try_fold(Some(bytes.to_vec()), |bytes, one| {
        edit(&bytes.ok_or(EditError::NotFound)?, source, *one)
    });
    match (edit_all(bytes, source, &edits), each) {
        (Ok(Some(once)), Ok(Some(each))) => {
            let values = |bytes: &[u8]| -> Vec<String> {
                parse(bytes, source).rules.iter().map(|parsed| value(&parsed.rule)).collect()
            };
            assert_eq!(values(&once), values(&each), "{}", String::from_utf8_lossy(&once));
        }
        // What is said of places may differ: the file was not the same.
        (once, each) => assert_eq!(once.is_ok(), each.is_ok(), "{once:?} {each:?}"),
    }
}

/// What is wrong with other entries still is.
fn keeps_problems(before: &ParsedFile, after: &ParsedFile, id: &RuleId) {
    if before.diagnostics_more > 0 || after.diagnostics_more > 0 {
        return;
    }
    let problems = |file: &ParsedFile| -> Vec<(Code, Option<String>, String)> {
        let of_others = |d: &&rulefile::Diagnostic| {
            let of = d.rule_id.as_deref().and_then(|of| RuleId::parse(of).ok());
            // An entry whose id is unknown is another one; places within a reason move.
            of.as_ref() != Some(id) && !d.reason.contains(" line ")
        };
        let problems = file.diagnostics.iter().filter(of_others);
        problems.map(|d| (d.code, d.rule_id.clone(), d.reason.clone())).collect()
    };
    assert_eq!(problems(before), problems(after));
}

fn value(rule: &Rule) -> String {
    format!("{:?}", rule.to_value())
}

//! Several changes at once are what they are one after the other.

use super::{
    property::{any_fields, any_file, comments_outside, entries, file, rule_of, text_of, values},
    *,
};
use crate::edit::batch::{edit_all, edit_within};
use proptest::prelude::*;

/// A change of one of few ids: most of them are there, and some are changed twice.
#[derive(Debug)]
enum Step {
    Put(Rule),
    Remove(RuleId),
}

impl Step {
    fn edit(&self) -> EntryEdit<'_> {
        match self {
            Self::Put(rule) => EntryEdit::Put(rule),
            Self::Remove(id) => EntryEdit::Remove(id),
        }
    }
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let put =
        (0..6_usize, any_fields()).prop_map(|(n, fields)| rule_of(&format!("r{n}"), &fields).map(Step::Put));
    let remove = (0..5_usize).prop_map(|n| Some(Step::Remove(RuleId::parse(&format!("r{n}")).unwrap())));
    let step = prop_oneof![3 => put, 1 => remove];
    prop::collection::vec(step, 0..5).prop_map(|steps| steps.into_iter().flatten().collect())
}

/// The changes one after the other; nothing can follow upon the last entry's end.
fn one_by_one(bytes: &[u8], source: &Source<'_>, steps: &[Step]) -> Result<Option<Vec<u8>>, EditError> {
    let mut now = Some(bytes.to_vec());
    for step in steps {
        let bytes = now.ok_or(EditError::NotFound)?;
        now = edit(&bytes, source, step.edit())?;
    }
    Ok(now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Feature: asset-injector, Property: changes of a file at once are those changes one after the other
    #[test]
    fn at_once_is_one_after_the_other((rules, style) in any_file(), steps in any_steps()) {
        prop_assume!(!rules.is_empty());
        let (bytes, source) = file(&rules, style);
        let edits: Vec<_> = steps.iter().map(Step::edit).collect();
        let (once, each) = (edit_all(&bytes, &source, &edits), one_by_one(&bytes, &source, &steps));
        let (Ok(Some(once)), Ok(Some(each))) = (&once, &each) else {
            prop_assert_eq!(once, each);
            return Ok(());
        };
        let (read, expected) = (parse(once, &source), parse(each, &source));
        prop_assert_eq!(values(&read), values(&expected), "{}", text_of(once));
        prop_assert_eq!(read.diagnostics, expected.diagnostics);
        prop_assert_eq!(comments_outside(once), comments_outside(each));
        // The bytes of the entries that no change is about.
        let untouched = |bytes: &[u8]| -> Vec<String> {
            let ids = parse(bytes, &source).rules.into_iter().map(|parsed| parsed.rule.id().clone());
            let of = ids.zip(entries(bytes, &source));
            let is_touched = |id: &RuleId| steps.iter().any(|step| match step {
                Step::Put(rule) => rule.id() == id,
                Step::Remove(removed) => removed == id,
            });
            of.filter(|(id, _)| !is_touched(id)).map(|(_, entry)| entry).collect()
        };
        prop_assert_eq!(untouched(once), untouched(&bytes));
    }
}

const BEFORE: &str = "# head
- id: a # first
  type: wildcard
  pattern: '*'
  css: a {}

# of b
- {id: b, type: wildcard, pattern: '*', css: 'b {}'}
- id: c
  type: wildcard
  pattern: '*'
  css: c {}
# tail
";

#[test]
fn entries_are_replaced_and_removed_at_once() {
    let (a, b) = (rule("id: a\ncss: new {}\ntags: [x]"), RuleId::parse("b").unwrap());
    let c = rule("id: c\ncss: new {}");
    let edits = [EntryEdit::Put(&c), EntryEdit::Remove(&b), EntryEdit::Put(&a)];
    // No byte may be gone through a second time.
    let edited = edit_within(BEFORE.as_bytes(), &source(BEFORE), &edits, &mut 0);
    let edited = String::from_utf8(edited.unwrap().unwrap()).unwrap();
    let expected = "# head
- id: a # first
  type: wildcard
  pattern: '*'
  css: 'new {}'
  tags:
    - x

# of b
- id: c
  type: wildcard
  pattern: '*'
  css: 'new {}'
# tail
";
    assert_eq!(edited, expected, "{edited}");
}

#[test]
fn the_first_change_that_cannot_be_made_says_why() {
    let before = format!("{BEFORE}- &x {{id: d}}\n- id: e\n  css: &y y\n");
    let [a, d, e] = ["a", "d", "e"].map(|id| rule(&format!("id: {id}\ncss: new {{}}")));
    let edits = [EntryEdit::Put(&a), EntryEdit::Put(&d), EntryEdit::Put(&e)];
    let refused = edit_all(before.as_bytes(), &source(&before), &edits);
    assert_eq!(refused, Err(EditError::Anchored { line: 14 }));
}

#[test]
fn nothing_is_changed_behind_the_last_entry() {
    let (a, before) = (
        rule("id: a\ncss: new {}"),
        "- {id: a, type: wildcard, pattern: '*', css: x}\n",
    );
    let edits = [EntryEdit::Remove(a.id()), EntryEdit::Put(&a)];
    let edited = |edits| edit_all(before.as_bytes(), &source(before), edits);
    assert_eq!(edited(&edits[..1]), Ok(None));
    assert_eq!(edited(&edits), Err(EditError::NotFound));
    assert_eq!(edited(&[]), Ok(Some(before.as_bytes().to_vec())));
}

#[test]
fn changes_that_need_the_file_again_and_again_are_bounded() {
    let a = rule("id: a\ncss: new {}");
    let (edits, source) = ([EntryEdit::Put(&a); 8], source(BEFORE));
    let within = |mut bytes: usize| edit_within(BEFORE.as_bytes(), &source, &edits, &mut bytes);
    assert_eq!(within(6 * BEFORE.len()), Err(EditError::TooMany));
    assert!(within(8 * BEFORE.len()).is_ok());
}

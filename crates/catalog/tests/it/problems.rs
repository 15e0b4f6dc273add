//! What is reported, and since when.

use crate::fixtures::{START, TestStore, catalog, contents, rule};
use std::time::Duration;
use store::{Contents, PROBLEMS_MAX, Problem};

fn problem(file: &str, line: usize, reason: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line: Some(line),
        column: Some(1),
        field: "pattern".to_owned(),
        rule_id: None,
        reason: reason.to_owned(),
        hint: None,
        skipped: true,
    }
}

fn with_problems(revision: u64, problems: Vec<Problem>) -> Contents {
    Contents {
        problems,
        ..contents(revision, vec![])
    }
}

#[tokio::test]
async fn a_problem_is_dated_when_it_is_first_seen_until_it_is_gone() {
    let store = TestStore::open(with_problems(1, vec![problem("a", 3, "is bad")]));
    let (catalog, clock) = catalog(&store);
    catalog.refresh().await.unwrap();
    clock.advance(Duration::from_secs(1));
    // A line was inserted above, and another file broke.
    store.replace(with_problems(
        2,
        vec![problem("a", 4, "is bad"), problem("b", 1, "is bad")],
    ));
    let snapshot = catalog.refresh().await.unwrap();
    let since: Vec<_> = snapshot
        .problems()
        .iter()
        .map(|p| (&*p.file, p.since.as_millis() - START.as_millis()))
        .collect();
    assert_eq!(since, [("a", 0), ("b", 1000)]);
    store.replace(with_problems(3, vec![]));
    assert_eq!(catalog.refresh().await.unwrap().problems(), []);
    clock.advance(Duration::from_secs(1));
    store.replace(with_problems(4, vec![problem("a", 3, "is bad")]));
    let again = catalog.refresh().await.unwrap();
    assert_eq!(again.problems()[0].since.as_millis() - START.as_millis(), 2000);
}

#[tokio::test]
async fn new_problems_of_the_same_rules_are_published_with_the_same_set() {
    let store = TestStore::open(contents(1, vec![rule("a", "*", "a{}", &[])]));
    let (catalog, _) = catalog(&store);
    let first = catalog.refresh().await.unwrap();
    let broken = Contents {
        problems: vec![problem("b", 1, "is bad")],
        ..contents(1, vec![rule("a", "*", "a{}", &[])])
    };
    store.replace(broken);
    let second = catalog.refresh().await.unwrap();
    assert_eq!(second.problems().len(), 1);
    assert!(std::ptr::eq(first.set(), second.set()), "nothing was compiled");
}

#[tokio::test]
async fn what_the_merge_leaves_out_is_a_problem_with_its_file() {
    let mut double = rule("a", "example.com/*", "b{}", &[]);
    let mut origin = (*double.origin).clone();
    origin.file = Some("local/z.rule.yaml".into());
    double.origin = origin.into();
    let store = TestStore::open(contents(1, vec![rule("a", "example.com/*", "a{}", &[]), double]));
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    let files: Vec<_> = snapshot
        .problems()
        .iter()
        .map(|p| (&*p.file, p.rule_id.as_deref(), p.skipped))
        .collect();
    assert!(
        files.contains(&("local/z.rule.yaml", Some("a"), true)),
        "{files:?}"
    );
    // The one that is used was reported as skipped.
    assert_eq!(
        files.iter().filter(|(_, _, skipped)| *skipped).count(),
        1,
        "{files:?}"
    );
    assert_eq!(catalog.status().problems, snapshot.problems().len());
}

#[tokio::test]
async fn problems_are_bounded_and_the_rest_is_counted() {
    let problems = (0..PROBLEMS_MAX + 5)
        .map(|n| problem(&n.to_string(), 1, "is bad"))
        .collect();
    let store = TestStore::open(Contents {
        problems_more: 2,
        ..with_problems(1, problems)
    });
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    assert_eq!(
        (snapshot.problems().len(), snapshot.problems_more()),
        (PROBLEMS_MAX, 7)
    );
}

#[tokio::test]
async fn rules_that_use_up_the_steps_are_counted_and_reported_once() {
    let expensive = "example.com/".to_owned() + &"*a".repeat(1000);
    let rules = (0..60)
        .map(|n| rule(&format!("r{n:02}"), &format!("{expensive}{n:02}"), "a{}", &[]))
        .collect();
    let store = TestStore::open(contents(1, rules));
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    let page = format!("https://example.com/{}", "a0123456789".repeat(700));
    for n in 0..2 {
        let page = crate::fixtures::url(&format!("{page}{n}"));
        snapshot.resolve(&page, rules::Mode::All, catalog.clock().now());
    }
    let reported = snapshot.over_budget();
    assert!(
        !reported.is_empty(),
        "60 rules of 1000 `*` over 7 KiB pass the bound"
    );
    let place = (&*reported[0].file, reported[0].line);
    let id = reported[0].rule_id.as_deref().unwrap();
    assert_eq!(place, (&*format!("local/{id}.rule.yaml"), Some(1)));
    assert_eq!(catalog.status().over_budget, 2 * reported.len() as u64);
    assert!(
        reported
            .iter()
            .all(|problem| problem.rule_id.is_some() && problem.since == START)
    );
}

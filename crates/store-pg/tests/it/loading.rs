//! What stands in the tables becomes rules and problems, whoever put it there.

use crate::place::{css, database, put, run, store_at};
use rules::Layer;
use store::{Edit, Expected, Look, RuleStore as _, contract::rule};

/// More than are fetched and written at a time, several times over.
const MANY: usize = 20_000;

#[test]
fn a_row_that_is_not_valid_hides_no_other() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        store
            .write(&[put("good", "a{}"), put("bad", "a{}"), put("worse", "a{}")])
            .await
            .unwrap();
        store.load().await.unwrap();
    });
    database.sql("UPDATE asset_injector.rule SET body = replace(body, 'exact', 'inexact') WHERE key = 'bad'");
    database.sql("UPDATE asset_injector.rule SET body = '{' WHERE key = 'worse'");
    database.sql(
        "INSERT INTO asset_injector.rule (key, layer, body) SELECT 'other', 'local', body
         FROM asset_injector.rule WHERE key = 'good'",
    );
    database.sql("INSERT INTO asset_injector.disabled VALUES ('no id', 'no id')");
    database.sql("INSERT INTO asset_injector.pack VALUES ('cookies', '{}', null)");
    let contents = run(store.load()).unwrap();
    assert_eq!(css(&contents).into_keys().collect::<Vec<_>>(), ["good"]);
    assert!(contents.packs.contains_key("cookies"));
    let told = |problem: &store::Problem| {
        assert!(problem.skipped && !problem.reason.is_empty());
        (problem.rule_id.clone().unwrap_or_default(), problem.field.clone())
    };
    let told: Vec<_> = contents.problems.iter().map(told).collect();
    let expected = [
        ("", "manifest of the pack `cookies`"),
        ("", "disabled.no id"),
        ("bad", "type"),
        ("other", ""),
        ("worse", ""),
    ];
    assert_eq!(
        told,
        expected.map(|(id, field)| (id.to_owned(), field.to_owned()))
    );
}

/// They are the same whether everything was loaded or only what changed.
#[test]
fn differences_tell_the_problems_of_all_rows() {
    let database = database();
    let (store, other) = (store_at(&database.url()), store_at(&database.url()));
    run(async {
        let edits = ["a", "b", "c"].map(|id| put(id, "a{}"));
        store.write(&edits).await.unwrap();
        database.sql("UPDATE asset_injector.rule SET body = '[]' WHERE key IN ('a', 'b')");
        let loaded = store.load().await.unwrap();
        assert_eq!(loaded.problems.len(), 2);
        other.write(&[put("c", "b{}"), put("a", "b{}")]).await.unwrap();
        let changes = store
            .changes(loaded.revision, Look::Everywhere)
            .await
            .unwrap()
            .unwrap();
        let now = other.load().await.unwrap();
        assert_eq!(now.problems.len(), 1);
        assert_eq!(changes.problems, now.problems);
        assert_eq!(changes.rules.len(), 2);
        // Asked again, and from further back.
        let again = store
            .changes(changes.revision, Look::Everywhere)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((again.rules.len(), again.problems), (0, now.problems.clone()));
        let again = store
            .changes(loaded.revision, Look::OwnWrites)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((again.rules.len(), again.problems), (2, now.problems));
    });
}

#[test]
fn what_is_not_valid_is_not_written_over_by_who_has_not_seen_it() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        store.write(&[put("a", "a{}")]).await.unwrap();
        database.sql("UPDATE asset_injector.rule SET body = 'by hand'");
        let edit = |replaces| Edit::Put {
            layer: Layer::Local,
            rule: rule("a", "b{}"),
            replaces,
        };
        for seen in [Expected::Nothing, Expected::Rule(rule("a", "a{}"))] {
            let refused = store.write(&[edit(seen)]).await.unwrap_err();
            assert_eq!(refused.kind, store::ErrorKind::Unwritable);
            assert_eq!(refused.rules.len(), 1);
        }
        assert_eq!(database.sql("SELECT body FROM asset_injector.rule"), "by hand");
        store.write(&[edit(Expected::Anything)]).await.unwrap();
        assert_eq!(store.load().await.unwrap().problems, []);
    });
}

#[test]
fn many_rules_are_written_and_loaded_in_few_steps() {
    let database = database();
    let store = store_at(&database.url());
    let edits: Vec<Edit> = (0..MANY).map(|n| put_new(&format!("r{n}"))).collect();
    run(async {
        let before = store.load().await.unwrap().revision;
        store.write(&edits).await.unwrap();
        let changes = store.changes(before, Look::Everywhere).await.unwrap().unwrap();
        assert_eq!(changes.rules.len(), MANY);
        assert!(changes.rules.values().all(|rules| rules.len() == 1));
        let loaded = store_at(&database.url()).load().await.unwrap();
        let keys: Vec<_> = loaded
            .rules
            .iter()
            .map(|sourced| sourced.rule.id().clone())
            .collect();
        assert_eq!(keys.len(), MANY);
        assert!(keys.is_sorted(), "the order is always the same");
    });
}

fn put_new(id: &str) -> Edit {
    crate::place::put_if(id, "a{}", Expected::Nothing)
}

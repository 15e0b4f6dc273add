//! What commands write, and what they refuse.

use crate::{
    fixtures::{START, contents, css, rule, settings},
    writing::{PAGE, Writing, by, fields, id, in_force, of_pack, on},
};
use catalog::{Error, Settings, Terms};
use proptest::prelude::*;
use rules::{Layer, Timestamp};
use std::time::Duration;
use store::Revision;

#[tokio::test]
async fn a_rule_is_created_local_with_its_times_and_seen_at_once() {
    let writing = Writing::of(vec![]).await;
    let written = writing.create("Mine").await.unwrap();
    let (rule, layer) = in_force(&written);
    assert_eq!(
        (layer, rule.id().as_str(), written.changed),
        (Layer::Local, "Mine", true)
    );
    assert_eq!((rule.created_at(), rule.updated_at()), (Some(START), Some(START)));
    assert_eq!(css(&writing.catalog, PAGE), "new{}");
    let draft = fields(&[
        ("type", "exact"),
        ("pattern", PAGE),
        ("css", "a{}"),
        ("modified_by", "Eve"),
        ("created_at", "x"),
    ]);
    let written = writing
        .catalog
        .create(draft, "made-up".to_owned(), by("Ann"))
        .await
        .unwrap();
    let (rule, _) = in_force(&written);
    assert_eq!((rule.id().as_str(), rule.modified_by()), ("made-up", Some("Ann")));
}

#[tokio::test]
async fn an_id_is_taken_in_whatever_case_and_layer() {
    let writing = Writing::of(vec![rule("Mine", "*", "a{}", &[]), of_pack("a", "a{}")]).await;
    for taken in ["mine", "MINE", "shop:A"] {
        let refused = writing.create(taken).await;
        assert!(matches!(refused, Err(Error::Exists(_))), "{taken}");
    }
    assert_eq!(writing.revision(), Revision(1));
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let writing = Writing::of(vec![]).await;
    writing.create("a").await.unwrap();
    writing.clock.advance(Duration::from_millis(1500));
    let patch = [
        ("css", "b{}"),
        ("author", "Ann"),
        ("created_at", "never"),
        ("id", "A"),
        ("file_path", "/etc"),
    ];
    let written = writing.update("A", &patch).await.unwrap();
    let (rule, layer) = in_force(&written);
    assert_eq!(
        (&*rule.assets().css, rule.author(), layer),
        ("b{}", Some("Ann"), Layer::Local)
    );
    assert_eq!(
        (rule.id().as_str(), rule.pattern().as_str()),
        ("a", "https://shop.example/*")
    );
    assert_eq!(rule.created_at(), Some(START));
    assert_eq!(
        rule.updated_at(),
        Some(Timestamp::from_millis(START.as_millis() + 1500))
    );
    let written = writing.update("a", &[("author", "null")]).await.unwrap();
    assert_eq!(in_force(&written).0.author(), None);
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let writing = Writing::of(vec![
        rule("a", "*", "a{}", &[("modified_by", "Ann")]),
        of_pack("b", "b{}"),
    ])
    .await;
    for (target, patch) in [
        ("a", &[("css", "a{}"), ("pattern", " * ")][..]),
        (
            "a",
            &[
                ("author", "null"),
                ("state", "gone"),
                ("updated_at", "2030-01-01T00:00:00Z"),
            ],
        ),
        ("shop:b", &[("css", "b{}"), ("base_version", "9.9.9")]),
        ("a", &[]),
    ] {
        let written = writing
            .catalog
            .update(id(target), fields(patch), by("Bob"))
            .await
            .unwrap();
        assert!(!written.changed, "{target}: {patch:?}");
        assert_eq!(in_force(&written).0.updated_at(), None);
    }
    assert_eq!(writing.revision(), Revision(1));
}

#[tokio::test]
async fn an_update_that_is_wrong_lists_everything() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let patch = [
        ("id", "b"),
        ("pattern", "null"),
        ("css", "null"),
        ("priorty", "1"),
    ];
    let Err(Error::Invalid(violations)) = writing.update("a", &patch).await else {
        panic!("it is not valid");
    };
    let named: Vec<_> = violations
        .0
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(named, ["id", "pattern", "css", "priorty"]);
    assert!(matches!(
        writing.update("none", &[]).await,
        Err(Error::NoSuchRule(_))
    ));
}

#[tokio::test]
async fn many_patches_do_not_make_a_rule_of_any_size() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let long = "x".repeat(100_000);
    for name in ["x-a", "x-b"] {
        writing.update("a", &[(name, &long)]).await.unwrap();
    }
    let refused = writing.update("a", &[("x-c", &long)]).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

/// Found by a reader: files that the client had never seen were changed.
#[tokio::test]
async fn of_doubles_none_is_deleted() {
    let in_file = |file: &str, css: &str| {
        let mut sourced = rule("a", "*", css, &[]);
        let mut origin = (*sourced.origin).clone();
        origin.file = Some(file.into());
        sourced.origin = origin.into();
        sourced
    };
    let (b, c) = ("local/b.rule.yaml", "local/c.rule.yaml");
    for files in [vec![b, c], vec![b, b]] {
        let [one, other] = [files[0], files[1]];
        let writing = Writing::of(vec![in_file(one, "one{}"), in_file(other, "other{}")]).await;
        let Err(Error::Doubles { files: named, .. }) = writing.delete("A").await else {
            panic!("it is not the only one");
        };
        let mut files = files;
        files.dedup();
        assert_eq!(named, files);
        assert_eq!(writing.revision(), Revision(1), "nothing is written");
    }
}

#[tokio::test]
async fn a_packs_rule_is_overridden_and_comes_back() {
    let writing = Writing::of(vec![of_pack("a", "theirs{}")]).await;
    assert!(matches!(writing.delete("shop:a").await, Err(Error::OfPack(_))));
    let written = writing.update("shop:a", &[("css", "mine{}")]).await.unwrap();
    let (rule, layer) = in_force(&written);
    assert_eq!(
        (layer, rule.base_version(), rule.created_at()),
        (Layer::Override, Some("1.2.3"), None)
    );
    assert_eq!(css(&writing.catalog, PAGE), "mine{}");
    let written = writing.update("shop:a", &[("css", "more{}")]).await.unwrap();
    assert_eq!(in_force(&written).1, Layer::Override);
    assert_eq!(in_force(&written).0.base_version(), Some("1.2.3"));
    let written = writing
        .delete("SHOP:a".replace("SHOP", "shop").as_str())
        .await
        .unwrap();
    assert_eq!(in_force(&written).1, Layer::Community);
    assert_eq!(css(&writing.catalog, PAGE), "theirs{}");
}

#[tokio::test]
async fn an_orphaned_override_is_changed_and_deleted_where_it_is() {
    let writing = Writing::of(vec![of_pack("a", "theirs{}")]).await;
    writing.update("shop:a", &[("css", "mine{}")]).await.unwrap();
    let mut contents = store::RuleStore::load(&writing.store.memory).await.unwrap();
    contents
        .rules
        .retain(|sourced| sourced.origin.layer == Layer::Override);
    contents.revision = Revision(10);
    writing.store.memory.replace(contents);
    writing.catalog.refresh().await.unwrap();
    let written = writing.update("shop:a", &[("css", "more{}")]).await.unwrap();
    assert_eq!(in_force(&written).1, Layer::Override);
    assert!(writing.delete("shop:a").await.unwrap().rule().is_none());
}

#[tokio::test]
async fn pins_decide_what_is_changed() {
    let writing = Writing::of(vec![of_pack("a", "theirs{}")]).await;
    let missing = writing.pin("shop:a", Layer::Override).await;
    assert!(matches!(
        missing,
        Err(Error::NoSuchSource {
            layer: Layer::Override,
            ..
        })
    ));
    assert!(matches!(
        writing.pin("none", Layer::Local).await,
        Err(Error::NoSuchRule(_))
    ));
    writing.update("shop:a", &[("css", "mine{}")]).await.unwrap();
    writing.pin("shop:a", Layer::Community).await.unwrap();
    assert_eq!(css(&writing.catalog, PAGE), "theirs{}");
    assert!(matches!(
        writing.update("shop:a", &[("css", "x{}")]).await,
        Err(Error::Pinned(_))
    ));
    assert!(matches!(writing.delete("shop:a").await, Err(Error::OfPack(_))));
    let unpinned = writing
        .catalog
        .unpin(id("shop:a"), Terms::default())
        .await
        .unwrap();
    assert_eq!(
        (in_force(&unpinned).1, unpinned.snapshot.pin(&id("shop:a"))),
        (Layer::Override, None)
    );
    writing.pin("shop:a", Layer::Override).await.unwrap();
    let deleted = writing.delete("shop:a").await.unwrap();
    assert_eq!(
        deleted.snapshot.pin(&id("shop:a")),
        None,
        "the pin goes with what it named"
    );
}

#[tokio::test]
async fn an_unknown_id_is_disabled_before_its_rule_comes() {
    let writing = Writing::of(vec![]).await;
    let disabled = writing
        .catalog
        .disable(id("later"), Terms::default())
        .await
        .unwrap();
    assert!(disabled.rule().is_none());
    let written = writing.create("later").await.unwrap();
    assert_eq!(written.rule().unwrap().state_at(START), "disabled");
    let enabled = writing
        .catalog
        .enable(id("LATER"), Terms::default())
        .await
        .unwrap();
    assert_eq!(enabled.rule().unwrap().state_at(START), "active");
}

#[tokio::test]
async fn a_condition_is_about_the_rule_in_force() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let has_css =
        |wanted: &'static str| on(move |rule| rule.is_some_and(|rule| &*rule.assets().css == wanted));
    let patch = || fields(&[("css", "b{}")]);
    let unmet = writing.catalog.update(id("a"), patch(), has_css("z{}")).await;
    assert!(matches!(unmet, Err(Error::Unmet)));
    assert!(matches!(
        writing.catalog.delete(id("a"), has_css("z{}")).await,
        Err(Error::Unmet)
    ));
    assert!(matches!(
        writing.catalog.disable(id("none"), has_css("z{}")).await,
        Err(Error::Unmet)
    ));
    assert!(
        writing
            .catalog
            .update(id("a"), patch(), has_css("a{}"))
            .await
            .unwrap()
            .changed
    );
}

#[tokio::test]
async fn a_full_set_takes_no_further_rule() {
    let numbered = |n: usize| rule(&format!("r{n}"), &format!("https://h{n}.example/*"), "a{}", &[]);
    let mut full = contents(1, (0..1000).map(numbered).collect());
    let writing = Writing::over(full.clone()).await;
    assert!(matches!(writing.create("z").await, Err(Error::Full(1000))));
    assert_eq!(writing.revision(), Revision(1), "nothing is stored");
    full.rules[0] = of_pack("a", "a{}");
    let created = Writing::over(full).await.create("z").await.unwrap();
    assert!(created.changed, "a pack's rule makes room");
}

#[tokio::test]
async fn a_rule_that_the_set_leaves_out_is_reported() {
    // As new as the rule that comes, which has the greatest id.
    let now = [("updated_at", "2026-01-01T00:00:00.000Z")];
    let residual = |n: usize| rule(&format!("r{n}"), "*", "a{}", &now);
    let settings = Settings {
        rules_max: 2000,
        ..settings()
    };
    let writing = Writing::with(contents(1, (0..1000).map(residual).collect()), settings).await;
    let left_out = writing.catalog.create(
        fields(&[
            ("id", "z"),
            ("type", "wildcard"),
            ("pattern", "*"),
            ("css", "a{}"),
        ]),
        String::new(),
        Terms::default(),
    );
    assert!(matches!(left_out.await, Err(Error::LeftOut(reason)) if reason.contains("literal")));
    let again = writing.create("z").await;
    assert!(matches!(again, Err(Error::Exists(_))), "it is stored");
}

proptest! {
    /// Feature: asset-injector, Property: the time of the last change grows whatever the clock does
    #[test]
    fn the_time_of_the_last_change_grows_whatever_the_clock_does(jumps in prop::collection::vec(-5000..5000_i64, 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let writing = Writing::of(vec![]).await;
            let created = writing.create("a").await.unwrap();
            let mut before = in_force(&created).0.updated_at();
            for (n, jump) in jumps.into_iter().enumerate() {
                writing.clock.jump(jump);
                let written = writing.update("a", &[("author", &n.to_string())]).await.unwrap();
                let (rule, _) = in_force(&written);
                prop_assert!(rule.updated_at() > before);
                prop_assert_eq!(rule.created_at(), Some(START));
                before = rule.updated_at();
            }
            Ok(())
        })?;
    }
}

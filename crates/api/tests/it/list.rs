//! `GET /v1/rules`.

use crate::app::{RULES, TestApp, community, contents, id, local};
use proptest::prelude::*;
use rules::Layer;
use serde_json::{Value, json};

/// Local rules, two of them in the way of a pack's, and a pack.
async fn varied() -> TestApp {
    let mut rules = local(RULES);
    rules.extend(local(
        "- {id: 'shop:b', type: wildcard, pattern: 'https://shop.example/*', css: 'mine{}'}",
    ));
    rules.extend(community(
        "- {id: a, type: exact, pattern: 'https://shop.example/', css: 'a{}', tags: [Shop]}
- {id: b, type: wildcard, pattern: 'https://shop.example/*', css: 'theirs{}'}
- {id: c, type: wildcard, pattern: '*', js: 'c();'}
- {id: d, type: wildcard, pattern: '*', css: 'd{}', expires_at: '2020-01-01T00:00:00Z'}",
        false,
    ));
    let mut contents = contents(rules);
    contents.disabled = [id("shop:a")].into();
    TestApp::serving(contents).await
}

fn ids(data: &Value) -> Vec<String> {
    data["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn rules_stand_by_id_with_all_their_fields() {
    let app = TestApp::new().await;
    let data = app.get("/v1/rules").await.data();
    assert_eq!(ids(&data), ["digits", "general", "news", "page"]);
    assert_eq!((&data["count"], &data["next_cursor"]), (&json!(4), &Value::Null));
    let expected = json!({
        "id": "page", "type": "exact", "pattern": "https://news.example/a", "css": "main{}", "js": "",
        "priority": 5000, "exclude": ["*://*/*raw*"],
        "source": {"type": "local", "file": "local/test.rule.yaml", "trusted": true},
        "enabled": true, "state": "active",
    });
    assert_eq!(data["rules"][3], expected);
}

#[tokio::test]
async fn a_summary_leaves_the_assets_out() {
    let app = TestApp::new().await;
    for path in ["/v1/rules?view=summary", "/v1/rules?view=summary&limit=0"] {
        let data = app.get(path).await.data();
        assert_eq!(ids(&data), ["digits", "general", "news", "page"]);
        assert_eq!(data["count"], 4);
        assert!(
            data["rules"]
                .as_array()
                .unwrap()
                .iter()
                .all(|rule| rule.get("css").or(rule.get("js")).is_none())
        );
    }
}

#[tokio::test]
async fn each_filter_finds_its_rules() {
    let app = varied().await;
    let all = [
        "digits", "general", "news", "page", "shop:a", "shop:b", "shop:b", "shop:c", "shop:d",
    ];
    let cases: &[(&str, &[&str])] = &[
        ("", &all),
        ("q=NAVIGATION", &["news"]),
        ("q=ann", &["general"]),
        ("q=news.example", &["news", "page"]),
        ("q=shop", &["shop:a", "shop:b", "shop:b", "shop:c", "shop:d"]),
        ("q=", &all),
        ("q=nothing+of+this", &[]),
        ("type=exact", &["page", "shop:a"]),
        ("type=regex", &["digits"]),
        ("source=local", &["digits", "general", "news", "page", "shop:b"]),
        ("source=override", &[]),
        ("source=community", &["shop:a", "shop:b", "shop:c", "shop:d"]),
        ("pack=shop", &["shop:a", "shop:b", "shop:c", "shop:d"]),
        ("pack=Shop", &[]),
        ("tag=Shop", &["shop:a"]),
        ("tag=shop", &[]),
        ("state=active", &["digits", "general", "news", "page", "shop:b"]),
        ("state=disabled", &["shop:a"]),
        ("state=shadowed", &["shop:b"]),
        ("state=untrusted", &["shop:c"]),
        ("state=expired", &["shop:d"]),
        ("state=orphaned", &[]),
        (
            "matches=https%3A%2F%2Fnews.example%2Fa",
            &["general", "news", "page", "shop:c", "shop:d"],
        ),
        (
            "matches=https%3A%2F%2Fshop.example%2F1&state=active",
            &["digits", "general", "shop:b"],
        ),
        ("q=shop&source=community&state=expired", &["shop:d"]),
    ];
    for (query, expected) in cases {
        let data = app.get(&format!("/v1/rules?{query}")).await.data();
        assert_eq!(
            (ids(&data).as_slice(), &data["count"]),
            (expected.map_ids().as_slice(), &json!(expected.len())),
            "{query}"
        );
        let all = app
            .get(&format!("/v1/rules?{query}&view=summary&limit=0"))
            .await
            .data();
        assert_eq!(
            (ids(&all), &all["count"]),
            (ids(&data), &json!(expected.len())),
            "{query}"
        );
    }
}

trait MapIds {
    fn map_ids(&self) -> Vec<String>;
}

impl MapIds for &[&str] {
    fn map_ids(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn a_shadowed_rule_says_what_hides_it() {
    let app = varied().await;
    let data = app.get("/v1/rules?state=shadowed").await.data();
    let rule = &data["rules"][0];
    assert_eq!(
        rule["shadowed_by"],
        json!({"type": "local", "file": "local/test.rule.yaml"})
    );
    let source = json!({
        "type": "community", "pack_name": "shop", "pack_version": "1.2.3",
        "source_url": "https://packs.example/shop.zip", "trusted": false,
    });
    assert_eq!((&rule["css"], &rule["source"]), (&json!("theirs{}"), &source));
}

/// All pages of a listing, each at most `limit` rules.
async fn walk(app: &TestApp, limit: usize) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let data = app.get(&format!("/v1/rules?limit={limit}{cursor}")).await.data();
        let rules = data["rules"].as_array().unwrap();
        assert!((1..=limit).contains(&rules.len()), "{limit}: {}", rules.len());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        seen.extend(
            rules
                .iter()
                .map(|rule| (text(&rule["id"]), text(&rule["source"]["type"]))),
        );
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace('~', "%7E")),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_show_every_rule_once() {
    let app = varied().await;
    let all = walk(&app, 1000).await;
    assert_eq!(all.len(), 9);
    for limit in 1..9 {
        assert_eq!(walk(&app, limit).await, all, "{limit}");
    }
}

#[tokio::test]
async fn a_cursor_outlives_the_rule_that_it_names() {
    let app = TestApp::new().await;
    let data = app.get("/v1/rules?limit=2").await.data();
    assert_eq!(
        (ids(&data), &data["next_cursor"]),
        (vec!["digits".to_owned(), "general".to_owned()], &json!("general"))
    );
    let mut less = contents(local("- {id: h, type: wildcard, pattern: '*', css: 'a{}'}"));
    less.revision = store::Revision(2);
    app.store.replace(less);
    app.refresh().await;
    let data = app.get("/v1/rules?limit=2&cursor=general").await.data();
    assert_eq!(
        (ids(&data), &data["count"], &data["next_cursor"]),
        (vec!["h".to_owned()], &json!(1), &Value::Null)
    );
}

#[tokio::test]
async fn a_long_listing_is_streamed_whole() {
    let rule = |n: usize| {
        format!("- {{id: r{n:04}, type: wildcard, pattern: 'https://e.example/{n}/*', css: 'a{{}}'}}\n")
    };
    let app = TestApp::serving(contents(local(&(0..1500).map(rule).collect::<String>()))).await;
    let data = app.get("/v1/rules?view=summary&limit=0").await.data();
    let expected: Vec<_> = (0..1500).map(|n| format!("r{n:04}")).collect();
    assert_eq!((ids(&data), &data["count"]), (expected.clone(), &json!(1500)));
    let rest = app
        .get("/v1/rules?view=summary&limit=0&cursor=r1489")
        .await
        .data();
    assert_eq!(ids(&rest), expected[1490..]);
    assert_eq!(
        app.get("/v1/rules").await.data()["rules"]
            .as_array()
            .unwrap()
            .len(),
        100,
        "the default"
    );
    let none = app.get("/v1/rules?view=summary&limit=0&q=nope").await.data();
    assert_eq!(none, json!({"rules": [], "count": 0, "next_cursor": null}));
}

proptest! {
    /// Feature: asset-injector, Property: pages show every rule exactly once
    #[test]
    fn pages_show_every_rule_exactly_once(
        names in prop::collection::btree_set("[a-c]{1,2}", 1..9),
        hidden in prop::collection::btree_set("[a-c]{1,2}", 0..9),
        limit in 1_usize..6,
    ) {
        let yaml = |prefix: &str, names: &std::collections::BTreeSet<String>| -> String {
            names.iter().map(|name| format!("- {{id: '{prefix}{name}', type: wildcard, pattern: '*', css: 'a{{}}'}}\n")).collect()
        };
        let mut rules = local(&yaml("shop:", &names));
        if !hidden.is_empty() {
            rules.extend(community(&yaml("", &hidden), true));
        }
        let mut expected: Vec<_> = rules
            .iter()
            .map(|sourced| (sourced.rule.id().to_string(), sourced.origin.layer))
            .collect();
        expected.sort();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let seen = runtime.block_on(async { walk(&TestApp::serving(contents(rules)).await, limit).await });
        let layer = |layer: Layer| layer.as_str().to_owned();
        let expected: Vec<_> = expected.into_iter().map(|(id, of)| (id, layer(of))).collect();
        prop_assert_eq!(seen, expected);
    }
}

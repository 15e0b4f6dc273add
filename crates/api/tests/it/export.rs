//! Exporting, and that what is exported is imported as the same rules.

use crate::{
    access::{app_with, keys, with},
    app::{RULES, TestApp, community, contents, local, post},
};
use api::Access;
use proptest::{prelude::*, sample::select};
use rulefile::{Format, Source};
use rules::{IdSpace, Layer, Origin, Rule, Sourced};
use serde_json::json;
use std::sync::Arc;
use store::RuleStore as _;

const EXPORT: &str = "/v1/rules/export";

fn parsed(bytes: &[u8], format: Format) -> Vec<Rule> {
    let source = Source {
        format,
        space: IdSpace::Local,
        default_id: None,
    };
    let file = rulefile::parse(bytes, &source);
    assert!(file.diagnostics.is_empty(), "{:?}", file.diagnostics);
    file.rules.into_iter().map(|parsed| parsed.rule).collect()
}

fn ids(rules: &[Rule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.id().as_str()).collect()
}

async fn app() -> TestApp {
    let pack = "- {id: x, type: wildcard, pattern: '*', css: 'x{}', author: Pia}\n";
    TestApp::serving(contents([local(RULES), community(pack, true)].concat())).await
}

#[tokio::test]
async fn all_local_rules_are_one_file_in_the_order_of_their_ids() {
    let app = app().await;
    for (name, media_type, format) in [
        ("yaml", "application/yaml", Format::Yaml),
        ("json", "application/json", Format::Json),
    ] {
        let answer = app.post(EXPORT, json!({"format": name}).to_string()).await;
        assert_eq!(answer.header("content-type"), media_type);
        let disposition = format!("attachment; filename=\"rules.rule.{name}\"");
        assert_eq!(answer.header("content-disposition"), disposition);
        let rules = parsed(&answer.body, format);
        assert_eq!(ids(&rules), ["digits", "general", "news", "page"]);
        let given = local(RULES);
        assert!(
            rules
                .iter()
                .all(|rule| given.iter().any(|given| given.rule.same_rule(rule)))
        );
    }
}

#[tokio::test]
async fn rules_of_any_source_are_exported_by_their_ids_in_that_order() {
    let app = app().await;
    let body = json!({"format": "yaml", "ids": ["shop:x", "NEWS", "news", "digits"]});
    let answer = app.post(EXPORT, body.to_string()).await;
    let rules = parsed(&answer.body, Format::Yaml);
    assert_eq!(ids(&rules), ["shop:x", "news", "digits"]);
    assert_eq!(rules[0].author(), Some("Pia"));
    for (ids, expected) in [(json!([]), "[]\n"), (json!(["shop:x"]), "id: shop:x\n")] {
        let answer = app
            .post(EXPORT, json!({"format": "yaml", "ids": ids}).to_string())
            .await;
        assert!(answer.text().starts_with(expected), "{}", answer.text());
    }
    assert_eq!(
        app.post(EXPORT, r#"{"format":"json","ids":[]}"#).await.text(),
        "[]\n"
    );
}

#[tokio::test]
async fn what_cannot_be_exported_is_named() {
    let app = app().await;
    let unknown = app
        .post(EXPORT, r#"{"format":"yaml","ids":["news","none","a b"]}"#)
        .await;
    assert_eq!(
        unknown.failure(),
        (422, "VALIDATION_FAILED".to_owned(), "ids[1]".to_owned())
    );
    assert_eq!(unknown.json()["details"]["errors"][1]["field"], "ids[2]");
    for (body, field) in [
        (r#"{"format":"zip"}"#, "format"),
        (r#"{"format":"pack"}"#, "manifest"),
        (
            r#"{"format":"pack","manifest":{"name":"my","version":"1","description":"d","author":"a"}}"#,
            "manifest.version",
        ),
        (
            r#"{"format":"pack","ids":["shop:x"],"manifest":{"name":"my","version":"1.0.0","description":"d","author":"a"}}"#,
            "ids",
        ),
        (r#"{"format":"yaml","ids":"news"}"#, "ids"),
        (r#"{"format":"yaml","ids":[7]}"#, "ids[0]"),
        (r#"{"format":"yaml","manifest":{}}"#, "manifest"),
        ("{}", "format"),
    ] {
        assert_eq!(app.post(EXPORT, body).await.failure().2, field, "{body}");
    }
    let endless = local("- {id: a, type: wildcard, pattern: '*', css: 'a{}', x-far: [{y: .inf}]}\n");
    let app = TestApp::serving(contents(endless)).await;
    assert_eq!(
        app.post(EXPORT, r#"{"format":"json"}"#).await.failure().2,
        "format"
    );
    assert_eq!(app.post(EXPORT, r#"{"format":"yaml"}"#).await.status, 200);
}

#[tokio::test]
async fn a_pack_that_is_exported_is_installed_with_its_rules() {
    let manifest = json!({"name": "mine", "version": "1.0.0", "description": "Mine", "author": "Ann"});
    let body = json!({"format": "pack", "manifest": manifest});
    let exported = app().await.post(EXPORT, body.to_string()).await;
    assert_eq!(exported.header("content-type"), "application/zip");
    assert_eq!(
        exported.header("content-disposition"),
        "attachment; filename=\"mine-1.0.0.zip\""
    );
    let to = TestApp::serving(contents(Vec::new())).await;
    let installed = to
        .send(post(
            "/v1/packs/install?trust=true",
            "application/zip",
            exported.body,
        ))
        .await
        .data();
    assert_eq!(installed["packs"][0]["pack"]["rule_count"], 4);
    let stored = to.store.load().await.unwrap().rules;
    let ids: Vec<_> = stored
        .iter()
        .map(|stored| stored.rule.id().as_str().to_owned())
        .collect();
    assert_eq!(ids, ["mine:digits", "mine:general", "mine:news", "mine:page"]);
}

#[tokio::test]
async fn a_reader_may_export() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        require_read: true,
        ..Access::default()
    };
    let app = app_with(access).await;
    let request = || post(EXPORT, "application/json", r#"{"format":"yaml"}"#);
    let bearer = format!("Bearer {}", keys.reader);
    assert_eq!(
        app.send(with(request(), &[("authorization", &bearer)]))
            .await
            .status,
        200
    );
    assert_eq!(app.send(request()).await.status, 401);
}

/// Text that a printer may trip over.
fn hostile() -> impl Strategy<Value = String> {
    let part = select(vec![
        "a",
        " ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "'",
        "\"",
        "\\",
        "#",
        ": ",
        "- ",
        "---\n",
        "...\n",
        "{",
        "}",
        "[",
        "%",
        "&a",
        "*a",
        "!x",
        "|",
        ">",
        "@",
        "`",
        "~",
        "null",
        "true",
        "yes",
        "0x1",
        "1e5",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "\u{1}",
        "\u{7f}",
        "\u{e4}",
        "\u{1f600}",
        "\u{fffd}",
        "?",
        "<<",
    ]);
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// A rule as JSON, with hostile text wherever a field takes any.
fn any_rule(n: usize) -> impl Strategy<Value = Rule> {
    let words = prop::collection::vec(hostile(), 7);
    let numbers = (
        any::<i64>(),
        -1e12..1e12,
        any::<bool>(),
        prop::option::of(0..=10_000),
    );
    let kind = select(vec!["exact", "wildcard", "regex"]);
    (words, numbers, kind).prop_map(move |(words, (whole, broken, flag, priority), kind)| {
        // With the flag none of them matches the page of the test below.
        let pattern = match (kind, flag) {
            ("exact", false) => format!("https://h{n}.example/a"),
            ("exact", true) => format!("https://h{n}.example/ä"),
            ("regex", false) => format!(r"^https://h{n}\.example/(\w|#|: )+$"),
            ("regex", true) => format!("\"'\\\\{n}"),
            (_, false) => format!("https://h{n}.example/*"),
            (_, true) => format!("https://h{n}.example/*#frag?"),
        };
        // A comment holds everything but its own end, and a string literal of JSON is one of JavaScript.
        let draft = json!({
            "id": if flag { format!("r-{n}.x") } else { format!("shop:R_{n}") },
            "type": kind,
            "pattern": pattern,
            "css": format!("/*{}*/ a{{}}{}", words[0].replace("*/", ""), if flag { "\n" } else { "" }),
            "js": format!("run({})", json!(words[1])),
            "priority": priority,
            "exclude": ["*/*raw*", "*://*/: #"],
            "tests": [{"url": format!("https://h{n}.example/a"), "matches": !flag}],
            "description": words[2],
            "author": words[3],
            "modified_by": words[4],
            "tags": ["null", "a: b", "- c"],
            "expires_at": "2099-01-01T00:00:00.123Z",
            "created_at": if flag { json!("2020-02-29T23:59:59.999Z") } else { json!(null) },
            "x-any": {"deep": [words[5], whole, broken, flag, null, {"": words[6]}, [], {}]},
        });
        let file = parsed_draft(&draft);
        assert_eq!(file.len(), 1);
        file.into_iter().next().unwrap()
    })
}

fn parsed_draft(draft: &serde_json::Value) -> Vec<Rule> {
    let mut draft = draft.clone();
    let fields = draft.as_object_mut().unwrap();
    if fields["id"].as_str().is_some_and(|id| id.starts_with("shop:")) {
        fields.insert("base_version".to_owned(), json!("1.2.3-rc.1+b"));
    }
    parsed(draft.to_string().as_bytes(), Format::Json)
}

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    // Around the number of rules that leave in one piece.
    let count = prop_oneof![9 => 0_usize..4, 1 => select(vec![127, 128, 129, 130, 257])];
    count.prop_flat_map(|count| (0..count).map(any_rule).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Feature: asset-injector, Property: what is exported and imported is the same rules
    #[test]
    fn what_is_exported_and_imported_is_the_same_rules(
        mut rules in any_rules(),
        (name, media_type) in select(vec![
            ("json", "application/json"),
            ("yaml", "application/yaml"),
            ("pack", "application/zip"),
        ]),
    ) {
        let mut call = json!({"format": name});
        if name == "pack" {
            // No pack writes the name of one into an id, and an archive without rules is nothing to import.
            rules.retain(|rule| rule.id().pack().is_none());
            prop_assume!(!rules.is_empty());
            call["manifest"] = json!({"name": "mine", "version": "1.0.0", "description": "Mine", "author": "Ann"});
        }
        let origin = Arc::new(Origin::local(None));
        let sourced = |rule: &Rule| Sourced { rule: Arc::new(rule.clone()), origin: Arc::clone(&origin), line: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let from = TestApp::serving(contents(rules.iter().map(sourced).collect())).await;
            let exported = from.post(EXPORT, call.to_string()).await;
            let to = TestApp::serving(contents(Vec::new())).await;
            let report = to.send(post("/v1/rules/import", media_type, exported.body.clone())).await.data();
            assert_eq!(report["added"], rules.len(), "{report}");
            let stored = to.store.load().await.unwrap().rules;
            assert_eq!(stored.len(), rules.len());
            for rule in &rules {
                let same = |stored: &Sourced| stored.origin.layer == Layer::Local && stored.rule.same_rule(rule);
                assert!(stored.iter().any(same), "{rule:?}\n{}", exported.text());
            }
        });
    }
}

//! Importing from the body: what is taken, and what the report says.

use crate::{
    app::{Answer, RULES, TestApp, community, contents, local, post},
    chunks::Chunks,
};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const YAML: &str = "application/yaml";
pub(crate) const JSON: &str = "application/json";
pub(crate) const IMPORT: &str = "/v1/rules/import";

/// One of each: new, taken, repeated, invalid, with something to say about it.
pub(crate) const MIXED: &str = "\
- {id: new, type: wildcard, pattern: '*.shop.example/*', css: 'new{}', author: Ann, modified_by: Bea, created_at: 2020-01-02T03:04:05Z, updated_at: 2021-01-01T00:00:00Z}
- {id: news, type: wildcard, pattern: 'https://news.example/*', css: 'mine{}'}
- {id: NEW, type: exact, pattern: 'https://a.test/', css: 'a{}'}
- {id: bad, type: wildcard, patern: '*', css: 'a{}'}
- {id: shop:x, type: exact, pattern: 'https://b.test/', css: 'b{}', enabled: false, priority: 3}
";

async fn import(app: &TestApp, path: &str, body: &str) -> Answer {
    app.send(post(path, YAML, body.to_owned())).await
}

pub(crate) fn counts(report: &Value) -> [u64; 5] {
    ["added", "replaced", "skipped", "refused", "withheld"].map(|name| report[name].as_u64().unwrap())
}

fn outcomes(report: &Value) -> Vec<&str> {
    let rules = report["rules"].as_array().unwrap().iter();
    rules.map(|rule| rule["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_report_names_each_rule_with_its_line_and_outcome() {
    let app = TestApp::new().await;
    let report = import(&app, IMPORT, MIXED).await.data();
    assert_eq!(counts(&report), [2, 0, 2, 1, 0]);
    assert_eq!(report["revision"], 2);
    assert_eq!(
        outcomes(&report),
        ["added", "skipped", "skipped", "refused", "added"]
    );
    let rules = &report["rules"];
    assert_eq!(rules[0], json!({"id": "new", "line": 1, "outcome": "added"}));
    assert_eq!(rules[1]["reason"], "a local rule has this id");
    assert_eq!(rules[2]["reason"], "the rule on line 1 has this id");
    assert_eq!((&rules[3]["id"], &rules[3]["line"]), (&json!("bad"), &json!(4)));
    let error = &rules[3]["errors"][1];
    assert_eq!(
        (&error["field"], &error["hint"]),
        (&json!("[3].patern"), &json!("did you mean `pattern`?"))
    );
    assert_eq!(error["line"], 4);
    let findings = rules[4]["findings"].as_array().unwrap();
    let codes: Vec<_> = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["ignored", "priority-below-score"]);
    assert_eq!(findings[1]["field"], "[4].priority");
}

#[tokio::test]
async fn what_is_taken_is_local_in_force_and_as_its_author_wrote_it() {
    let app = TestApp::new().await;
    import(&app, IMPORT, MIXED).await.data();
    let css = app
        .get("/v1/inject.css?url=https%3A%2F%2Fwww.shop.example%2F")
        .await;
    assert_eq!(css.text(), "new{}");
    let rule = app.get("/v1/rules/new").await.data();
    for (field, value) in [
        ("author", "Ann"),
        ("modified_by", "Bea"),
        ("created_at", "2020-01-02T03:04:05.000Z"),
        ("updated_at", "2026-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(rule[field], value, "{field}");
    }
    assert_eq!(rule["source"]["type"], "local");
    assert_eq!(app.get("/v1/rules/news").await.data()["css"], "nav{}");
    assert_eq!(
        app.get("/v1/rules/shop:x").await.data()["source"]["type"],
        "local"
    );
}

#[tokio::test]
async fn a_taken_id_is_replaced_where_that_is_asked_for() {
    let app = TestApp::new().await;
    let report = import(&app, "/v1/rules/import?on_conflict=replace", MIXED)
        .await
        .data();
    assert_eq!(counts(&report), [2, 1, 1, 1, 0]);
    assert_eq!(app.get("/v1/rules/news").await.data()["css"], "mine{}");
    // The second time everything is there already.
    let report = import(&app, IMPORT, MIXED).await.data();
    assert_eq!(
        (counts(&report), &report["revision"]),
        ([0, 0, 4, 1, 0], &json!(2))
    );
}

#[tokio::test]
async fn an_atomic_import_with_a_bad_rule_changes_nothing() {
    let app = TestApp::new().await;
    let answer = import(&app, "/v1/rules/import?atomic=true&on_conflict=replace", MIXED).await;
    assert_eq!(
        answer.failure(),
        (422, "VALIDATION_FAILED".to_owned(), "[3].pattern".to_owned())
    );
    let report = &answer.json()["details"]["report"];
    assert_eq!(counts(report), [0, 0, 0, 1, 4]);
    assert_eq!(
        outcomes(report),
        ["withheld", "withheld", "withheld", "refused", "withheld"]
    );
    assert_eq!(app.get("/v1/rules/new").await.status, 404);
    let good: String = MIXED
        .lines()
        .filter(|line| !line.contains("patern"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let report = import(&app, "/v1/rules/import?atomic=true", &good).await.data();
    assert_eq!(counts(&report), [2, 0, 2, 0, 0]);
}

#[tokio::test]
async fn where_all_is_refused_the_answer_is_an_error_with_the_report() {
    let app = TestApp::new().await;
    let answer = import(&app, IMPORT, "- {id: a}\n- 7\n").await;
    assert_eq!(answer.failure().0, 422);
    let details = &answer.json()["details"];
    assert_eq!(counts(&details["report"]), [0, 0, 0, 2, 0]);
    assert_eq!(details["errors"].as_array().unwrap().len(), 4);
    for (body, field) in [("{rules: 7}", "rules"), ("{rule: [{id: a}]}", "rule"), ("a", "")] {
        let answer = import(&app, IMPORT, body).await;
        assert_eq!(
            (answer.failure().0, answer.failure().2),
            (422, field.to_owned()),
            "{body}"
        );
        assert_eq!(answer.json()["details"]["report"]["errors"][0]["line"], 1);
    }
}

#[tokio::test]
async fn every_shape_of_a_rule_file_is_taken_and_nothing_is_nothing() {
    let rule = r#"{"id":"ID","type":"exact","pattern":"https://a.test/","js":"run()"}"#;
    let app = TestApp::new().await;
    for (n, (media_type, body)) in [
        (JSON, rule.to_owned()),
        (JSON, format!("[{rule}]")),
        (
            JSON,
            format!(r#"{{"rules":[{rule}],"requires":{{"asset-injector":">=0.1"}}}}"#),
        ),
        (YAML, format!("\u{feff}# mine\r\n- {rule}\r\n")),
    ]
    .into_iter()
    .enumerate()
    {
        let body = body.replace("ID", &format!("id-{n}"));
        let report = app.send(post(IMPORT, media_type, body)).await.data();
        assert_eq!(counts(&report), [1, 0, 0, 0, 0]);
    }
    for (media_type, body) in [
        (YAML, "# nothing\n"),
        (YAML, ""),
        (JSON, "[]"),
        (JSON, r#"{"rules":[]}"#),
    ] {
        let report = app.send(post(IMPORT, media_type, body)).await.data();
        assert_eq!(counts(&report), [0, 0, 0, 0, 0], "{body}");
    }
}

#[tokio::test]
async fn a_single_rule_gets_an_id_and_one_of_several_needs_its_own() {
    let app = TestApp::new().await;
    let rule = "{type: exact, pattern: 'https://a.test/', css: 'a{}'}";
    let report = import(&app, IMPORT, rule).await.data();
    assert_eq!(report["rules"][0]["id"], "00000000-0000-4000-8000-000000000000");
    let report = import(&app, IMPORT, &format!("- {rule}\n- {{id: b, {}\n", &rule[1..]))
        .await
        .data();
    assert_eq!(report["rules"][0]["errors"][0]["field"], "[0].id");
    assert_eq!(counts(&report), [1, 0, 0, 1, 0]);
}

#[tokio::test]
async fn what_is_no_rule_file_is_refused_before_anything_is_read_from_it() {
    let app = TestApp::new().await;
    for (media_type, body, status, code) in [
        (YAML, "a: [", 400, "INVALID_INPUT"),
        (JSON, "{", 400, "INVALID_INPUT"),
        (YAML, "\u{0}", 400, "INVALID_INPUT"),
        ("application/zip", "PK", 422, "PACK_INVALID"),
        ("text/plain", "a", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ] {
        let answer = app.send(post(IMPORT, media_type, body)).await;
        let (found, found_code, _) = answer.failure();
        assert_eq!((found, &*found_code), (status, code), "{body}");
    }
    for query in [
        "?on_conflict=merge",
        "?atomic=1",
        "?atom=true",
        "?atomic=true&atomic=true",
    ] {
        assert_eq!(
            import(&app, &format!("{IMPORT}{query}"), MIXED).await.failure().0,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn so_many_imports_at_a_time_and_no_more() {
    let app = Arc::new(TestApp::new().await);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { app.send(post(IMPORT, YAML, Chunks::endless())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(import(&app, IMPORT, MIXED).await.failure().1, "UNAVAILABLE");
    for import in waiting {
        import.abort();
        assert!(import.await.is_err());
    }
    import(&app, IMPORT, MIXED).await.data();
}

#[tokio::test]
async fn ten_thousand_rules_come_in_one_call_and_one_revision() {
    let app = TestApp::serving(contents(
        [
            local(RULES),
            community("- {id: x, type: wildcard, pattern: '*', css: 'x{}'}\n", true),
        ]
        .concat(),
    ))
    .await;
    let rule = |n: usize| {
        format!(
            "- {{id: r{n}, type: wildcard, pattern: 'https://h{n}.example/*', css: 'c{n}{{}}', js: 'f({n})'}}\n"
        )
    };
    let body: String = (0..10_000).map(rule).collect();
    let report = import(&app, IMPORT, &body).await.data();
    assert_eq!(
        (counts(&report), &report["revision"]),
        ([10_000, 0, 0, 0, 0], &json!(2))
    );
    assert_eq!(
        app.get("/v1/inject.css?url=https%3A%2F%2Fh9999.example%2F")
            .await
            .text(),
        "c9999{}"
    );
}

//! Installing and updating with progress: events on the downloads, and the answer as the last one.

use super::{
    INSTALL, Shop, UPDATE,
    outside::{rule, zip},
};
use crate::{
    access::with,
    app::{Answer, post},
    import_events::events,
};
use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt as _;

const STREAMED: [(&str, &str); 3] = [
    ("accept", "text/event-stream"),
    ("x-request-id", "req-9"),
    (
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
];

async fn streamed(shop: &Shop, path: &str, body: &Value) -> Answer {
    let request = post(path, "application/json", body.to_string());
    let answer = shop.app.send(with(request, &STREAMED)).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.status, 200);
    answer
}

/// The events on downloads, and the envelope at the end.
fn parts(answer: &Answer) -> (Vec<Value>, Value) {
    let mut events = events(answer);
    let (name, envelope) = events.pop().unwrap();
    assert_eq!(name, "report");
    let is_download = |(name, data): &(String, Value)| name == "progress" && data["phase"] == "downloaded";
    assert!(events.iter().all(is_download), "{events:?}");
    (events.into_iter().map(|(_, data)| data).collect(), envelope)
}

async fn shop() -> Shop {
    let shop = Shop::new().await;
    for name in ["a", "b", "c"] {
        shop.repository.offer(zip(name, "1.0.0", "", &rule("x", "x{}")));
    }
    shop
}

#[tokio::test]
async fn an_installation_tells_of_its_download_and_ends_with_its_answer() {
    let shop = shop().await;
    let (downloads, envelope) = parts(&streamed(&shop, INSTALL, &json!({"source": "a"})).await);
    let last = downloads.last().unwrap();
    assert!(last["bytes"].as_u64() > Some(0));
    assert_eq!(last["bytes"], last["bytes_total"]);
    assert_eq!(
        (&last["name"], &last["number"], &last["of"]),
        (&json!("a"), &json!(1), &json!(1))
    );
    assert_eq!(envelope["status"], "success");
    assert_eq!(envelope["data"]["packs"][0]["pack"]["rule_count"], 1);
    // Where nothing is fetched there is nothing to tell.
    let (downloads, envelope) = parts(&streamed(&shop, UPDATE, &json!({"all": true})).await);
    assert_eq!(
        (downloads.len(), &envelope["data"]["changed"]),
        (0, &json!(false))
    );
}

#[tokio::test]
async fn an_update_counts_the_packs_that_have_a_newer_version() {
    let shop = shop().await;
    for name in ["a", "b", "c"] {
        shop.install(name).await.data();
    }
    for name in ["a", "c"] {
        shop.repository.offer(zip(name, "1.1.0", "", &rule("x", "y{}")));
    }
    let (downloads, envelope) = parts(&streamed(&shop, UPDATE, &json!({"all": true})).await);
    let last = downloads.last().unwrap();
    assert_eq!(
        (&last["name"], &last["number"], &last["of"]),
        (&json!("c"), &json!(2), &json!(2))
    );
    assert_eq!(envelope["data"]["packs"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_fails_ends_with_the_error_that_it_has_without_events() {
    let shop = shop().await;
    shop.install("a").await.data();
    shop.repository.offer(zip("a", "1.1.0", "", &rule("x", "y{}")));
    let lie = zip("a", "1.2.0", "", &rule("x", "z{}"));
    shop.repository.corrupt("a", &"1.1.0".parse().unwrap(), lie);
    let (_, envelope) = parts(&streamed(&shop, UPDATE, &json!({"names": ["a"]})).await);
    assert_eq!(envelope["details"]["packs"][0]["outcome"], "failed");
    let request = post(UPDATE, "application/json", r#"{"names":["a"]}"#);
    let plain = shop.app.send(with(request, &STREAMED[1..])).await;
    assert_eq!(plain.status, 422);
    for part in [
        "/code",
        "/message",
        "/details/packs",
        "/details/request_id",
        "/details/trace_id",
    ] {
        assert!(envelope.pointer(part).is_some(), "{part}: {envelope}");
        assert_eq!(plain.json().pointer(part), envelope.pointer(part));
    }
    // What is wrong with the call itself needs no stream.
    let request = post(UPDATE, "application/json", "{}");
    assert_eq!(shop.app.send(with(request, &STREAMED)).await.status, 422);
}

#[tokio::test]
async fn a_client_that_goes_leaves_the_installation_to_its_end() {
    let shop = shop().await;
    shop.repository.slow_down(Duration::from_millis(20));
    let body = Body::from(r#"{"source":"a"}"#);
    let request = with(post(INSTALL, "application/json", body), &STREAMED);
    let answer = api::in_process(std::sync::Arc::clone(&shop.app.state))
        .oneshot(request)
        .await
        .unwrap();
    let mut body = answer.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"event: progress\n"), "{first:?}");
    drop(body);
    // The next operation waits for its turn, so the first one has ended by then.
    shop.install("b").await.data();
    let listed = shop.app.get("/v1/packs").await.data();
    assert_eq!(listed["count"], 2);
}

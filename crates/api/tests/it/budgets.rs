//! How often a client may call, and how often it may be wrong.

use crate::{
    access::{app_with, bearer, from, keys, outcome, with},
    app::{config, get},
};
use api::{Access, RateLimit};
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use tokio::time::advance;

fn limit(per_second: u32, burst: u32) -> Option<RateLimit> {
    let [per_second, burst] = [per_second, burst].map(|number| NonZeroU32::new(number).unwrap());
    Some(RateLimit { per_second, burst })
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_too_often_is_told_when_it_may() {
    let access = Access {
        rate_limit: limit(1, 2),
        trusted_proxies: api::Networks::parse("10.0.0.0/8").unwrap(),
        ..config().access
    };
    let app = app_with(access).await;
    let ask = async |address: &str| app.send(from(get("/v1/problems"), address)).await;
    for left in ["1", "0"] {
        let answer = ask("198.51.100.1").await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.header("ratelimit-limit"),
                answer.header("ratelimit-remaining")
            ),
            (200, "2", left)
        );
    }
    let refused = ask("198.51.100.1").await;
    assert_eq!(outcome(&refused), (429, "RATE_LIMITED".to_owned()));
    let header = |name| refused.header(name).to_owned();
    assert_eq!(
        [
            "retry-after",
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset"
        ]
        .map(header),
        ["1", "2", "0", "2"]
    );
    assert_eq!(ask("198.51.100.2").await.status, 200, "another client");
    let proxied = |client| {
        with(
            from(get("/v1/problems"), "10.1.1.1"),
            &[("x-forwarded-for", client)],
        )
    };
    assert_eq!(
        app.send(proxied("198.51.100.1")).await.status,
        429,
        "the same client by a proxy"
    );
    assert_eq!(app.send(proxied("198.51.100.3")).await.status, 200);
    for _ in 0..10 {
        for path in ["/health", "/health/live", "/health/ready"] {
            assert_eq!(
                app.send(from(get(path), "198.51.100.1")).await.status,
                200,
                "{path}"
            );
        }
    }
    advance(Duration::from_secs(1)).await;
    assert_eq!(ask("198.51.100.1").await.status, 200);
    assert_eq!(ask("198.51.100.1").await.status, 429);
}

#[tokio::test(start_paused = true)]
async fn wrong_tokens_are_bounded_with_or_without_a_rate_limit() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        ..Access::default()
    };
    let app = app_with(access).await;
    let ask = async |token: &str, address: &str| {
        let request = with(get("/v1/problems"), &[("authorization", &bearer(token))]);
        outcome(&app.send(from(request, address)).await).0
    };
    for _ in 0..100 {
        assert_eq!(
            ask(&keys.reader, "198.51.100.1").await,
            200,
            "right ones are not counted"
        );
    }
    let answers: Vec<_> = {
        let mut answers = Vec::new();
        for n in 0..30 {
            answers.push(ask(&format!("wrong{n}"), "198.51.100.1").await);
        }
        answers
    };
    assert_eq!(
        answers.iter().filter(|status| **status == 401).count(),
        10,
        "{answers:?}"
    );
    assert!(answers[10..].iter().all(|status| *status == 429), "{answers:?}");
    assert_eq!(
        ask(&keys.reader, "198.51.100.1").await,
        429,
        "else the bound would be none on guessing"
    );
    assert_eq!(ask(&keys.reader, "198.51.100.2").await, 200);
    let anonymous = app.send(from(get("/v1/problems"), "198.51.100.1")).await;
    assert_eq!(anonymous.status, 200, "who sends no token attempts nothing");
    advance(Duration::from_millis(100)).await;
    assert_eq!(ask(&keys.reader, "198.51.100.1").await, 200);
    assert_eq!(ask("wrong", "198.51.100.1").await, 401);
    assert_eq!(ask("wrong", "198.51.100.1").await, 429);
}

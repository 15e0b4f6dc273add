//! How many events leave, in which order, and what becomes of the work when nobody takes them.

use super::{Progress, Teller, respond};
use crate::error::Error;
use axum::{body::Body, response::Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::{future::Future, time::Duration};
use tokio::{sync::oneshot, time::sleep};

async fn streamed<F>(work: impl FnOnce(Teller) -> F) -> Response
where
    F: Future<Output = Result<&'static str, Error>> + Send + 'static,
{
    respond(true, "req-1".to_owned(), work).await.unwrap()
}

/// The next event: its name and its data.
async fn next(body: &mut Body) -> Option<(String, Value)> {
    let frame = body.frame().await?.unwrap().into_data().unwrap();
    let text = str::from_utf8(&frame).unwrap().strip_suffix("\n\n").unwrap();
    let (name, data) = text.split_once('\n').unwrap();
    let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    Some((name.strip_prefix("event: ").unwrap().to_owned(), data))
}

async fn all(mut body: Body) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    while let Some(event) = next(&mut body).await {
        events.push(event);
    }
    events
}

#[tokio::test(start_paused = true)]
async fn ten_events_a_second_leave_at_the_most_and_the_newest_always() {
    let work = |teller: Teller| async move {
        for rules in 0..=1000 {
            teller.tell(Progress::Checked { rules });
            sleep(Duration::from_millis(1)).await;
        }
        Ok("done")
    };
    let mut events = all(streamed(work).await.into_body()).await;
    let (name, report) = events.pop().unwrap();
    assert_eq!((&*name, &report["data"]), ("report", &"done".into()));
    assert!((2..=12).contains(&events.len()), "{events:?}");
    let counts: Vec<_> = events.iter().map(|(_, data)| data["rules"].as_u64()).collect();
    assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    assert_eq!(counts.last(), Some(&Some(1000)));
}

#[tokio::test(start_paused = true)]
async fn one_word_on_each_phase_waits_for_a_client_that_is_slow() {
    let (ended, end) = oneshot::channel();
    let work = |teller: Teller| async move {
        for rules in 0..100_000 {
            teller.tell(Progress::Read { rules });
            teller.tell(Progress::Checked { rules });
        }
        ended.send(()).unwrap();
        Ok("done")
    };
    let body = streamed(work).await.into_body();
    // The work does not wait for the client, which has taken nothing yet.
    end.await.unwrap();
    let events = all(body).await;
    let phases: Vec<_> = events.iter().map(|(_, data)| data["phase"].as_str()).collect();
    assert_eq!(phases, [Some("read"), Some("checked"), None]);
    assert_eq!(events[1].1["rules"], 99_999);
}

#[tokio::test]
async fn the_work_goes_on_when_the_client_has_gone() {
    let (go_on, wait) = oneshot::channel();
    let (ended, end) = oneshot::channel();
    let work = |teller: Teller| async move {
        teller.tell(Progress::Read { rules: 1 });
        wait.await.unwrap();
        teller.tell(Progress::Checked { rules: 1 });
        ended.send(()).unwrap();
        Ok("done")
    };
    let mut body = streamed(work).await.into_body();
    next(&mut body).await.unwrap();
    drop(body);
    go_on.send(()).unwrap();
    end.await.unwrap();
}

#[tokio::test]
async fn work_that_panics_ends_with_an_error() {
    let body = streamed(async |_| panic!("the work broke")).await.into_body();
    let events = all(body).await;
    let [(name, envelope)] = &*events else {
        panic!("{events:?}")
    };
    assert_eq!(
        (&**name, &envelope["code"], &envelope["details"]["request_id"]),
        ("report", &"INTERNAL_ERROR".into(), &"req-1".into())
    );
    assert!(!envelope.to_string().contains("the work broke"));
}

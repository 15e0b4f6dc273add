//! When the database is asked, on a clock that the tests move.

use super::*;
use tokio::time::{advance, pause};

/// What the product promises: what one server writes, all have within a second. Half of it is for the question itself and
/// for what is done with the answer.
const NOTICED_WITHIN: Duration = Duration::from_millis(500);

/// By so much a timer may be late that is not.
const TICK: Duration = Duration::from_millis(1);

fn stamp(revision: u64) -> Stamp {
    Stamp {
        database: String::new(),
        revision: store::Revision(revision),
        token: String::new(),
    }
}

/// The time that passes until the next question.
async fn rested(follow: &Follow) -> Duration {
    let began = Instant::now();
    follow.rest().await;
    began.elapsed()
}

#[tokio::test]
async fn without_notifications_the_next_question_comes_in_time() {
    pause();
    let follow = Follow::default();
    assert_eq!(rested(&follow).await, Duration::ZERO, "nothing was asked yet");
    for revision in [1, 1, 2, 7, 7] {
        follow.hear(Ok(stamp(revision)));
        assert!(rested(&follow).await <= NOTICED_WITHIN + TICK);
    }
    // Also for one that gives up all the time, as a server does that is told something by others.
    follow.hear(Ok(stamp(7)));
    let began = Instant::now();
    while timeout(Duration::from_millis(7), follow.rest()).await.is_err() {}
    assert!(began.elapsed() <= NOTICED_WITHIN + TICK);
}

#[tokio::test]
async fn a_notification_brings_the_next_question_at_once() {
    pause();
    let follow = Follow::default();
    follow.hear(Ok(stamp(1)));
    follow.woken.notify_one();
    assert_eq!(rested(&follow).await, Duration::ZERO);
}

#[tokio::test]
async fn a_database_that_is_away_is_asked_again_within_a_second() {
    pause();
    let follow = Follow::default();
    for _ in 0..20 {
        follow.hear(Err(silent()));
        assert!(rested(&follow).await <= Duration::from_secs(1) + TICK);
        advance(Duration::from_millis(3)).await;
    }
    // The pauses begin anew, too.
    follow.hear(Ok(stamp(1)));
    assert!(rested(&follow).await <= NOTICED_WITHIN + TICK);
    follow.hear(Err(silent()));
    assert!(rested(&follow).await <= RETRY.0 + TICK);
}

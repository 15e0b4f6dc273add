//! When a database counts as away, on a clock that the tests move.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::timeout;

fn unavailable(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

/// How long it takes until a database counts as away that answers each question after so long, by its number.
async fn away_after(
    answer: impl Fn(usize) -> Result<(), Error>,
    after: Duration,
) -> Option<(Duration, String)> {
    let (began, asked) = (Instant::now(), AtomicUsize::new(0));
    let ask = || async {
        sleep(after).await;
        answer(asked.fetch_add(1, Ordering::Relaxed))
    };
    let error = timeout(Duration::from_secs(3600), away(ask)).await.ok()?;
    Some((began.elapsed(), error.to_string()))
}

#[tokio::test(start_paused = true)]
async fn one_question_that_fails_now_and_then_is_none() {
    let now_and_then = |n: usize| match n % 3 {
        0 => Ok(()),
        1 => Err(unavailable("no connection is left")),
        // It is there, and nothing that it is asked can be done.
        _ => Err(Error::new(ErrorKind::Corrupt, "it is damaged")),
    };
    assert_eq!(away_after(now_and_then, Duration::ZERO).await, None);
    let seldom = |n: usize| match n % 5 {
        0 => Ok(()),
        _ => Err(unavailable("it starts")),
    };
    assert_eq!(away_after(seldom, Duration::ZERO).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_stays_away_is_given_up_within_seconds() {
    // It refuses connections, or says nothing.
    for after in [Duration::ZERO, ANSWER_TIMEOUT] {
        let asked = AtomicUsize::new(0);
        let never = |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            Err(unavailable("it is away"))
        };
        let (took, said) = away_after(never, after).await.expect("it is given up");
        assert_eq!(said, "it is away");
        assert!(took >= AWAY_AFTER && took <= 2 * AWAY_AFTER, "{took:?}");
        assert!(asked.load(Ordering::Relaxed) > 1);
    }
}

/// What a copy is about to do goes on over the connection that it has.
#[test]
fn a_database_that_takes_no_more_connections_is_there() {
    // As many as are asked for in a minute.
    let answers = full(30);
    let clock = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a clock needs nothing");
    let answers = std::cell::RefCell::new(answers);
    let ended = clock.block_on(away(|| {
        let answer = answers.borrow_mut().pop();
        async { Err::<(), _>(answer.unwrap_or_else(|| unavailable("it is away"))) }
    }));
    assert_eq!(ended.to_string(), "it is away");
    assert!(answers.borrow().is_empty());
}

/// So many answers of a database that lets nobody in.
fn full(count: usize) -> Vec<Error> {
    let database = pg_test::Server::shared().database();
    let user = format!("crowd_of_{}", database.name());
    database.sql(&format!("CREATE ROLE {user} LOGIN CONNECTION LIMIT 0"));
    let url = database.url().replace("postgres@", &format!("{user}@"));
    let runtime = crate::assemble::runtime().expect("a thread is left");
    let asked = PgStore::open(Settings {
        target: Target::parse(&url).expect("a URL"),
        pool_max: 1,
        statement_timeout: ANSWER_TIMEOUT,
        read_only: None,
    })
    .expect("it is not asked yet");
    let answers = (0..count).map(|_| {
        let answer = runtime.block_on(asked.standing()).expect_err("nobody is let in");
        assert!(answer.to_string().contains("53300"), "{answer}");
        answer
    });
    let answers = answers.collect();
    database.sql(&format!("DROP ROLE {user}"));
    answers
}

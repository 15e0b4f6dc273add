//! The wait for another process that migrates.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::{sleep, timeout};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who migrates, until this is dropped.
async fn other(database: &Database) -> Client {
    let other = client(database).await;
    let lock = format!("BEGIN; {}", sql::LOCK_MIGRATIONS.text);
    other.batch_execute(&lock).await.expect("nobody else does");
    other
}

#[tokio::test]
async fn a_server_comes_back_instead_of_waiting() {
    let database = Server::shared().database();
    let connections = connections_of(&database.url(), Duration::from_millis(200));
    let other = other(&database).await;
    let asked = crate::migrate::migrate(&connections, MIGRATIONS, Wait::Briefly);
    let refused = timeout(PATIENCE, asked)
        .await
        .expect("it gives up")
        .expect_err("the other one is not done");
    assert_eq!(refused.kind, ErrorKind::Unavailable);
    let message = refused.to_string();
    assert!(message.contains("another process migrates"), "{message}");
    drop(other);
    // Its lock goes with its connection.
    let again = async {
        while crate::migrate::migrate(&connections, MIGRATIONS, Wait::Briefly)
            .await
            .is_err()
        {}
    };
    timeout(PATIENCE, again).await.expect("the next time it is free");
    let done = standing(&connections, MIGRATIONS).await.expect("it can be read");
    assert_eq!(done.pending, []);
}

#[tokio::test]
async fn whoever_waits_says_so() {
    let database = Server::shared().database();
    let connections = connections_of(&database.url(), Duration::from_millis(200));
    let said = AtomicUsize::new(0);
    let say = || {
        said.fetch_add(1, Ordering::SeqCst);
    };
    let other = other(&database).await;
    let waiting = crate::migrate::migrate(&connections, MIGRATIONS, Wait::Out(&say));
    let goes = async {
        while said.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        // Longer than a statement may take otherwise.
        sleep(Duration::from_millis(1500)).await;
        drop(other);
    };
    let both = async { tokio::join!(waiting, goes).0 };
    let done = timeout(PATIENCE, both).await.expect("the other one goes");
    assert_eq!(done.expect("it is free").len(), MIGRATIONS.len());
    assert_eq!(said.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn whoever_is_alone_says_nothing() {
    let database = Server::shared().database();
    let say = || panic!("nobody is waited for");
    let done = crate::migrate::migrate(&connections(&database), MIGRATIONS, Wait::Out(&say)).await;
    assert_eq!(done.expect("it is empty").len(), MIGRATIONS.len());
}

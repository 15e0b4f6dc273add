//! What became of a commit whose answer was lost.

use super::*;
use crate::{migrate::MIGRATIONS, target::Target};
use pg_test::Server;

fn stamp(revision: u64, token: &str) -> Stamp {
    Stamp {
        database: String::new(),
        revision: Revision(revision),
        token: token.to_owned(),
    }
}

#[tokio::test]
async fn what_was_forgotten_is_not_taken_for_what_never_was() {
    let database = Server::shared().database();
    let target = Target::parse(&database.url()).expect("a URL");
    let (config, tls) = target.connector().expect("no certificates are named");
    let connections = Connections::new(config, tls, 2, Duration::from_secs(10));
    migrate::migrate(&connections, MIGRATIONS, Wait::Briefly)
        .await
        .expect("it is empty");
    // Others have written twice since, and the second time a pack, which forgets what led to it.
    database.sql(
        "UPDATE asset_injector.state SET revision = 4, floor = 4;
         DELETE FROM asset_injector.change;
         INSERT INTO asset_injector.change VALUES (4, 'of a pack')",
    );
    let cases = [
        (stamp(5, "mine"), Some(false)),
        (stamp(4, "of a pack"), Some(true)),
        (stamp(4, "mine"), Some(false)),
        (stamp(3, "mine"), None),
    ];
    for (next, expected) in cases {
        let next = Stamp {
            database: database.sql("SELECT identity FROM asset_injector.state"),
            ..next
        };
        let transaction = connections.begin(Access::Write).await.expect("it runs");
        let found = has_committed(&transaction, &next).await;
        transaction.end().await;
        assert_eq!(found.expect("it can be asked"), expected, "{next:?}");
    }
    // Another database has taken its place: nobody knows what became of the one that the commit was made in.
    let transaction = connections.begin(Access::Write).await.expect("it runs");
    let found = has_committed(&transaction, &stamp(5, "mine")).await;
    transaction.end().await;
    assert_eq!(found.expect("it can be asked"), None);
}

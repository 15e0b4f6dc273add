//! What a commit that failed says, on a server that fails as it is told to.

use super::*;
use crate::target::Target;
use pg_test::Server;
use std::{
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

/// How a commit fails.
#[derive(Clone, Copy, Debug)]
struct Failure {
    severity: &'static str,
    code: &'static str,
    /// Whether the connection outlives it.
    goes_on: bool,
}

/// A message of the server.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("it is short");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

fn read_body(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length).saturating_sub(4);
    let mut body = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// Lets everybody in, does what is asked, and fails at commits.
fn serve(stream: &mut TcpStream, failure: Failure) -> io::Result<()> {
    let ready = message(b'Z', b"I");
    read_body(stream)?;
    stream.write_all(&[message(b'R', &0_u32.to_be_bytes()), ready.clone()].concat())?;
    let Failure {
        severity,
        code,
        goes_on,
    } = failure;
    loop {
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        let body = read_body(stream)?;
        if !body.starts_with(b"COMMIT") {
            stream.write_all(&[message(b'C', b"DONE\0"), ready.clone()].concat())?;
            continue;
        }
        let fields = format!("S{severity}\0V{severity}\0C{code}\0Mfor a test\0\0");
        stream.write_all(&message(b'E', fields.as_bytes()))?;
        if !goes_on {
            return Ok(());
        }
        stream.write_all(&ready)?;
    }
}

async fn is_refused(failure: Failure) -> bool {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a port");
    let port = listener.local_addr().expect("it listens").port();
    thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            // It ends with the client.
            let _ = serve(&mut stream, failure);
        }
    });
    let url = format!("postgresql://me@127.0.0.1:{port}/rules?sslmode=disable");
    let target = Target::parse(&url).expect("a URL");
    let (config, tls) = target.connector().expect("no certificates are named");
    let connections = Connections::new(config, tls, 1, Duration::from_secs(10));
    let transaction = connections.begin(Access::Write).await.expect("it begins");
    match transaction.commit().await {
        Ok(()) => panic!("{failure:?} is no success"),
        Err(CommitError::Refused(_)) => true,
        Err(CommitError::Unknown(_)) => false,
    }
}

#[tokio::test]
async fn only_an_error_that_a_session_outlives_says_that_nothing_was_changed() {
    let cases = [
        ("ERROR", "40001", true, true),
        ("ERROR", "57P01", true, true),
        ("ERROR", "40001", false, false),
        ("FATAL", "57P01", false, false),
        ("FATAL", "XX000", false, false),
        ("PANIC", "53100", false, false),
    ];
    for (severity, code, goes_on, expected) in cases {
        let failure = Failure {
            severity,
            code,
            goes_on,
        };
        assert_eq!(is_refused(failure).await, expected, "{failure:?}");
    }
}

/// However long statements may take: whoever stands still holds up all writers.
#[tokio::test]
async fn a_transaction_that_stands_still_is_ended_soon() {
    let shown = Query {
        name: "SHOWN",
        text: "SELECT setting::bigint FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'",
        takes: &[],
        gives: &[Type::INT8],
    };
    let database = Server::shared().database();
    let target = Target::parse(&database.url()).expect("a URL");
    let (config, tls) = target.connector().expect("no certificates are named");
    let connections = Connections::new(config, tls, 1, Duration::from_secs(600));
    let transaction = connections.begin(Access::Write).await.expect("it begins");
    let row = transaction.row(&shown, &[]).await.expect("it can be asked");
    transaction.end().await;
    assert!((1..=30_000).contains(&row.get::<_, i64>(0)));
}

//! What fails in passing is repeated, within bounds; what does not is said at once.

use super::fixtures::{ARCHIVE, at, client, config, get, home, nowhere, open, paths};
use crate::server::{Server, answer, dawdle};
use flate2::{Compression, write::GzEncoder};
use packs::repository::{ARCHIVE_BYTES_MAX, Config, Error};
use semver::Version;
use std::{
    io::{self, Write},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

const WHAT: &str = "packs/a/a-1.0.0.zip";

/// Fails in its way so many times, and then answers.
fn failing(times: usize, fail: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static) -> Server {
    let asked = AtomicUsize::new(0);
    Server::http(move |_, out| match asked.fetch_add(1, Ordering::SeqCst) < times {
        true => fail(out),
        false => answer(out, 200, "", b"archive"),
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_fails_in_passing_is_asked_again_after_a_wait() {
    let ways: [fn(&mut dyn Write) -> io::Result<()>; 8] = [
        |out| answer(out, 500, "", b""),
        |out| answer(out, 503, "", b""),
        |out| answer(out, 408, "", b""),
        |out| answer(out, 429, "", b""),
        |_| Ok(()),
        |out| write!(out, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
        |out| {
            write!(
                out,
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc"
            )
        },
        |out| answer(out, 200, "content-encoding: gzip\r\n", &gzip(b"archive")[..12]),
    ];
    for (way, fail) in ways.into_iter().enumerate() {
        let server = failing(2, fail);
        let (repository, pace) = client(&server);
        assert_eq!(
            get(&repository).as_deref(),
            Ok(b"archive".as_slice()),
            "way {way}"
        );
        assert_eq!(paths(&server), [ARCHIVE; 3], "way {way}");
        assert_eq!(pace.waits_ms(), [4321 % 500, 4321 % 1000], "way {way}");
    }
}

#[test]
fn there_is_an_end_to_asking_again() {
    let server = failing(100, |out| answer(out, 502, "", b""));
    let (repository, pace) = client(&server);
    let message = get(&repository).unwrap_err().to_string();
    assert!(
        message.contains(WHAT) && message.contains("status 502"),
        "{message}"
    );
    assert_eq!(paths(&server).len(), 4);
    assert_eq!(pace.waits_ms(), [321, 321, 321]);
}

#[test]
fn waits_do_not_outlast_the_time() {
    let server = failing(100, |out| answer(out, 502, "", b""));
    let timeout = Duration::from_millis(600);
    let (repository, pace) = open(&Config {
        timeout,
        ..config(&home(&server))
    });
    assert!(matches!(get(&repository), Err(Error::Unavailable { .. })));
    assert_eq!(pace.waits_ms(), [321]);
}

#[test]
fn nobody_there_is_unavailable() {
    let (repository, pace) = open(&config(&nowhere()));
    let error = get(&repository).unwrap_err();
    assert!(
        matches!(&error, Error::Unavailable { until: None, .. }),
        "{error}"
    );
    assert_eq!(pace.waits_ms().len(), 3);
}

#[test]
fn a_wait_that_is_asked_for_is_kept_if_it_is_short() {
    for status in [503, 429, 403] {
        let server = failing(1, move |out| answer(out, status, "retry-after: 3\r\n", b""));
        let (repository, pace) = client(&server);
        assert!(get(&repository).is_ok(), "{status}");
        assert_eq!(pace.waits_ms(), [3321], "{status}");
    }
}

#[test]
fn a_wait_that_is_long_is_left_to_the_caller() {
    for status in [503, 429, 403] {
        let server = failing(1, move |out| answer(out, status, "retry-after: 600\r\n", b""));
        let (repository, pace) = client(&server);
        let error = get(&repository).unwrap_err();
        assert_eq!(error.until(), Some(at(600)), "{error}");
        assert_eq!(
            matches!(error, Error::RateLimited { .. }),
            status != 503,
            "{error}"
        );
        assert_eq!((paths(&server).len(), pace.waits_ms().len()), (1, 0));
    }
}

#[test]
fn nobody_is_asked_while_a_limit_lasts() {
    let server = failing(1, |out| answer(out, 429, "retry-after: 600\r\n", b""));
    let (repository, pace) = client(&server);
    let until = at(600);
    for _ in 0..3 {
        let what = WHAT.to_owned();
        assert_eq!(get(&repository), Err(Error::RateLimited { what, until }));
        pace.skip(Duration::from_millis(199_999));
    }
    assert_eq!(paths(&server).len(), 1);
    pace.skip(Duration::from_millis(3));
    assert!(get(&repository).is_ok());
}

#[test]
fn too_many_requests_without_a_time_is_a_minute() {
    let server = failing(100, |out| answer(out, 429, "", b""));
    let (repository, pace) = client(&server);
    let until = get(&repository).unwrap_err().until().unwrap();
    assert_eq!(paths(&server).len(), 4);
    let waited = i64::try_from(pace.waits_ms().iter().sum::<u128>()).unwrap();
    assert_eq!(until.as_millis(), at(60).as_millis() + waited);
}

#[test]
fn what_does_not_pass_is_said_at_once() {
    let what = || WHAT.to_owned();
    for (status, expected) in [
        (404, Error::NotFound { what: what() }),
        (410, Error::NotFound { what: what() }),
        (
            401,
            Error::Denied {
                what: what(),
                status: 401,
            },
        ),
        (
            403,
            Error::Denied {
                what: what(),
                status: 403,
            },
        ),
    ] {
        let server = failing(100, move |out| answer(out, status, "", b"no"));
        let (repository, _) = client(&server);
        assert_eq!(get(&repository), Err(expected));
        assert_eq!(paths(&server).len(), 1, "{status}");
    }
    for status in [201, 204, 206, 304, 400, 418] {
        let server = failing(100, move |out| answer(out, status, "", b""));
        let (repository, _) = client(&server);
        let error = get(&repository).unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{status}: {error}");
        assert_eq!(paths(&server).len(), 1, "{status}");
    }
}

#[test]
fn a_server_that_dawdles_runs_out_of_time() {
    let server = Server::http(|_, out| {
        write!(out, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
        loop {
            dawdle();
            out.write_all(b"a")?;
            out.flush()?;
        }
    });
    let timeout = Duration::from_millis(150);
    let (repository, pace) = open(&Config {
        timeout,
        ..config(&home(&server))
    });
    assert_eq!(
        get(&repository),
        Err(Error::TimedOut {
            what: WHAT.to_owned()
        })
    );
    assert_eq!(pace.waits_ms().len(), 0);
}

#[test]
fn no_more_is_held_than_is_allowed() {
    let server = Server::http(|_, out| {
        write!(
            out,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
            ARCHIVE_BYTES_MAX + 1
        )
    });
    let too_large = |what: &str, bytes_max| {
        Err(Error::TooLarge {
            what: what.to_owned(),
            bytes_max,
        })
    };
    assert_eq!(get(&client(&server).0), too_large(WHAT, ARCHIVE_BYTES_MAX));
    // Without a length it is seen as it comes, and a bomb when it unfolds.
    let ways: [fn(&mut dyn Write) -> io::Result<()>; 2] = [
        |out| {
            write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            loop {
                out.write_all(&[b'a'; 4096])?;
            }
        },
        |out| answer(out, 200, "content-encoding: gzip\r\n", &gzip(&[b'a'; 100_000])),
    ];
    for endless in ways {
        let server = Server::http(move |head, out| match head.contains(".minisig") {
            true => endless(out),
            false => answer(out, 200, "", b"archive"),
        });
        let (repository, _) = client(&server);
        let signed = repository.archive(("a", &Version::new(1, 0, 0)), true, &mut |_, _| {});
        assert_eq!(
            signed.map(|archive| archive.bytes),
            too_large("packs/a/a-1.0.0.zip.minisig", 8192)
        );
    }
}

#[test]
fn progress_is_told_and_compression_undone() {
    let content = vec![b'a'; 300_000];
    let body = content.clone();
    let server = Server::http(move |_, out| answer(out, 200, "", &body));
    let mut heard = Vec::new();
    let archive = client(&server)
        .0
        .archive(("a", &Version::new(1, 0, 0)), false, &mut |done, total| {
            heard.push((done, total))
        })
        .unwrap();
    assert_eq!(archive.url, format!("{}packs/a/a-1.0.0.zip", home(&server)));
    assert_eq!(
        (heard[0], heard[heard.len() - 1]),
        ((0, Some(300_000)), (300_000, Some(300_000)))
    );
    assert!(heard.is_sorted() && heard.len() > 2 && archive.bytes == content);

    let body = gzip(&content);
    let server = Server::http(move |_, out| answer(out, 200, "content-encoding: gzip\r\n", &body));
    assert_eq!(get(&client(&server).0), Ok(content));
}

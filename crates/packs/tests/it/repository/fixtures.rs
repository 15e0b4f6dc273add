//! Repositories to ask, and a clock that waits at once.

use crate::server::{Server, answer, path};
use flate2::{Compression, write::DeflateEncoder};
use packs::repository::{Client, Config, Pace};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use rules::{Clock, Timestamp};
use semver::Version;
use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What must be seen at home alone.
pub(super) const TOKEN: &str = "t0ken-s3cret";

/// When every test begins, in milliseconds.
pub(super) const BEGIN_MS: i64 = 1_800_000_000_000;

/// A clock that moves only by waiting, or when it is told to, and a chance that is none.
#[derive(Default)]
pub(super) struct TestPace {
    waits: Mutex<Vec<Duration>>,
    skipped: Mutex<Duration>,
}

impl TestPace {
    /// All waits, in milliseconds.
    pub(super) fn waits_ms(&self) -> Vec<u128> {
        self.waits
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_millis)
            .collect()
    }

    /// Lets time pass between requests.
    pub(super) fn skip(&self, duration: Duration) {
        *self.skipped.lock().unwrap() += duration;
    }
}

impl Clock for TestPace {
    fn now(&self) -> Timestamp {
        seconds_later(0, self.elapsed())
    }
}

impl Pace for TestPace {
    fn elapsed(&self) -> Duration {
        self.waits.lock().unwrap().iter().sum::<Duration>() + *self.skipped.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) {
        self.waits.lock().unwrap().push(duration);
    }

    fn random(&self) -> u64 {
        4321
    }
}

fn seconds_later(seconds: i64, more: Duration) -> Timestamp {
    Timestamp::from_millis(BEGIN_MS + seconds * 1000 + i64::try_from(more.as_millis()).unwrap())
}

/// The time so many seconds after the beginning.
pub(super) fn at(seconds: i64) -> Timestamp {
    seconds_later(seconds, Duration::ZERO)
}

pub(super) fn config(url: &str) -> Config {
    Config {
        url: url.to_owned(),
        timeout: Duration::from_secs(60),
        token: Some(TOKEN.to_owned()),
        with_signatures: false,
    }
}

pub(super) fn open(config: &Config) -> (Client, Arc<TestPace>) {
    let pace = Arc::<TestPace>::default();
    (Client::new(config, pace.clone()).unwrap(), pace)
}

/// A client of a server.
pub(super) fn client(server: &Server) -> (Client, Arc<TestPace>) {
    open(&config(&home(server)))
}

/// The URL of a server that speaks no TLS.
pub(super) fn home(server: &Server) -> String {
    format!("http://127.0.0.1:{}/", server.port)
}

/// The URL of a server that is not there any more.
pub(super) fn nowhere() -> String {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    format!("http://127.0.0.1:{port}/")
}

/// Gets the archive of a pack, the simplest of all requests.
pub(super) fn get(repository: &Client) -> Result<Vec<u8>, packs::repository::Error> {
    let archive = repository.archive(("a", &Version::new(1, 0, 0)), false, &mut |_, _| {});
    archive.map(|archive| archive.bytes)
}

/// The path of that archive.
pub(super) const ARCHIVE: &str = "/packs/a/a-1.0.0.zip";

/// The value of a header in a request.
pub(super) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value)
}

/// The paths of all requests to a server.
pub(super) fn paths(server: &Server) -> Vec<String> {
    server.heads().iter().map(|head| path(head).to_owned()).collect()
}

/// Files that can change while they are served.
pub(super) type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

pub(super) fn files(list: &[(&str, &str)]) -> Files {
    let owned = list
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    Arc::new(Mutex::new(owned.collect()))
}

/// Answers as a static server does.
pub(super) fn give(files: &Files, head: &str, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let found = files.lock().unwrap().get(path).cloned();
    let Some(bytes) = found else {
        return answer(out, 404, "", b"<html>nothing here</html>");
    };
    let etag = format!(
        "\"{}-{}\"",
        bytes.len(),
        bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>()
    );
    match header(head, "if-none-match") == Some(&etag) {
        true => write!(out, "HTTP/1.1 304 X\r\nconnection: close\r\netag: {etag}\r\n\r\n"),
        false => answer(out, 200, &format!("etag: {etag}\r\n"), &bytes),
    }
}

/// A static server of files.
pub(super) fn serve(files: &Files) -> Server {
    let files = Arc::clone(files);
    Server::http(move |head, out| give(&files, head, path(head), out))
}

/// An archive of files.
pub(super) fn zip(list: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (path, content) in list {
        let builder = archive
            .new_file(path)
            .compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = builder.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

//! A static web server over a folder, as a community repository may be one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// The server; it answers one request after another until the process ends.
pub(crate) struct StaticSite {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// In seconds since 1970.
    pub(crate) at: f64,
    /// Its first line, and its header's.
    pub(crate) head: Vec<String>,
}

impl Asked {
    /// Whether it asks for that path.
    pub(crate) fn is_for(&self, path: &str) -> bool {
        let asks = |line: &String| {
            line.split(' ')
                .nth(1)
                .is_some_and(|asked| asked.trim_start_matches('/') == path)
        };
        self.head.first().is_some_and(asks)
    }

    /// The token that it shows.
    pub(crate) fn token(&self) -> Option<&str> {
        let mut fields = self.head.iter().filter_map(|line| line.split_once(": "));
        let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
        value.split(' ').next_back()
    }
}

impl StaticSite {
    /// Serves the files of a folder.
    pub(crate) fn over(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let address = listener.local_addr()?;
        let folder = folder.to_path_buf();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever asked may be gone already.
                let _ = answer(stream, &folder, &kept);
            }
        });
        Ok(Self { address, asked })
    }

    /// All requests so far, in their order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panics with it").clone()
    }

    /// The URL that everything in the folder is below.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn answer(mut stream: TcpStream, folder: &Path, asked: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut head = Vec::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        match line? {
            line if line.is_empty() => break,
            line => head.push(line),
        }
    }
    let first = head.first().cloned().unwrap_or_default();
    asked.lock().expect("nobody panics with it").push(Asked {
        at: since.as_secs_f64(),
        head,
    });
    let file = file(folder, &first).and_then(|file| std::fs::read(file).ok());
    let status = if file.is_some() { "200 OK" } else { "404 Not Found" };
    let body = file.unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// The file that the first line of a request asks for; none outside of the folder.
fn file(folder: &Path, first: &str) -> Option<PathBuf> {
    let path = first.strip_prefix("GET /")?.split([' ', '?']).next()?;
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    let is_inside = Path::new(path).components().all(is_name);
    is_inside.then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Asked, file};

    #[test]
    fn nothing_outside_of_the_folder_is_served() {
        let file = |first: &str| file(Path::new("site"), first);
        assert_eq!(
            file("GET /packs/a.zip?x HTTP/1.1"),
            Some(PathBuf::from("site/packs/a.zip"))
        );
        assert_eq!(file("GET /../secret HTTP/1.1"), None);
        assert_eq!(file("GET //etc/passwd HTTP/1.1"), None);
        assert_eq!(file("PUT /a HTTP/1.1"), None);
    }

    #[test]
    fn it_is_known_who_asked_for_what() {
        let head = ["GET /a/b.json HTTP/1.1", "Host: c", "authorization: Bearer d"];
        let asked = Asked {
            at: 0.0,
            head: head.map(str::to_owned).to_vec(),
        };
        assert!(asked.is_for("a/b.json") && !asked.is_for("b.json"));
        assert_eq!(asked.token(), Some("d"));
    }
}

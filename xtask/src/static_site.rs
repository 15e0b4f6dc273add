//! A static web server over a folder, as a community repository may be one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};

/// The server; it answers one request after another until the process ends.
pub(crate) struct StaticSite {
    address: SocketAddr,
}

impl StaticSite {
    /// Serves the files of a folder.
    pub(crate) fn over(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let address = listener.local_addr()?;
        let folder = folder.to_path_buf();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever asked may be gone already.
                let _ = answer(stream, &folder);
            }
        });
        Ok(Self { address })
    }

    /// The URL that everything in the folder is below.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
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

    use super::file;

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
}

//! A static web server over a folder, as a community repository may be one.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash as _, Hasher as _},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// What becomes of archives that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archives {
    /// They come.
    Whole,
    /// They come, with a byte that is another one.
    Damaged,
    /// They end before their end.
    Cut,
    /// Their first half comes, and the second when the test goes on.
    Halved,
    /// They never come.
    Slow,
    /// They are said to be at a place where nobody may be sent to.
    Elsewhere,
    /// There is an error instead.
    Down,
}

/// The server; it lives as long as the test's process.
pub(crate) struct Web {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    archives: Arc<Mutex<Archives>>,
    go_on: Sender<()>,
}

impl Web {
    pub(crate) fn over(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (go_on, halves) = channel();
        let web = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            archives: Arc::new(Mutex::new(Archives::Whole)),
            go_on,
        };
        let (folder, asked) = (folder.to_path_buf(), Arc::clone(&web.asked));
        let archives = Arc::clone(&web.archives);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever asked may be gone already.
                let _ = answer(stream, &folder, &asked, (&archives, &halves));
            }
        });
        web
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What becomes of archives from now on.
    pub(crate) fn give(&self, archives: Archives) {
        *self.archives.lock().unwrap() = archives;
    }

    /// Lets the second half come of the archive that is under way, or of the next one.
    pub(crate) fn go_on(&self) {
        self.go_on.send(()).unwrap();
    }

    /// The paths that were asked for since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn answer(
    mut stream: TcpStream,
    folder: &Path,
    asked: &Mutex<Vec<String>>,
    (archives, halves): (&Mutex<Archives>, &Receiver<()>),
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first
        .split(' ')
        .nth(1)
        .unwrap_or_default()
        .trim_start_matches('/')
        .to_owned();
    let mut known = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(tag) = line.to_lowercase().strip_prefix("if-none-match:") {
            known = tag.trim().to_owned();
        }
    }
    asked.lock().unwrap().push(path.clone());
    let file: PathBuf = folder.join(&path);
    let (status, body) = match fs::read(file) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let archives = *archives.lock().unwrap();
    if path.ends_with(".zip") && archives != Archives::Whole {
        return misbehave(stream, (archives, halves), body);
    }
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let tag = format!("\"{:x}\"", hasher.finish());
    let (status, body) = match known == tag {
        true => ("304 Not Modified", Vec::new()),
        false => (status, body),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\netag: {tag}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// Answers as a server does that is broken or means harm.
fn misbehave(
    mut stream: TcpStream,
    (archives, halves): (Archives, &Receiver<()>),
    mut body: Vec<u8>,
) -> std::io::Result<()> {
    let length = body.len();
    let (status, more) = match archives {
        Archives::Elsewhere => ("302 Found", "location: http://127.0.0.1:9/other.zip\r\n"),
        Archives::Down => ("500 Internal Server Error", ""),
        Archives::Whole | Archives::Damaged | Archives::Cut | Archives::Halved | Archives::Slow => {
            ("200 OK", "")
        }
    };
    match archives {
        Archives::Damaged => body[length / 2] ^= 1,
        Archives::Cut => body.truncate(length / 2),
        Archives::Slow => body.clear(),
        Archives::Whole | Archives::Halved | Archives::Elsewhere | Archives::Down => {}
    }
    let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let is_halved = archives == Archives::Halved;
    let first = if is_halved { length / 2 } else { body.len() };
    stream.write_all(&body[..first])?;
    if is_halved {
        // Nobody sends any more when the test has ended.
        let _ = halves.recv();
    }
    stream.write_all(&body[first..])?;
    if archives == Archives::Slow {
        // Until whoever asked has had enough, and goes.
        stream.read_exact(&mut [0])?;
    }
    Ok(())
}

//! A way to a server that can be broken.

use crate::filter::Filter;
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// A commit as clients send it.
const COMMIT: &[u8] = b"COMMIT\0";

/// How long it is looked whether a client is still there.
const GLANCE: Duration = Duration::from_millis(1);

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// Connections stand and nothing passes, as through a cable that was pulled.
    Frozen,
    /// There are no connections, and new ones end at once.
    Cut,
}

/// What is lost on a way that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A connection ends when a commit comes, and the commit does not arrive.
    Commits,
    /// A connection ends when a commit comes; it arrives, and nobody hears what became of it.
    AnswersToCommits,
    /// When a commit comes nothing passes any more, nor that commit, and connections stand, until the way is
    /// [restored](Proxy::restore).
    AllFromCommit,
    /// Notifications do not arrive; all else does.
    Notifications,
}

#[derive(Debug)]
struct Shared {
    way: Mutex<Way>,
    changed: Condvar,
    loss: Mutex<Option<Loss>>,
    streams: Mutex<Vec<TcpStream>>,
    target: u16,
}

/// Passes on what comes in at a port of its own to another port of this machine, until told otherwise.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

/// One direction of a connection.
struct Pipe {
    from: TcpStream,
    to: TcpStream,
    /// Whether the server's words do not arrive any more.
    is_mute: Arc<AtomicBool>,
}

impl Proxy {
    /// A proxy to that port; it listens as long as the process lives.
    ///
    /// # Panics
    ///
    /// When this machine has no port left.
    pub fn to(target: u16) -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), target)
    }

    /// The same at an address of its own, which others than this machine may reach; port 0 is any that is free.
    ///
    /// # Panics
    ///
    /// When the address is not this machine's, or somebody listens there.
    pub fn at(address: SocketAddr, target: u16) -> Self {
        let listener = TcpListener::bind(address).expect("a free port of this machine");
        let port = listener.local_addr().expect("it listens").port();
        let shared = Arc::new(Shared {
            way: Mutex::new(Way::Open),
            changed: Condvar::new(),
            loss: Mutex::default(),
            streams: Mutex::default(),
            target,
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            listener
                .incoming()
                .flatten()
                .for_each(|stream| accepting.accept(stream))
        });
        Self { port, shared }
    }

    /// The port where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets nothing pass any more, and closes nothing.
    pub fn freeze(&self) {
        self.shared.set(Way::Frozen);
    }

    /// Closes all connections, and new ones at once.
    pub fn cut(&self) {
        self.shared.set(Way::Cut);
        for stream in self.shared.streams.lock().expect("no holder panics").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Loses this from now on; `None`: nothing.
    pub fn lose(&self, loss: Option<Loss>) {
        *self.shared.loss.lock().expect("no holder panics") = loss;
    }

    /// Lets everything pass again.
    pub fn restore(&self) {
        self.shared.set(Way::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Shared {
    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().expect("no holder panics")
    }

    fn set(&self, way: Way) {
        *self.way() = way;
        self.changed.notify_all();
    }

    fn loses(&self, loss: Loss) -> bool {
        *self.loss.lock().expect("no holder panics") == Some(loss)
    }

    /// Waits while nothing passes; false when the connection is to end.
    fn passes(&self) -> bool {
        let way = self.changed.wait_while(self.way(), |way| *way == Way::Frozen);
        *way.expect("no holder panics") == Way::Open
    }

    fn accept(self: &Arc<Self>, client: TcpStream) {
        if *self.way() == Way::Cut {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.target)) else {
            return;
        };
        let is_mute = Arc::new(AtomicBool::new(false));
        let pipe = |from: &TcpStream, to: &TcpStream| {
            let (from, to) = (from.try_clone().ok()?, to.try_clone().ok()?);
            self.streams
                .lock()
                .expect("no holder panics")
                .push(from.try_clone().ok()?);
            Some(Pipe {
                from,
                to,
                is_mute: Arc::clone(&is_mute),
            })
        };
        let (Some(asks), Some(answers)) = (pipe(&client, &server), pipe(&server, &client)) else {
            return;
        };
        let shared = Arc::clone(self);
        thread::spawn(move || shared.pass_on(asks));
        let shared = Arc::clone(self);
        thread::spawn(move || shared.pass_back(answers));
    }

    /// What a client says.
    fn pass_on(&self, mut pipe: Pipe) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = pipe.from.read(&mut buffer) {
            let said = &buffer[..read];
            let commits = said.windows(COMMIT.len()).any(|part| part == COMMIT);
            if commits && self.loses(Loss::AllFromCommit) {
                self.set(Way::Frozen);
            }
            let is_frozen = *self.way() == Way::Frozen;
            if !self.passes() || is_frozen && pipe.is_left() {
                break;
            }
            if commits && self.loses(Loss::Commits) {
                break;
            }
            let is_last = commits && self.loses(Loss::AnswersToCommits);
            pipe.is_mute.fetch_or(is_last, Ordering::SeqCst);
            if pipe.to.write_all(said).is_err() || is_last {
                break;
            }
        }
        pipe.close();
    }

    /// What the server says.
    fn pass_back(&self, mut pipe: Pipe) {
        let mut filter = Filter::default();
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = pipe.from.read(&mut buffer) {
            let arrives = filter.pass(&buffer[..read], self.loses(Loss::Notifications));
            if !self.passes() || pipe.is_mute.load(Ordering::SeqCst) || pipe.to.write_all(&arrives).is_err() {
                break;
            }
        }
        pipe.close();
    }
}

impl Pipe {
    /// Whether nobody waits for an answer any more: what was sent before does not arrive then, as on a way on which it
    /// would have to be sent again.
    fn is_left(&self) -> bool {
        let looked = self.from.set_read_timeout(Some(GLANCE));
        let is_at_its_end = looked.is_ok() && matches!(self.from.peek(&mut [0]), Ok(0));
        is_at_its_end || self.from.set_read_timeout(None).is_err()
    }

    /// Ends the connection in both directions; what was sent before still arrives.
    fn close(&self) {
        let _ = self.to.shutdown(Shutdown::Write);
        let _ = self.from.shutdown(Shutdown::Both);
    }
}

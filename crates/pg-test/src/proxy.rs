//! A way to a server that can be broken.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// Connections stand and nothing passes, as through a cable that was pulled.
    Frozen,
    /// There are no connections, and new ones end at once.
    Cut,
}

#[derive(Debug)]
struct Shared {
    way: Mutex<Way>,
    changed: Condvar,
    streams: Mutex<Vec<TcpStream>>,
    target: u16,
}

/// Passes on what comes in at a port of its own to another port of this machine, until told otherwise.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy to that port; it listens as long as the process lives.
    ///
    /// # Panics
    ///
    /// When this machine has no port left.
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("this machine has a free port");
        let port = listener.local_addr().expect("it listens").port();
        let shared = Arc::new(Shared {
            way: Mutex::new(Way::Open),
            changed: Condvar::new(),
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

    /// The port on 127.0.0.1 where it listens.
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
        let pairs = [(&client, &server), (&server, &client)];
        for (from, to) in pairs {
            let (Ok(from), Ok(to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone()) else {
                return;
            };
            self.streams.lock().expect("no holder panics").push(kept);
            let shared = Arc::clone(self);
            thread::spawn(move || shared.pass(from, to));
        }
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read) = from.read(&mut buffer) {
            if read == 0 || !self.passes() || to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}

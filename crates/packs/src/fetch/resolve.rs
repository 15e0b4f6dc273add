//! Names to addresses, and the check of what was found: the only way from a name to a connection.

use super::{Error, Exceptions, is_public};
use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};
use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};
use url::Url;

/// The most addresses that are tried; a host with more is asked at the first ones.
const ADDRESSES_MAX: usize = 16;

/// Finds the addresses of a host.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a host, which may be an address itself; it may block.
    ///
    /// # Errors
    ///
    /// When the host is not found.
    fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The names that the system knows.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs()?.collect())
    }
}

/// Gives the client only addresses that were checked. It is asked once a connection.
pub(super) struct Guard {
    pub(super) exceptions: Arc<Exceptions>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.checked(uri, *timeout.after);
        let found = found.map_err(|error| ureq::Error::Other(Box::new(error)))?;
        let mut resolved = self.empty();
        found
            .into_iter()
            .take(ADDRESSES_MAX)
            .for_each(|address| resolved.push(address));
        Ok(resolved)
    }
}

impl Guard {
    /// The addresses of the URL that the client is about to connect to, all of them good; never none.
    fn checked(&self, uri: &Uri, time_max: Duration) -> Result<Vec<SocketAddr>, Error> {
        // What is judged is what the client has, not what it was given.
        let url = Url::parse(&uri.to_string()).map_err(|error| Error::Url(error.to_string()))?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(Error::Url("it names no host".to_owned()));
        };
        let found = self.look_up(host, port, time_max)?;
        let is_good = |address: &SocketAddr| is_public(address.ip());
        if found.is_empty() {
            return Err(Error::NotFound(host.to_owned()));
        }
        // One bad address is enough: which of them is connected to is not ours to know.
        if !self.exceptions.admit_any_address(&url) && !found.iter().all(is_good) {
            return Err(Error::NotPublic(host.to_owned()));
        }
        Ok(found)
    }

    /// Looks a name up on a thread of its own, since the system's resolver knows no time-out.
    fn look_up(&self, host: &str, port: u16, time_max: Duration) -> Result<Vec<SocketAddr>, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let lookup = Arc::clone(&self.lookup);
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let work = move || drop(sender.send(lookup.addresses(&bare, port)));
        let started = thread::Builder::new().name("lookup".to_owned()).spawn(work);
        started.map_err(|_| Error::NotFound(host.to_owned()))?;
        match receiver.recv_timeout(time_max) {
            Ok(found) => found.map_err(|_| Error::NotFound(host.to_owned())),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Error::TimedOut),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Error::NotFound(host.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Guard, Lookup};
    use crate::fetch::{Error, Exceptions};
    use std::{
        io,
        net::SocketAddr,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };

    /// Public at first, and then not any more.
    #[derive(Default)]
    struct Rebinding(AtomicBool);

    impl Lookup for Rebinding {
        fn addresses(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
            let text = if self.0.swap(true, Ordering::SeqCst) {
                "127.0.0.1"
            } else {
                "8.8.8.8"
            };
            Ok(vec![SocketAddr::new(text.parse().unwrap(), port)])
        }
    }

    #[test]
    fn the_client_gets_what_was_checked_and_a_name_that_turns_inside_is_refused() {
        let guard = Guard {
            exceptions: Arc::new(Exceptions::default()),
            lookup: Arc::new(Rebinding::default()),
        };
        let uri = "https://rebind.example/a".parse().unwrap();
        let time_max = Duration::from_secs(60);
        let first = guard.checked(&uri, time_max).unwrap();
        assert_eq!(first, ["8.8.8.8:443".parse::<SocketAddr>().unwrap()]);
        let second = guard.checked(&uri, time_max);
        assert_eq!(second, Err(Error::NotPublic("rebind.example".to_owned())));
    }
}

//! Connections and datagrams that are tried from one network to another.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::super::network::Network;

/// A packet that is dropped is answered by nobody.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How soon one who waits for datagrams notices that nobody wants that any more: an open socket keeps the network of a pod.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// So many are tried at once.
const TRIERS: usize = 64;

/// Where somebody is in the network.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) address: Ipv4Addr,
    /// Nothing for the host.
    pub(super) network: Option<Network>,
}

/// A protocol and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Tcp(u16),
    Udp(u16),
}

/// Somebody who asks, and who is asked.
pub(super) struct Flow<'p> {
    pub(super) from: &'p Place,
    pub(super) to: &'p Place,
    pub(super) port: Port,
}

/// A port that is open for as long as this lives.
pub(super) enum Listener {
    Tcp { _socket: TcpListener },
    Udp { _is_open: Arc<()> },
}

impl Listener {
    /// Listens there; who sends a datagram gets it back.
    pub(super) fn start(place: &Place, port: Port) -> Result<Self> {
        let bind = || match port {
            Port::Tcp(number) => Ok(Self::Tcp {
                _socket: TcpListener::bind((place.address, number))?,
            }),
            Port::Udp(number) => {
                let socket = UdpSocket::bind((place.address, number))?;
                socket.set_read_timeout(Some(LOOK_EVERY))?;
                let is_open = Arc::new(());
                let seen = Arc::downgrade(&is_open);
                std::thread::spawn(move || {
                    let mut datagram = [0; 16];
                    while seen.strong_count() > 0 {
                        if let Ok((length, from)) = socket.recv_from(&mut datagram) {
                            // Whoever has gone gets none.
                            let _ = socket.send_to(&datagram[..length], from);
                        }
                    }
                });
                Ok(Self::Udp { _is_open: is_open })
            }
        };
        let bound = match &place.network {
            Some(network) => network.within(bind),
            None => bind(),
        };
        bound.with_context(|| format!("cannot listen on {port:?} of `{}`", place.name))
    }
}

/// Tries all of them, many at once; fails with those that are not as expected.
pub(super) fn compare(flows: &[Flow<'_>], expected: impl Fn(&Flow<'_>) -> bool) -> Result<()> {
    let next = AtomicUsize::new(0);
    let try_some = || {
        let mut tried = Vec::new();
        while let Some(flow) = flows.get(next.fetch_add(1, Ordering::SeqCst)) {
            tried.push((flow, flow.gets_through()?));
        }
        Ok(tried)
    };
    let tried: Vec<_> = std::thread::scope(|scope| {
        let triers: Vec<_> = (0..TRIERS).map(|_| scope.spawn(try_some)).collect();
        let tried = triers
            .into_iter()
            .map(|one| one.join().expect("it does not panic"));
        tried.collect::<Result<Vec<_>>>()
    })?;
    let wrong: Vec<_> = tried
        .into_iter()
        .flatten()
        .filter(|(flow, through)| *through != expected(flow))
        .map(|(flow, through)| {
            let word = if through { "gets" } else { "does not get" };
            let (from, to) = (flow.from.name, flow.to.name);
            format!("`{from}` {word} through to {:?} of `{to}`", flow.port)
        })
        .collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

impl Flow<'_> {
    fn gets_through(&self) -> Result<bool> {
        let network = self.from.network.as_ref().context("the host asks nobody")?;
        let to = |number: u16| SocketAddr::from((self.to.address, number));
        network.within(|| match self.port {
            Port::Tcp(number) => Ok(TcpStream::connect_timeout(&to(number), ANSWER_WITHIN).is_ok()),
            Port::Udp(number) => is_echoed(to(number)),
        })
    }
}

/// Whether a datagram comes back.
fn is_echoed(to: SocketAddr) -> Result<bool> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(ANSWER_WITHIN))?;
    socket.connect(to)?;
    let mut datagram = [0; 16];
    // One that a policy keeps in is an error of sending on some systems.
    Ok(socket.send(b"asked").is_ok()
        && socket
            .recv(&mut datagram)
            .is_ok_and(|length| &datagram[..length] == b"asked"))
}

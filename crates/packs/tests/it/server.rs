//! Servers that answer as a test wants it, names that lead where it wants, and certificates of its own.

use packs::fetch::{Error, Exceptions, Fetched, Fetcher, Lookup};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned, crypto::ring::default_provider, pki_types::PrivateKeyDer,
};
use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::Duration,
};

/// The name of a server that the guard lets through.
pub(crate) const FRIEND: &str = "rules.test";

type Authority = CertifiedIssuer<'static, KeyPair>;

/// Who signs the certificates that are trusted here.
pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(authority);

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server's certificate for a name.
pub(crate) fn identity(
    name: &str,
    authority: &Authority,
    change: impl Fn(&mut CertificateParams),
) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Arc::new(
        config
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap(),
    )
}

/// What a server does with a request: its head, and where the answer goes.
pub(crate) trait Handler: Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static {}

impl<F: Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static> Handler for F {}

/// A server on a free port of loopback; what it was asked is kept.
pub(crate) struct Server {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Server {
    /// Speaks TLS as the friend.
    pub(crate) fn https(handler: impl Handler) -> Self {
        Self::start(Some(identity(FRIEND, &AUTHORITY, |_| {})), handler)
    }

    pub(crate) fn http(handler: impl Handler) -> Self {
        Self::start(None, handler)
    }

    pub(crate) fn start(tls: Option<Arc<ServerConfig>>, handler: impl Handler) -> Self {
        let handler = Arc::new(handler);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heads, connections) = (
            Arc::<Mutex<Vec<String>>>::default(),
            Arc::<Mutex<usize>>::default(),
        );
        let (kept, counted) = (Arc::clone(&heads), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, tls, heads) = (stream.unwrap(), tls.clone(), Arc::clone(&heads));
                let handler = Arc::clone(&handler);
                *connections.lock().unwrap() += 1;
                // Whoever is cut off in the middle is the client's business.
                thread::spawn(move || {
                    match tls {
                        Some(tls) => serve(
                            StreamOwned::new(ServerConnection::new(tls).unwrap(), stream),
                            &*handler,
                            &heads,
                        ),
                        None => serve(stream, &*handler, &heads),
                    }
                    .map_err(|error: Box<dyn std::error::Error + Send + Sync>| error.to_string())
                });
            }
        });
        Self {
            port,
            heads: kept,
            connections: counted,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{FRIEND}:{}{path}", self.port)
    }

    /// The heads of all requests.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// A fetcher that lets this server through, by its name.
    pub(crate) fn friend(&self) -> Fetcher {
        let exceptions = Exceptions::parse(&format!("https://{FRIEND}:{}", self.port)).unwrap();
        Fetcher::new(exceptions)
            .with_lookup(Names::of(&[(FRIEND, &["127.0.0.1"])]))
            .with_root(AUTHORITY.der())
    }

    pub(crate) fn fetch(&self, path: &str) -> Result<Fetched, Error> {
        self.friend().fetch(&self.url(path), 1024 * 1024)
    }
}

fn serve(
    mut stream: impl Read + Write,
    handler: &impl Handler,
    heads: &Mutex<Vec<String>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head)?;
    heads.lock().unwrap().push(head.clone());
    handler(&head, &mut stream)?;
    Ok(stream.flush()?)
}

/// The path of a request.
pub(crate) fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

/// Writes a whole answer.
pub(crate) fn answer(out: &mut dyn Write, status: u16, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    write!(
        out,
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    )?;
    out.write_all(body)
}

/// Sends somebody elsewhere.
pub(crate) fn redirect(out: &mut dyn Write, location: &str) -> io::Result<()> {
    answer(
        out,
        302,
        &format!("set-cookie: a=b; Path=/\r\nlocation: {location}\r\n"),
        b"",
    )
}

/// Names and what each lookup of one gives in turn; the last answer stays.
pub(crate) struct Names {
    answers: Mutex<HashMap<String, Vec<IpAddr>>>,
    pub(crate) lookups: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn of(names: &[(&str, &[&str])]) -> Arc<Self> {
        let parsed = |addresses: &[&str]| addresses.iter().map(|text| text.parse().unwrap()).collect();
        let answers = names
            .iter()
            .map(|(name, addresses)| ((*name).to_owned(), parsed(addresses)));
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            lookups: Mutex::default(),
        })
    }
}

impl Lookup for Names {
    fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.lookups.lock().unwrap().push(host.to_owned());
        let literal = host.parse().ok().map(|address| vec![address]);
        let known = self.answers.lock().unwrap().get(host).cloned();
        let found = literal.or(known).ok_or(io::ErrorKind::NotFound)?;
        Ok(found
            .into_iter()
            .map(|address| SocketAddr::new(address, port))
            .collect())
    }
}

/// A pause of somebody who answers slowly.
pub(crate) fn dawdle() {
    thread::sleep(Duration::from_millis(5));
}

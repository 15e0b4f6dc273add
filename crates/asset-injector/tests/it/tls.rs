//! Encrypted connections, and certificates that change.

use crate::{
    binary::{Sandbox, rule},
    doctor::free_port,
    http::{self, Answer, PATIENCE},
    serving::Serving,
};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustix::process::Signal;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use std::{
    fs,
    io::{self, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

const HTTPS: [(&str, &str); 3] = [
    ("ENABLE_HTTPS", "true"),
    ("TLS_CERT_FILE", "cert.pem"),
    ("TLS_KEY_FILE", "key.pem"),
];

/// A certificate and its key, in PEM.
pub(crate) struct Made {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// A certificate of its own for `localhost`, valid in these years.
pub(crate) fn make(years: [i32; 2]) -> Made {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    [params.not_before, params.not_after] = years.map(|year| date_time_ymd(year, 1, 1));
    let certificate = params.self_signed(&key).unwrap();
    Made {
        der: certificate.der().clone(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

impl Made {
    fn put(&self, sandbox: &Sandbox) {
        sandbox.write("cert.pem", &self.certificate);
        sandbox.write("key.pem", &self.key);
    }
}

pub(crate) const VALID: [i32; 2] = [2020, 2100];

fn sandbox() -> (Sandbox, Made) {
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "a.example"))]);
    let made = make(VALID);
    made.put(&sandbox);
    (sandbox, made)
}

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// A connection that trusts one certificate.
fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> Encrypted {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, http::connect(address))
}

fn get(address: SocketAddr, trusted: &CertificateDer<'static>) -> io::Result<Answer> {
    get_from(address, trusted, "/health/live")
}

fn get_from(address: SocketAddr, trusted: &CertificateDer<'static>, path: &str) -> io::Result<Answer> {
    let mut stream = connect(address, trusted, &TLS13);
    stream.write_all(http::request("GET", path, "").as_bytes())?;
    Answer::read(&mut stream)
}

/// Starts a server; its readiness is asked for with its own certificate.
fn serving(sandbox: &Sandbox, more: &[(&str, &str)]) -> Serving {
    let mut serving = Serving::listening(sandbox, &[&HTTPS, more].concat());
    serving.event("rules loaded");
    serving
}

#[test]
fn requests_are_answered_over_tls_12_and_13() {
    let (sandbox, made) = sandbox();
    let mut serving = serving(&sandbox, &[]);
    let listening = serving.event("listening on ")["message"].clone();
    assert_eq!(listening, format!("listening on https://{}", serving.address));
    for version in [&TLS12, &TLS13] {
        let mut stream = connect(serving.address, &made.der, version);
        stream
            .write_all(http::request("GET", "/health/ready", "").as_bytes())
            .unwrap();
        assert_eq!(Answer::read(&mut stream).unwrap().status, 200);
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
}

#[test]
fn who_does_not_speak_tls_is_let_go() {
    let (sandbox, made) = sandbox();
    let serving = serving(&sandbox, &[("READ_TIMEOUT", "300ms")]);
    let mut plain = http::connect(serving.address);
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    assert!(!http::until_closed(plain).starts_with(b"HTTP"));
    // One that says nothing, and one that stops within the handshake.
    let silent = http::connect(serving.address);
    let mut stopped = http::connect(serving.address);
    stopped.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    http::until_closed(silent);
    http::until_closed(stopped);
    assert_eq!(get(serving.address, &made.der).unwrap().status, 200);
}

#[test]
fn a_handshake_does_not_hold_up_the_end() {
    let (sandbox, _) = sandbox();
    let mut serving = serving(&sandbox, &[("READ_TIMEOUT", "1m")]);
    let mut stopped = http::connect(serving.address);
    stopped.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(), Some(0));
}

/// Waits until this certificate is served.
#[track_caller]
fn until_served(serving: &Serving, made: &Made) {
    let started = Instant::now();
    while get(serving.address, &made.der).is_err() {
        assert!(started.elapsed() < PATIENCE, "the certificate is not served");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_certificate_that_changes_is_served_without_a_restart() {
    let (sandbox, first) = sandbox();
    // So long that an idle connection stays open to the end of the test.
    let mut serving = serving(&sandbox, &[("READ_TIMEOUT", "1m")]);
    // A connection that is open stays so.
    let mut open = connect(serving.address, &first.der, &TLS13);
    open.flush().unwrap();

    let second = make(VALID);
    second.put(&sandbox);
    until_served(&serving, &second);
    assert!(
        get(serving.address, &first.der).is_err(),
        "the first is served still"
    );

    // A certificate whose key has not come yet, and then something else altogether.
    sandbox.write("cert.pem", &first.certificate);
    let refused = serving.event("the certificate that changed cannot be used");
    assert_eq!(refused["level"], "error");
    let reason = refused["error"].as_str().unwrap();
    assert!(reason.contains("`key.pem` does not belong to"), "{reason}");
    assert_eq!(get(serving.address, &second.der).unwrap().status, 200);

    // As Kubernetes does it: what the links lead to is another.
    let third = make(VALID);
    sandbox.write("next/cert.pem", &third.certificate);
    sandbox.write("next/key.pem", &third.key);
    for file in ["cert.pem", "key.pem"] {
        let link = sandbox.path().join("link");
        std::os::unix::fs::symlink(format!("next/{file}"), &link).unwrap();
        fs::rename(link, sandbox.path().join(file)).unwrap();
    }
    until_served(&serving, &third);

    open.write_all(http::request("GET", "/health/live", "").as_bytes())
        .unwrap();
    assert_eq!(Answer::read(&mut open).unwrap().status, 200);
}

#[test]
fn what_cannot_be_used_ends_the_start_with_the_file_and_the_reason() {
    let (sandbox, _) = sandbox();
    let serve = |more: &[(&str, &str)]| {
        let variables = [&HTTPS, &[("PORT", "0")][..], more].concat();
        sandbox.run_with(&["serve"], &variables).code(2)
    };
    let missing = "TLS_CERT_FILE: allowed: a path; it must be set when ENABLE_HTTPS is true";
    serve(&[("TLS_CERT_FILE", "")]).says(&["1 setting is not valid", missing]);
    serve(&[("TLS_CERT_FILE", "none.pem")]).says(&[
        "TLS_CERT_FILE `none.pem` cannot be used: No such file",
        "help: let this user read it",
    ]);
    serve(&[("TLS_CERT_FILE", "key.pem")]).says(&[
        "TLS_CERT_FILE `key.pem` cannot be used: it holds no certificate",
        "help: ",
    ]);
    serve(&[("TLS_KEY_FILE", "cert.pem")]).says(&[
        "TLS_KEY_FILE `cert.pem` cannot be used: it holds no private key",
        "help: it must hold a private key in PEM that is not encrypted",
    ]);
    sandbox.write("other.pem", &make(VALID).key);
    serve(&[("TLS_KEY_FILE", "other.pem")]).says(&[
        "the key in `other.pem` does not belong to the certificate in `cert.pem`",
        "help: ",
    ]);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    sandbox.write("broken.pem", broken);
    serve(&[("TLS_CERT_FILE", "broken.pem")])
        .says(&["TLS_CERT_FILE `broken.pem` cannot be used: ", "help: "]);
}

#[test]
fn commands_find_the_server_by_its_own_certificate() {
    let (sandbox, _) = sandbox();
    let serving = serving(&sandbox, &[("HOST", "0.0.0.0")]);
    let port = serving.address.port().to_string();
    let with = |file| {
        [
            HTTPS[0],
            ("TLS_CERT_FILE", file),
            HTTPS[2],
            ("PORT", port.as_str()),
        ]
    };
    let ran = sandbox.run_with(&["health-check"], &with("cert.pem")).code(0);
    assert_eq!(
        ran.stdout(),
        format!("https://127.0.0.1:{port}/health/ready is ready\n")
    );
    let page = ["resolve", "--format", "json", "https://a.example/"];
    let asking = format!("asking the server at https://127.0.0.1:{port}");
    let ran = sandbox
        .run_with(&page, &with("cert.pem"))
        .code(0)
        .says(&[&asking]);
    assert_eq!(ran.json()["rule_id"], "a");
    sandbox.write("other.pem", &make(VALID).certificate);
    sandbox
        .run_with(&["health-check"], &with("other.pem"))
        .code(1)
        .says(&["the server has another certificate than TLS_CERT_FILE holds"]);
    sandbox
        .run_with(&["health-check"], &[("PORT", &port)])
        .code(1)
        .says(&["no answer from http://127.0.0.1"]);
}

#[test]
fn doctor_looks_at_the_certificate() {
    let (sandbox, _) = sandbox();
    let port = free_port();
    let variables = [HTTPS[0], HTTPS[1], HTTPS[2], ("PORT", &port)];
    let doctor = |code| sandbox.run_with(&["doctor"], &variables).code(code);
    doctor(0).prints(&["ok    certificate: cert.pem is valid until 2100-01-01T"]);
    make([2020, 2021]).put(&sandbox);
    doctor(1).prints(&[
        "wrong certificate: cert.pem has ended on 2021-01-01T",
        "help: renew it",
    ]);
    make([2099, 2100]).put(&sandbox);
    doctor(1).prints(&["wrong certificate: cert.pem is not valid before 2099-01-01T"]);
    sandbox.write("key.pem", &make(VALID).key);
    doctor(1).prints(&["wrong certificate: the key in `key.pem` does not belong to"]);
}

#[test]
fn a_certificate_that_has_ended_is_served_with_a_warning() {
    let (sandbox, _) = sandbox();
    make([2020, 2021]).put(&sandbox);
    let mut serving = serving(&sandbox, &[]);
    assert_eq!(serving.event("the certificate has ended")["level"], "warn");
}

/// The end of the certificate that is served is a metric, and follows it.
#[test]
fn the_end_of_the_certificate_is_a_metric() {
    let (sandbox, made) = sandbox();
    let serving = serving(&sandbox, &[]);
    let end = |made: &Made| {
        let page = get_from(serving.address, &made.der, "/metrics").unwrap().body;
        crate::metrics::value(&page, "asset_injector_certificate_expiry_timestamp_seconds")
    };
    // 2100-01-01 and 2090-01-01.
    assert_eq!(end(&made), Some(4_102_444_800.0));
    let other = make([2020, 2090]);
    other.put(&sandbox);
    until_served(&serving, &other);
    assert_eq!(end(&other), Some(3_786_912_000.0));
}

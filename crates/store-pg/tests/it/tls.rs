//! Whom a connection trusts, by what its URL says.

use crate::place::{run, store_at};
use pg_test::{Database, Options, Server};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::io::Write as _;
use store::RuleStore as _;
use tempfile::NamedTempFile;

/// Lets a server encrypt, with a certificate for `localhost` that follows from an authority; returns its certificate.
fn encrypt(database: &Database) -> String {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    // The server writes them itself, so that they are its own.
    for (file, pem) in [
        ("server.key", key.serialize_pem()),
        ("server.crt", certificate.pem()),
    ] {
        database.sql(&format!(
            "COPY (SELECT unnest(string_to_array('{pem}', E'\\n'))) TO PROGRAM 'umask 077; cat > {file}'"
        ));
    }
    database.sql("ALTER SYSTEM SET ssl = on");
    database.sql("SELECT pg_reload_conf()");
    authority.pem()
}

#[test]
fn each_mode_trusts_whom_it_says() {
    let server = Server::start(Options::default());
    let database = server.database();
    let root = encrypt(&database);
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(root.as_bytes()).unwrap();
    let root = format!("&sslrootcert={}", file.path().display());
    let by_name = database.url().replace("127.0.0.1", "localhost");
    // Whether the connection was encrypted, while it stands.
    let asked = |url: &str, query: &str| {
        let store = store_at(&format!("{url}?{query}&application_name=asked"));
        run(store.load()).map_err(|error| error.to_string())?;
        Ok::<_, String>(database.sql(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
             WHERE application_name = 'asked' ORDER BY backend_start DESC LIMIT 1",
        ))
    };
    assert_eq!(asked(&by_name, "sslmode=disable").as_deref(), Ok("f"));
    for query in ["sslmode=prefer", "sslmode=require", "connect_timeout=5"] {
        assert_eq!(asked(&by_name, query).as_deref(), Ok("t"), "{query}");
    }
    assert_eq!(
        asked(&by_name, &format!("sslmode=verify-full{root}")).as_deref(),
        Ok("t")
    );
    // Another name, and nobody whom everybody trusts.
    let by_address = asked(&database.url(), &format!("sslmode=verify-full{root}"));
    assert!(
        by_address
            .as_ref()
            .is_err_and(|error| error.contains("certificate")),
        "{by_address:?}"
    );
    let by_public = asked(&by_name, "sslmode=verify-full");
    assert!(
        by_public
            .as_ref()
            .is_err_and(|error| error.contains("certificate")),
        "{by_public:?}"
    );
}

//! What a URL says, and what is never said of it.

use super::*;

fn parsed(query: &str) -> Result<Target, String> {
    Target::parse(&format!("postgresql://me:hunter2@db.example:5433/rules{query}"))
}

#[test]
fn nothing_secret_is_shown() {
    let target = parsed("?sslmode=require&application_name=x").expect("it is a URL");
    assert_eq!(target.to_string(), "db.example:5433/rules");
    assert!(!format!("{target:?}").contains("hunter2"));
    assert_eq!(target.config.get_password(), Some(&b"hunter2"[..]));
    let bad = [
        "postgresql://me:hunter2@db.example:port/rules",
        "postgresql://me:hunter2@db.example/rules?hunter2=1",
        "postgresql://me:hunter2@db.example",
        "postgresql:///rules?password=hunter2",
        "mysql://me:hunter2@db.example/rules",
        "hunter2",
    ];
    for bad in bad {
        let refused = Target::parse(bad).expect_err(bad);
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}

#[test]
fn a_password_with_an_at_sign_is_refused_unless_it_is_encoded() {
    for url in [
        "postgresql://rules:s3cr@tPass@127.0.0.1/rules",
        "postgresql://rules:s3/cr@tPass@127.0.0.1/rules",
        "postgresql://rules:s3?cr@tPass@127.0.0.1/rules",
        "postgresql://rules:s3#cr@tPass@127.0.0.1/rules?sslmode=require",
    ] {
        let refused = Target::parse(url).expect_err(url);
        assert!(refused.contains("%40"), "{refused}");
        assert!(!refused.contains("Pass") && !refused.contains("s3"), "{refused}");
    }
    let target = Target::parse("postgresql://rules:s3cr%40tPass@127.0.0.1/rules").expect("it is encoded");
    assert_eq!(target.config.get_password(), Some(&b"s3cr@tPass"[..]));
    assert_eq!(target.to_string(), "127.0.0.1:5432/rules");
}

#[test]
fn modes_say_whom_to_trust() {
    let cases = [
        ("", SslMode::Prefer, Trust::Anyone),
        ("?sslmode=disable", SslMode::Disable, Trust::Anyone),
        ("?sslmode=prefer", SslMode::Prefer, Trust::Anyone),
        ("?sslmode=require", SslMode::Require, Trust::Anyone),
        ("?sslmode=verify-full", SslMode::Require, Trust::Public),
        (
            "?connect_timeout=3&sslrootcert=%2Fa%20b.pem&sslmode=verify-full",
            SslMode::Require,
            Trust::File("/a b.pem".into()),
        ),
    ];
    for (query, mode, trust) in cases {
        let target = parsed(query).expect(query);
        assert_eq!(
            (target.config.get_ssl_mode(), &target.trust),
            (mode, &trust),
            "{query}"
        );
    }
    for bad in [
        "?sslmode=verify-ca",
        "?sslmode=",
        "?sslrootcert=/a",
        "?sslmode=require&sslrootcert=/a",
    ] {
        assert!(parsed(bad).is_err(), "{bad}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let target = parsed("?sslmode=verify-full&sslrootcert=/nowhere/root.pem").expect("it is a URL");
    let refused = target.connector().map(drop).expect_err("there is no file");
    assert!(refused.contains("/nowhere/root.pem"), "{refused}");
}

#[test]
fn limits_of_the_url_count() {
    let target = parsed("?connect_timeout=3").expect("it is a URL");
    assert_eq!(target.config.get_connect_timeout(), Some(&Duration::from_secs(3)));
    let target = parsed("").expect("it is a URL");
    assert_eq!(target.config.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
    assert!(target.config.get_tcp_user_timeout().is_some());
}

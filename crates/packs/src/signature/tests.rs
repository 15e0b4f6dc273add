//! Signatures: what a trusted key vouches for, and that nothing else passes.

use super::*;

fn version() -> Version {
    Version::new(1, 0, 0)
}

#[test]
fn a_signature_vouches_for_one_thing_only() {
    let secret = SecretKey::generate().unwrap();
    let public = secret.public().unwrap();
    let keys = TrustedKeys::parse(&public).unwrap();
    let version = version();
    let archive = Subject::Archive {
        name: "p",
        version: &version,
    };
    let signature = secret.sign(&archive, b"bytes").unwrap();
    assert!(signature.contains(&format!("trusted comment: p 1.0.0 {}\n", sha256(b"bytes"))));
    assert_eq!(keys.verify(&archive, b"bytes", Some(&signature)), Ok(public));
    assert!(matches!(
        keys.verify(&archive, b"bytez", Some(&signature)),
        Err(Error::Untrusted(_))
    ));
    assert!(matches!(
        keys.verify(&archive, b"bytes", None),
        Err(Error::Missing(_))
    ));
    let other = Version::new(2, 0, 0);
    for subject in [
        Subject::Archive {
            name: "q",
            version: &version,
        },
        Subject::Archive {
            name: "p",
            version: &other,
        },
        Subject::Index,
        Subject::SinglesIndex,
    ] {
        let replayed = keys.verify(&subject, b"bytes", Some(&signature));
        assert!(matches!(replayed, Err(Error::Comment { .. })), "{subject:?}");
    }
    let of_index = secret.sign(&Subject::Index, b"bytes").unwrap();
    assert!(keys.verify(&Subject::Index, b"bytes", Some(&of_index)).is_ok());
    for subject in [Subject::SinglesIndex, archive] {
        assert!(
            matches!(
                keys.verify(&subject, b"bytes", Some(&of_index)),
                Err(Error::Comment { .. })
            ),
            "{subject:?}"
        );
    }
}

#[test]
fn a_comment_that_was_changed_is_not_believed() {
    let secret = SecretKey::generate().unwrap();
    let keys = TrustedKeys::parse(&secret.public().unwrap()).unwrap();
    let version = version();
    let signature = secret
        .sign(
            &Subject::Archive {
                name: "p",
                version: &version,
            },
            b"bytes",
        )
        .unwrap();
    let renamed = signature.replace("trusted comment: p ", "trusted comment: q ");
    let subject = Subject::Archive {
        name: "q",
        version: &version,
    };
    assert!(matches!(
        keys.verify(&subject, b"bytes", Some(&renamed)),
        Err(Error::Untrusted(_))
    ));
}

#[test]
fn only_trusted_keys_count() {
    let (ours, theirs) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let keys = TrustedKeys::parse(&ours.public().unwrap()).unwrap();
    let signature = theirs.sign(&Subject::Index, b"bytes").unwrap();
    assert!(matches!(
        keys.verify(&Subject::Index, b"bytes", Some(&signature)),
        Err(Error::Untrusted(_))
    ));
    assert!(matches!(
        TrustedKeys::default().verify(&Subject::Index, b"bytes", Some(&signature)),
        Err(Error::Untrusted(_))
    ));
}

#[test]
fn what_is_no_signature_is_refused_without_a_panic() {
    let secret = SecretKey::generate().unwrap();
    let keys = TrustedKeys::parse(&secret.public().unwrap()).unwrap();
    let signature = secret.sign(&Subject::Index, b"bytes").unwrap();
    for cut in 0..signature.trim_end().len() {
        assert!(
            keys.verify(&Subject::Index, b"bytes", Some(&signature[..cut]))
                .is_err(),
            "{cut}"
        );
    }
    let long = format!("{signature}{}", "x".repeat(SIGNATURE_BYTES_MAX));
    assert!(matches!(
        keys.verify(&Subject::Index, b"bytes", Some(&long)),
        Err(Error::Malformed(_))
    ));
}

#[test]
fn keys_are_read_from_lines_commas_and_files() {
    let keys =
        [SecretKey::generate().unwrap(), SecretKey::generate().unwrap()].map(|key| key.public().unwrap());
    let [a, b] = &keys;
    for text in [
        format!("{a},{b}"),
        format!("{a}\n{b}\r\n"),
        format!("# ours\n {a} # until May\n,\n{b}, {a}"),
        format!("untrusted comment: minisign public key: 12, 34\n{a}\nuntrusted comment: x\n{b}"),
    ] {
        let parsed = TrustedKeys::parse(&text).unwrap();
        assert_eq!(parsed.iter().collect::<Vec<_>>(), [a, b], "{text}");
    }
    assert!(TrustedKeys::parse(" \n# none").unwrap().is_empty());
    assert_eq!(
        TrustedKeys::parse(&a[1..]).unwrap_err(),
        KeyError::Key(a[1..].to_owned())
    );
    assert!(TrustedKeys::parse("RWQ").is_err());
}

#[test]
fn secret_keys_come_back_from_their_files() {
    let secret = SecretKey::generate().unwrap();
    let again = SecretKey::parse(&secret.to_file().unwrap(), None).unwrap();
    assert_eq!(again.public().unwrap(), secret.public().unwrap());
    assert!(matches!(
        SecretKey::parse("no key\nat all\n", None),
        Err(SignError::NoKey)
    ));
    let pair = minisign::KeyPair::generate_encrypted_keypair(Some("pass".to_owned())).unwrap();
    let encrypted = pair.sk.to_box(None).unwrap().into_string();
    assert!(matches!(
        SecretKey::parse(&encrypted, None),
        Err(SignError::NoPassword)
    ));
    assert!(matches!(
        SecretKey::parse(&encrypted, Some("word")),
        Err(SignError::WrongPassword)
    ));
    let key = SecretKey::parse(&encrypted, Some("pass")).unwrap();
    assert_eq!(key.public().unwrap(), pair.pk.to_base64());
}

//! What somebody tries who has the repository, the network or an old archive, and no key.

use super::*;

/// The code of the refusal, or what became of the pack's trust.
fn outcome(offer: &Offer<'_>, installed: &Installed, keys: &TrustedKeys) -> String {
    match decide(offer, installed, keys, now()) {
        Ok(plan) => {
            let trusted = plan.pack.is_some_and(|pack| pack.is_trusted());
            let trust = if trusted { "trusted" } else { "untrusted" };
            format!("{trust}, changed: {}", plan.changed)
        }
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[test]
fn an_archive_under_another_name_or_version_is_refused() {
    let secret = SecretKey::generate().unwrap();
    let keys = keys_of(&[&secret]);
    let old = pack("p", "1.0.0");
    let signature = old.sign(&secret);
    let offer = |request| old.offer(request, url("a.example"), Some(&signature));
    let none = Installed::new();
    assert_eq!(
        outcome(&offer(written("q", "1.0.0", false)), &none, &keys),
        "PACK_INVALID"
    );
    assert_eq!(
        outcome(&offer(written("p", "2.0.0", false)), &none, &keys),
        "PACK_INVALID"
    );
    assert_eq!(
        outcome(&offer(written("p", "1.0.0", false)), &none, &keys),
        "trusted, changed: true"
    );
    let installed = with(
        &old.offer(install(false), url("a.example"), Some(&signature)),
        &keys,
    );
    assert_eq!(
        outcome(&offer(Request::Update("q".to_owned())), &installed, &keys),
        "PACK_INVALID"
    );
}

#[test]
fn a_signature_of_another_archive_does_not_help() {
    let secret = SecretKey::generate().unwrap();
    let keys = keys_of(&[&secret]);
    let (good, evil) = (pack("p", "1.0.0"), pack_with("p", "1.0.0", "license: evil\n"));
    let signature = good.sign(&secret);
    let replayed = evil.offer(install(false), url("a.example"), Some(&signature));
    assert_eq!(outcome(&replayed, &Installed::new(), &keys), "SIGNATURE_INVALID");
    // Signed by the right key, as something else.
    let manifest = &evil.content.manifest;
    let subject = Subject::Archive {
        name: "other",
        version: &manifest.version,
    };
    let signature = secret.sign(&subject, &evil.archive).unwrap();
    let renamed = evil.offer(install(false), url("a.example"), Some(&signature));
    assert_eq!(outcome(&renamed, &Installed::new(), &keys), "SIGNATURE_INVALID");
    let signature = secret.sign(&Subject::Index, &evil.archive).unwrap();
    let as_index = evil.offer(install(false), url("a.example"), Some(&signature));
    assert_eq!(outcome(&as_index, &Installed::new(), &keys), "SIGNATURE_INVALID");
}

#[test]
fn an_old_signed_archive_cannot_be_played_back() {
    let secret = SecretKey::generate().unwrap();
    let keys = keys_of(&[&secret]);
    let (old, new) = (pack("p", "1.0.0"), pack("p", "2.0.0"));
    let signature = new.sign(&secret);
    let installed = with(
        &new.offer(install(false), url("a.example"), Some(&signature)),
        &keys,
    );
    let signature = old.sign(&secret);
    for request in [Request::Update("p".to_owned()), install(false)] {
        let replayed = old.offer(request, url("a.example"), Some(&signature));
        assert_eq!(outcome(&replayed, &installed, &keys), "VERSION_CONFLICT");
    }
}

#[test]
fn an_archive_under_the_hash_of_another_is_refused() {
    let pack = pack("p", "1.0.0");
    let offer = |sha256: &str| Offer {
        sha256: Some(sha256.to_owned()),
        ..pack.offer(install(false), url("a.example"), None)
    };
    assert_eq!(
        outcome(&offer(&"0".repeat(64)), &Installed::new(), &no_keys()),
        "PACK_INVALID"
    );
    let right = pack.content.sha256.to_uppercase();
    assert_eq!(
        outcome(&offer(&right), &Installed::new(), &no_keys()),
        "untrusted, changed: true"
    );
}

#[test]
fn with_keys_trust_replaces_no_signature_but_for_what_one_has_in_hand() {
    let (ours, theirs) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let keys = keys_of(&[&ours]);
    let pack = pack("p", "1.0.0");
    let none = Installed::new();
    let of = |trust, origin, signature: Option<&str>| {
        outcome(&pack.offer(install(trust), origin, signature), &none, &keys)
    };
    assert_eq!(of(true, url("a.example"), None), "SIGNATURE_INVALID");
    assert_eq!(of(false, url("a.example"), None), "SIGNATURE_INVALID");
    assert_eq!(of(false, Origin::Hand, None), "SIGNATURE_INVALID");
    assert_eq!(of(true, Origin::Hand, None), "trusted, changed: true");
    let (good, bad) = (pack.sign(&ours), pack.sign(&theirs));
    assert_eq!(of(false, url("a.example"), Some(&good)), "trusted, changed: true");
    assert_eq!(of(true, url("a.example"), Some(&bad)), "SIGNATURE_INVALID");
    assert_eq!(
        of(true, Origin::Hand, Some(&bad)),
        "SIGNATURE_INVALID",
        "a bad signature is worse than none"
    );
}

#[test]
fn an_update_by_another_key_waits_for_an_admin() {
    let (first, second) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let keys = keys_of(&[&first, &second]);
    let (old, new) = (pack("p", "1.0.0"), pack("p", "1.1.0"));
    let signature = old.sign(&first);
    let mut installed = with(
        &old.offer(install(false), url("a.example"), Some(&signature)),
        &keys,
    );
    let signature = new.sign(&second);
    let update = new.offer(
        Request::Update("p".to_owned()),
        url("a.example"),
        Some(&signature),
    );
    assert_eq!(outcome(&update, &installed, &keys), "SIGNATURE_INVALID");
    let anew = new.offer(install(false), url("a.example"), Some(&signature));
    decide(&anew, &installed, &keys, now())
        .unwrap()
        .apply(&mut installed);
    assert_eq!(source(&installed, "p").key, Some(second.public().unwrap()));
    let next = pack("p", "1.2.0");
    let signature = next.sign(&second);
    let update = next.offer(
        Request::Update("p".to_owned()),
        url("a.example"),
        Some(&signature),
    );
    assert_eq!(outcome(&update, &installed, &keys), "trusted, changed: true");
}

#[test]
fn taking_the_keys_away_does_not_open_the_door() {
    let secret = SecretKey::generate().unwrap();
    let keys = keys_of(&[&secret]);
    let (old, new) = (pack("p", "1.0.0"), pack("p", "1.1.0"));
    let signature = old.sign(&secret);
    let installed = with(
        &old.offer(install(false), url("a.example"), Some(&signature)),
        &keys,
    );
    let unsigned = new.offer(Request::Update("p".to_owned()), url("a.example"), None);
    assert_eq!(outcome(&unsigned, &installed, &no_keys()), "SIGNATURE_INVALID");
    let signature = new.sign(&secret);
    let signed = new.offer(
        Request::Update("p".to_owned()),
        url("a.example"),
        Some(&signature),
    );
    assert_eq!(outcome(&signed, &installed, &no_keys()), "trusted, changed: true");
}

#[test]
fn an_update_from_another_place_loses_trust_and_a_signed_one_does_not_win_it() {
    let (old, new) = (pack("p", "1.0.0"), pack("p", "1.1.0"));
    let update = |host, signature| new.offer(Request::Update("p".to_owned()), url(host), signature);
    let installed = with(&old.offer(install(true), url("a.example"), None), &no_keys());
    assert_eq!(
        outcome(&update("a.example", None), &installed, &no_keys()),
        "trusted, changed: true"
    );
    assert_eq!(
        outcome(&update("b.example", None), &installed, &no_keys()),
        "untrusted, changed: true"
    );
    let neighbour = Origin::Url("https://a.example/bob/p.zip".to_owned());
    assert_eq!(
        outcome(
            &new.offer(Request::Update("p".to_owned()), neighbour, None),
            &installed,
            &no_keys()
        ),
        "untrusted, changed: true"
    );
    let in_hand = with(&old.offer(install(true), Origin::Hand, None), &no_keys());
    assert_eq!(
        outcome(&update("a.example", None), &in_hand, &no_keys()),
        "untrusted, changed: true"
    );
    let secret = SecretKey::generate().unwrap();
    let untrusted = with(&old.offer(install(false), url("a.example"), None), &no_keys());
    let signature = new.sign(&secret);
    let signed = update("a.example", Some(&signature));
    assert_eq!(
        outcome(&signed, &untrusted, &keys_of(&[&secret])),
        "untrusted, changed: true"
    );
}

#[test]
fn a_repository_ends_where_its_path_does() {
    for (url, is_below) in [
        ("https://a.example/ours/packs/p/p-1.0.0.zip", true),
        ("https://A.example:443/ours/p.zip?ref=main", true),
        ("https://a.example/ours-too/p.zip", false),
        ("https://a.example/ours/../bob/p.zip", false),
        ("https://a.example/ours/%2e%2e/bob/p.zip", false),
        ("http://a.example/ours/p.zip", false),
        ("https://a.example.evil/ours/p.zip", false),
        ("ours/p.zip", false),
    ] {
        for repository in ["https://a.example/ours", "https://a.example/ours/"] {
            assert_eq!(super::is_below(url, repository), is_below, "{url}");
        }
    }
    assert!(super::is_below("https://a.example/p.zip", "https://a.example"));
}

#[test]
fn trust_ends_with_the_key_that_gave_it_and_a_word_with_the_first_key() {
    let (ours, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let (ours_alone, other_alone) = (keys_of(&[&ours]), keys_of(&[&other]));
    let pack = pack("p", "1.0.0");
    let signature = pack.sign(&ours);
    let vouched = pack.offer(install(true), url("a.example"), None);
    let signed = with(
        &pack.offer(install(false), url("a.example"), Some(&signature)),
        &ours_alone,
    );
    let by_word = with(&vouched, &no_keys());
    let in_hand = with(&pack.offer(install(true), Origin::Hand, None), &ours_alone);
    let trusts = |installed: &Installed| {
        [&ours_alone, &other_alone, &no_keys()].map(|keys| is_trusted(&installed["p"], keys))
    };
    assert_eq!(trusts(&signed), [true, false, false]);
    assert_eq!(trusts(&by_word), [false, false, true]);
    assert_eq!(trusts(&in_hand), [true, true, true]);
    // Who vouches anew is heard, although the same version is installed.
    let mut anew = signed;
    decide(&vouched, &anew, &no_keys(), now())
        .unwrap()
        .apply(&mut anew);
    assert_eq!(trusts(&anew), [false, false, true]);
}

#[test]
fn a_word_does_not_become_the_trust_of_a_key() {
    let key = SecretKey::generate().unwrap();
    let keys = keys_of(&[&key]);
    let pack = pack("p", "1.0.0");
    let mut installed = with(&pack.offer(install(true), url("a.example"), None), &no_keys());
    let before = installed.clone();
    let signature = pack.sign(&key);
    let update = Request::Update("p".to_owned());
    let update = pack.offer(update, Origin::Hand, Some(&signature));
    decide(&update, &installed, &keys, now())
        .unwrap()
        .apply(&mut installed);
    assert_eq!(installed, before);
    assert!(!is_trusted(&installed["p"], &keys));
}

#[test]
fn an_update_of_what_is_not_installed_installs_nothing() {
    let pack = pack("p", "1.0.0");
    let update = pack.offer(Request::Update("p".to_owned()), url("a.example"), None);
    assert_eq!(outcome(&update, &Installed::new(), &no_keys()), "PACK_NOT_FOUND");
}

#[test]
fn a_lock_file_restores_the_version_hash_and_key_that_it_records() {
    let (first, second) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let keys = keys_of(&[&first, &second]);
    let (old, new) = (pack("p", "1.0.0"), pack("p", "2.0.0"));
    let signature = old.sign(&first);
    let before = with(
        &old.offer(install(false), url("a.example"), Some(&signature)),
        &keys,
    );
    let locked = crate::lock::of_installed(&before).remove(0);
    let newer = new.sign(&first);
    let installed = with(&new.offer(install(false), url("a.example"), Some(&newer)), &keys);
    let offer = |signature| Offer {
        sha256: Some(locked.sha256.clone()),
        key: locked.key.clone(),
        ..old.offer(locked.request(), url("a.example"), Some(signature))
    };
    assert_eq!(
        outcome(&offer(&signature), &installed, &keys),
        "trusted, changed: true"
    );
    let other = old.sign(&second);
    assert_eq!(outcome(&offer(&other), &installed, &keys), "SIGNATURE_INVALID");
    assert_eq!(
        outcome(&offer(&signature), &installed, &no_keys()),
        "SIGNATURE_INVALID"
    );
    assert!(needs_signature(&no_keys(), before.get("p")));
    assert!(!needs_signature(&no_keys(), None));
}

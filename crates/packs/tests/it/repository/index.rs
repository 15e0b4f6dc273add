//! The copy of an index: renewed, kept, or served while there is no other.

use super::fixtures::{at, client, config, files, give, header, home, nowhere, open, paths, serve};
use crate::server::{Server, answer, path};
use packs::repository::{Cached, Client, Config, Error, IndexKind, Refreshed};
use std::{sync::Arc, time::Duration};

fn refresh(repository: &Client, copy: Option<&Cached>) -> Result<Refreshed, Error> {
    repository.index(IndexKind::Packs, copy, &mut |_, _| {})
}

fn fresh(repository: &Client) -> Cached {
    match refresh(repository, None) {
        Ok(Refreshed::Fresh(cached)) => cached,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_copy_is_renewed_by_its_etag() {
    let files = files(&[("/index.json", "{}"), ("/singles/index.json", "[]")]);
    let server = serve(&files);
    let (repository, pace) = client(&server);
    let copy = fresh(&repository);
    assert_eq!((&*copy.bytes, copy.fetched_at), (b"{}".as_slice(), at(0)));
    assert_eq!(Cached::parse(&copy.print()), Some(copy.clone()));
    pace.skip(Duration::from_secs(9));
    let renewed = Cached {
        fetched_at: at(9),
        ..copy.clone()
    };
    assert_eq!(
        refresh(&repository, Some(&copy)),
        Ok(Refreshed::Unchanged(renewed))
    );
    assert_eq!(header(&server.heads()[1], "if-none-match"), copy.etag.as_deref());

    files
        .lock()
        .unwrap()
        .insert("/index.json".to_owned(), b"{\"a\":1}".to_vec());
    let Ok(Refreshed::Fresh(next)) = refresh(&repository, Some(&copy)) else {
        panic!("it is another one");
    };
    assert!(&*next.bytes == b"{\"a\":1}" && next.etag != copy.etag);
    let singles = repository.index(IndexKind::Singles, None, &mut |_, _| {});
    assert!(matches!(singles, Ok(Refreshed::Fresh(index)) if &*index.bytes == b"[]"));
}

#[test]
fn the_same_bytes_are_the_same_index() {
    let server = Server::http(|_, out| answer(out, 200, "", b"{}"));
    let (repository, _) = client(&server);
    let copy = fresh(&repository);
    assert_eq!(copy.etag, None);
    assert_eq!(
        refresh(&repository, Some(&copy)),
        Ok(Refreshed::Unchanged(copy.clone()))
    );
    assert_eq!(header(&server.heads()[1], "if-none-match"), None);
    // A damaged copy does not make a request that cannot be sent.
    let damaged = Cached {
        etag: Some("a\nb".to_owned()),
        ..copy.clone()
    };
    assert_eq!(
        refresh(&repository, Some(&damaged)),
        Ok(Refreshed::Unchanged(copy))
    );
}

#[test]
fn a_copy_serves_while_the_repository_is_away() {
    let url = nowhere();
    let (repository, _) = open(&config(&url));
    assert!(matches!(
        refresh(&repository, None),
        Err(Error::Unavailable { .. })
    ));
    let copy = Cached {
        source: url,
        fetched_at: at(0),
        etag: None,
        bytes: (*b"{}").into(),
        signature: None,
    };
    let stale = refresh(&repository, Some(&copy));
    assert!(
        matches!(stale, Ok(Refreshed::Stale(Error::Unavailable { .. }))),
        "{stale:?}"
    );
    let other = Cached {
        source: nowhere() + "other/",
        ..copy
    };
    assert!(matches!(
        refresh(&repository, Some(&other)),
        Err(Error::Unavailable { .. })
    ));
}

#[test]
fn a_copy_of_another_repository_is_none() {
    let files = files(&[("/index.json", "{}")]);
    let server = serve(&files);
    let (repository, _) = client(&server);
    let copy = Cached {
        source: "https://other.example/".to_owned(),
        ..fresh(&repository)
    };
    assert!(matches!(
        refresh(&repository, Some(&copy)),
        Ok(Refreshed::Fresh(_))
    ));
    assert_eq!(header(&server.heads()[1], "if-none-match"), None);
}

#[test]
fn signatures_come_along_where_there_are_keys() {
    let files = files(&[
        ("/index.json", "{}"),
        ("/packs/a/a-1.0.0.zip", "z"),
        ("/packs/a/a-1.0.0.zip.minisig", "s"),
    ]);
    let server = serve(&files);
    let (without, _) = client(&server);
    let unsigned = fresh(&without);
    assert_eq!((paths(&server).len(), &unsigned.signature), (1, &None));

    let (repository, _) = open(&Config {
        with_signatures: true,
        ..config(&home(&server))
    });
    assert_eq!(fresh(&repository).signature, None);
    files
        .lock()
        .unwrap()
        .insert("/index.json.minisig".to_owned(), b"signed".to_vec());
    // The index is the same, but now it is signed.
    let Ok(Refreshed::Unchanged(signed)) = refresh(&repository, Some(&unsigned)) else {
        panic!("it is the same one");
    };
    assert_eq!(signed.signature.as_deref(), Some(b"signed".as_slice()));
    let asked = paths(&server).len();
    assert!(
        matches!(refresh(&repository, Some(&signed)), Ok(Refreshed::Unchanged(same)) if same.signature == signed.signature)
    );
    assert_eq!(paths(&server).len(), asked + 1);
    let archive = repository
        .archive(("a", &semver::Version::new(1, 0, 0)), true, &mut |_, _| {})
        .unwrap();
    assert_eq!(archive.signature.as_deref(), Some(b"s".as_slice()));
}

#[test]
fn a_signature_that_cannot_be_had_is_not_one_that_is_missing() {
    let files = files(&[("/index.json", "{}")]);
    let served = Arc::clone(&files);
    let server = Server::http(move |head, out| match path(head).ends_with(".minisig") {
        true => answer(out, 500, "", b""),
        false => give(&served, head, path(head), out),
    });
    let (repository, _) = open(&Config {
        with_signatures: true,
        ..config(&home(&server))
    });
    let error = refresh(&repository, None).unwrap_err().to_string();
    assert!(error.contains("`index.json.minisig`"), "{error}");
}

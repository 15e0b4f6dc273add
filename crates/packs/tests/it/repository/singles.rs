//! Single rules of a static server, file by file.

use super::fixtures::{TestPace, client, config, files, nowhere, open, paths, serve};
use crate::server::{Server, answer};
use packs::repository::{Error, Files, SINGLES_MAX, plan};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The SHA-256 of `a`.
const HASH_OF_A: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

fn listed(files: &[(&str, Option<&str>)]) -> Files {
    let owned = files
        .iter()
        .map(|(file, hash)| ((*file).to_owned(), hash.map(str::to_owned)));
    owned.collect()
}

#[test]
fn a_file_that_cannot_be_had_keeps_no_other_from_coming() {
    let files = files(&[
        ("/singles/rules/good.rule.yaml", "a"),
        ("/singles/rules/folder/upper.rule.yaml", "a"),
        ("/singles/rules/other.rule.yaml", "b"),
        ("/singles/rules/unhashed.rule.yaml", "b"),
    ]);
    let server = serve(&files);
    let upper = HASH_OF_A.to_uppercase();
    let listed = listed(&[
        ("good", Some(HASH_OF_A)),
        ("folder/upper", Some(&upper)),
        ("other", Some(HASH_OF_A)),
        ("unhashed", None),
        ("missing", None),
    ]);
    let mut heard = Vec::new();
    let plan = plan(&listed, &BTreeMap::new(), &BTreeSet::new());
    let round = client(&server)
        .0
        .singles(&plan, &mut |done, total| heard.push((done, total)));
    assert_eq!(
        round.files.keys().collect::<Vec<_>>(),
        ["folder/upper", "good", "unhashed"]
    );
    assert_eq!(round.stopped, None);
    assert_eq!(round.rest, ["missing".to_owned(), "other".to_owned()].into());
    let failed: Vec<_> = round
        .failed
        .iter()
        .map(|(file, error)| (file.as_str(), error.name()))
        .collect();
    assert_eq!(failed, [("missing", "not_found"), ("other", "invalid")]);
    assert_eq!((heard[0], heard[heard.len() - 1]), ((0, Some(5)), (3, Some(5))));
}

#[test]
fn a_server_without_an_archive_is_asked_file_by_file() {
    let names: Vec<String> = (0..=SINGLES_MAX).map(|number| format!("r{number}")).collect();
    let files = files(&[]);
    files.lock().unwrap().extend(
        names
            .iter()
            .map(|name| (format!("/singles/rules/{name}.rule.yaml"), b"a".to_vec())),
    );
    let server = serve(&files);
    let listed: Files = names.iter().map(|name| (name.clone(), None)).collect();
    let round = client(&server)
        .0
        .singles(&plan(&listed, &BTreeMap::new(), &BTreeSet::new()), &mut |_, _| {});
    assert_eq!((round.files.len(), round.rest.len()), (names.len(), 0));
    assert_eq!(paths(&server).len(), names.len());
}

#[test]
fn a_repository_that_is_away_stops_the_round() {
    let (repository, _) = open(&config(&nowhere()));
    let listed = listed(&[("a", None), ("b", None)]);
    let round = repository.singles(&plan(&listed, &BTreeMap::new(), &BTreeSet::new()), &mut |_, _| {});
    assert!(matches!(round.stopped, Some(Error::Unavailable { .. })));
    assert_eq!(
        (round.files.len(), round.failed.len(), round.rest.len()),
        (0, 0, 2)
    );
}

#[test]
fn a_round_at_a_slow_repository_ends_and_leaves_the_rest_to_the_next() {
    let pace: Arc<OnceLock<Arc<TestPace>>> = Arc::default();
    let clock = Arc::clone(&pace);
    let server = Server::http(move |_, out| {
        clock.get().unwrap().skip(Duration::from_secs(50));
        answer(out, 200, "", b"a")
    });
    let (client, moved) = client(&server);
    assert!(pace.set(moved).is_ok());
    let names = ["a", "b", "c", "d", "e", "f"].map(|name| (name, None));
    let listed = listed(&names);
    let round = client.singles(&plan(&listed, &BTreeMap::new(), &BTreeSet::new()), &mut |_, _| {});
    assert_eq!(round.files.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(round.rest, ["e".to_owned(), "f".to_owned()].into());
    assert_eq!((round.failed, round.stopped), (vec![], None));
}

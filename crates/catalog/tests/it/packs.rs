//! Packs in snapshots: which there are, and what becomes of their rules when they change.

use crate::{
    fixtures::css,
    writing::{Writing, id},
};
use rules::{Layer, State};
use store::{
    Edit, Expected, Look,
    contract::{pack, rule},
};

/// What the rules of the suite's packs match.
const PAGE: &str = "https://example.com/";

fn all(version: &str, packs: usize, rules: usize) -> Vec<Edit> {
    let ids: Vec<String> = (0..rules).map(|n| format!("r{n}")).collect();
    let css = format!("/*{version}*/");
    let rules: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, &*css)).collect();
    let install = |n: usize| Edit::Install(pack(&format!("p{n}"), version, &rules));
    (0..packs).map(install).collect()
}

#[tokio::test]
async fn a_hundred_packs_are_updated_by_one_publication() {
    let writing = Writing::of(Vec::new()).await;
    writing.catalog.write(all("1.0.0", 100, 10)).await.unwrap();
    let (before, refreshes) = (
        writing.catalog.snapshot().unwrap(),
        writing.catalog.status().refreshes.done,
    );
    writing.store.asked.lock().unwrap().clear();

    let after = writing.catalog.write(all("2.0.0", 100, 10)).await.unwrap();
    assert_eq!(after.revision().0, before.revision().0 + 1);
    assert_eq!(writing.catalog.status().refreshes.done, refreshes + 1);
    assert_eq!(
        *writing.store.asked.lock().unwrap(),
        [Some(Look::OwnWrites), None]
    );
    let versions = |snapshot: &catalog::Snapshot| {
        let packs = snapshot.packs().values();
        let versions: std::collections::BTreeSet<String> =
            packs.map(|pack| pack.version().unwrap().to_string()).collect();
        (snapshot.packs().len(), versions.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(versions(&before), (100, vec!["1.0.0".to_owned()]));
    assert_eq!(versions(&after), (100, vec!["2.0.0".to_owned()]));
    assert_eq!(after.set().entries().into_iter().count(), 1_000);
    assert!(css(&writing.catalog, PAGE).contains("/*2.0.0*/"));
}

#[tokio::test]
async fn an_override_without_its_pack_is_orphaned_until_that_comes_back() {
    let writing = Writing::of(Vec::new()).await;
    let over = Edit::Put {
        layer: Layer::Override,
        rule: rule("p0:r0", "/*mine*/"),
        replaces: Expected::Nothing,
    };
    let mut edits = all("1.0.0", 1, 1);
    edits.push(over);
    let states = |snapshot: &catalog::Snapshot| {
        let entries = snapshot.set().all_of("p0:r0").iter();
        let of_override = entries.filter(|entry| entry.sourced.origin.layer == Layer::Override);
        of_override.map(|entry| entry.state.clone()).collect::<Vec<_>>()
    };
    let installed = writing.catalog.write(edits).await.unwrap();
    assert_eq!(states(&installed), [State::Active]);
    let gone = writing
        .catalog
        .write(vec![Edit::Uninstall("p0".to_owned())])
        .await
        .unwrap();
    assert_eq!(states(&gone), [State::Orphaned]);
    assert!(gone.packs().is_empty());
    assert!(!css(&writing.catalog, PAGE).contains("mine"));
    // A change that is followed by differences keeps what is known of the packs.
    let followed = writing
        .catalog
        .write(vec![Edit::Disable(id("other"))])
        .await
        .unwrap();
    assert_eq!(states(&followed), states(&gone));
    let back = writing.catalog.write(all("2.0.0", 1, 1)).await.unwrap();
    assert_eq!(states(&back), [State::Active]);
    assert!(css(&writing.catalog, PAGE).contains("mine"));
    let followed = writing
        .catalog
        .write(vec![Edit::Enable(id("other"))])
        .await
        .unwrap();
    assert_eq!(followed.packs(), back.packs());
}

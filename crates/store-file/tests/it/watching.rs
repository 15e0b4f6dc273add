//! A store tells others' changes from its own.

use crate::tree::{RULE, Tree};
use rules::{Layer, RuleId};
use std::{
    fs::{self, File},
    io::Write as _,
    time::{Duration, Instant},
};
use store::{
    Edit, Expected, RuleStore as _,
    contract::{pack, rule, singles},
};
use store_file::FileStore;
use tokio::time::timeout;

/// Longer than anything here takes; a test that hangs must end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than a burst and the time between two comparisons together.
const QUIET: Duration = Duration::from_secs(2);

async fn is_told(store: &FileStore, within: Duration) -> bool {
    timeout(within, store.changed()).await.is_ok()
}

#[tokio::test]
async fn own_writes_are_not_told_and_others_are() {
    let tree = Tree::with(&[("local/hand.rule.yaml", RULE)]);
    // Links make hidden names count, which those of a write begin with.
    tree.link("hand.rule.yaml", "local/link.rule.yaml");
    let store = tree.writer();
    store.load().await.unwrap();
    assert!(
        is_told(&store, PATIENCE).await,
        "what was before the first call counts"
    );
    for n in 0..30 {
        let put = |n: usize| Edit::Put {
            layer: Layer::Local,
            rule: rule(&format!("r{n}"), &format!("css{n}")),
            replaces: Expected::Anything,
        };
        let remove = |n: usize| Edit::Remove {
            layer: Layer::Local,
            id: RuleId::parse(&format!("r{n}")).unwrap(),
            replaces: Expected::Anything,
        };
        let again = if n % 3 == 0 { remove(n) } else { put(n / 2) };
        let disable = Edit::Disable(RuleId::parse("hand").unwrap());
        store.write(&[put(n)]).await.unwrap();
        store.write(&[again, disable]).await.unwrap();
    }
    assert!(
        !is_told(&store, QUIET).await,
        "an own write was taken for another's"
    );
    tree.put("local/r1.rule.yaml", RULE);
    assert!(is_told(&store, PATIENCE).await);
}

#[tokio::test]
async fn what_others_bring_back_to_what_we_wrote_is_told() {
    let tree = Tree::with(&[("local/hand.rule.yaml", RULE)]);
    let store = tree.writer();
    store.load().await.unwrap();
    assert!(is_told(&store, PATIENCE).await);
    let remove = Edit::Remove {
        layer: Layer::Local,
        id: RuleId::parse("hand").unwrap(),
        replaces: Expected::Anything,
    };
    let install = Edit::Install(pack("p", "1.0.0", &[("a", "a{}")]));
    store.write(&[remove]).await.unwrap();
    store.write(&[install]).await.unwrap();
    assert!(!is_told(&store, QUIET).await, "both were ours");
    tree.put("local/hand.rule.yaml", RULE);
    assert!(is_told(&store, PATIENCE).await);
    fs::remove_file(tree.path("local/hand.rule.yaml")).unwrap();
    assert!(is_told(&store, PATIENCE).await, "it is gone, as we had left it");
    fs::rename(tree.path("community/p"), tree.path("away")).unwrap();
    assert!(is_told(&store, PATIENCE).await);
    fs::rename(tree.path("away"), tree.path("community/p")).unwrap();
    assert!(is_told(&store, PATIENCE).await, "it stands as we had left it");
}

#[tokio::test]
async fn own_changes_of_packs_are_not_told_and_others_are() {
    let tree = Tree::with(&[("local/hand.rule.yaml", RULE)]);
    let store = tree.writer();
    store.load().await.unwrap();
    assert!(is_told(&store, PATIENCE).await);
    let install = |version: &str, rules: &[(&str, &str)]| Edit::Install(pack("p", version, rules));
    let writes = [
        vec![install("1.0.0", &[("a", "a{}"), ("b", "a{}")])],
        vec![install("2.0.0", &[("b", "b{}"), ("c", "b{}")])],
        vec![singles("1.0.0", &[("a", "1{}"), ("b", "1{}")], &[])],
        vec![singles("2.0.0", &[("b", "2{}")], &["a"])],
        vec![Edit::Uninstall("p".to_owned())],
        vec![install("3.0.0", &[("a", "a{}")])],
    ];
    for edits in writes {
        store.write(&edits).await.unwrap();
        store.load().await.unwrap();
    }
    assert!(
        !is_told(&store, QUIET).await,
        "an own write was taken for another's"
    );
    tree.put("community/p/rules/a.rule.json", "{}");
    assert!(is_told(&store, PATIENCE).await);
}

/// A burst is one change, or a few where writing it takes longer than a store waits for its end.
#[tokio::test]
async fn ten_thousand_files_at_once_are_few_changes() {
    const FILES: usize = 10_000;
    let tree = Tree::with(&[("local/first.rule.yaml", RULE)]);
    let store = tree.writer();
    store.load().await.unwrap();
    assert!(is_told(&store, PATIENCE).await);
    let folder = tree.path("local");
    let copying = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        for n in 0..FILES {
            let mut file = File::create(folder.join(format!("r{n}.rule.yaml"))).unwrap();
            file.write_all(RULE.as_bytes()).unwrap();
        }
        began.elapsed()
    });
    let (mut changes, mut seen) = (0, 0);
    while seen <= FILES {
        assert!(is_told(&store, PATIENCE).await, "{seen} are seen");
        changes += 1;
        seen = store.load().await.unwrap().rules.len();
    }
    let took = copying.await.unwrap();
    // A burst ends by itself, or is looked at every half second.
    let most = 3 + took.as_millis() / 500;
    assert!(changes <= most, "{changes} changes in {took:?}");
}

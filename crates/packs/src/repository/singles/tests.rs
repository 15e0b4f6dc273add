//! Plans, compared with what they lead to.

use super::{Files, digest, plan};
use proptest::{collection, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

type Installed = BTreeMap<String, String>;

/// What the repository holds: few names and few contents, so that all cases meet.
fn contents() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    collection::btree_map("[a-e]", collection::vec(0..3_u8, 1), 0..5)
}

fn hashes(contents: &BTreeMap<String, Vec<u8>>) -> Installed {
    contents
        .iter()
        .map(|(file, bytes)| (file.clone(), digest(bytes)))
        .collect()
}

/// What is installed after a plan, with everything downloaded.
fn applied(installed: &Installed, contents: &BTreeMap<String, Vec<u8>>, plan: &super::Plan) -> Installed {
    let mut after = installed.clone();
    after.retain(|file, _| !plan.remove.contains(file));
    after.extend(
        plan.download
            .keys()
            .map(|file| (file.clone(), digest(&contents[file]))),
    );
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Feature: asset-injector, Property: a sync of single rules leads to what the index lists, and twice is once
    #[test]
    fn a_sync_leads_to_what_is_listed(
        now in contents(),
        before in contents(),
        hashed in collection::btree_set("[a-e]", 0..5),
    ) {
        let listed: Files = now
            .iter()
            .map(|(file, bytes)| (file.clone(), hashed.contains(file).then(|| digest(bytes))))
            .collect();
        let installed = hashes(&before);
        let again: BTreeSet<String> = listed.keys().cloned().collect();
        let first = plan(&listed, &installed, &again);
        let after = applied(&installed, &now, &first);
        prop_assert_eq!(&after, &hashes(&now));
        prop_assert!(plan(&listed, &after, &BTreeSet::new()).is_empty());
        // Only what must: a file that is there with its hash does not come again.
        for file in first.download.keys().filter(|file| hashed.contains(*file)) {
            prop_assert_ne!(installed.get(file), Some(&digest(&now[file])));
        }
    }

    /// Feature: asset-injector, Property: a sync of single rules that stops anywhere goes on to the same end
    #[test]
    fn a_sync_goes_on_where_it_stopped(now in contents(), before in contents(), stop in 0..5_usize) {
        let listed: Files = now.keys().map(|file| (file.clone(), None)).collect();
        let installed = hashes(&before);
        let whole = plan(&listed, &installed, &listed.keys().cloned().collect());
        let mut part = whole.clone();
        let rest: BTreeSet<String> = part.download.keys().skip(stop).cloned().collect();
        part.download.retain(|file, _| !rest.contains(file));
        let between = applied(&installed, &now, &part);
        let next = plan(&listed, &between, &rest);
        prop_assert_eq!(next.download.keys().cloned().collect::<BTreeSet<_>>(), rest);
        prop_assert_eq!(applied(&between, &now, &next), hashes(&now));
    }
}

#[test]
fn most_is_more_than_half_of_what_is_installed() {
    let installed = |names: &[&str]| -> Installed {
        names
            .iter()
            .map(|name| ((*name).to_owned(), String::new()))
            .collect()
    };
    let listed: Files = [("a".to_owned(), None), ("b".to_owned(), None)].into();
    let removes_most = |names: &[&str]| plan(&listed, &installed(names), &BTreeSet::new()).removes_most();
    assert!(!removes_most(&[]) && !removes_most(&["a", "b"]) && !removes_most(&["a", "b", "c", "d"]));
    assert!(removes_most(&["a", "b", "c", "d", "e"]) && removes_most(&["c"]));
}

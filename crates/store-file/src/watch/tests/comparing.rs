//! Comparing beside writes.

use super::{Listing, Watch, Watched};
use crate::watch::LISTINGS_MAX;

/// A watch, and the tree whose listings it compares.
struct Compared {
    watch: Watch,
    tree: Watched,
}

impl Compared {
    fn list(&self) -> Listing {
        Listing::take(&self.tree.folders(), &self.watch.shared.hasher, None)
    }

    /// How many listings are made of the tree as if it were new, how many of them a write would have to wait for, and
    /// what is found; `meanwhile` happens during each listing for which no write waits.
    fn compare(&self, mut meanwhile: impl FnMut(u32)) -> (u32, u32, bool) {
        let shared = &self.watch.shared;
        let (mut listings, mut waited_for) = (0, 0);
        let (_, is_foreign) = shared.compare(&Listing::default(), || {
            let is_free = shared.own.try_lock().is_ok();
            match is_free {
                true => meanwhile(listings),
                false => waited_for += 1,
            }
            listings += 1;
            self.list()
        });
        (listings, waited_for, is_foreign)
    }

    fn write(&self) {
        drop(self.watch.writing());
    }
}

#[test]
fn no_write_waits_for_a_listing_unless_there_is_always_one() {
    let tree = Watched::new();
    let watch = Watch::new(tree.folders());
    let compared = Compared { watch, tree };
    assert_eq!(compared.compare(|_| ()), (1, 0, true));
    // What it is about may have been seen before it was done.
    let writes_twice = |listing| {
        if listing < 2 {
            compared.write();
        }
    };
    assert_eq!(compared.compare(writes_twice), (3, 0, true));
    let writes_always = |_| compared.write();
    assert_eq!(compared.compare(writes_always), (LISTINGS_MAX + 1, 1, true));
    // All of it is ours.
    let (all, none) = (compared.list(), Listing::default());
    let ours = all.differences(&none);
    compared.watch.shared.own().stamps.extend(ours);
    assert_eq!(compared.compare(writes_always), (1, 0, false));
}

/// Where nothing is told, this is all that finds it.
#[test]
fn what_others_bring_back_to_what_we_wrote_is_a_change() {
    let tree = Watched::new();
    let watch = Watch::new(tree.folders());
    let path = "local/sub/a.rule.yaml";
    let compared = Compared { watch, tree };
    let (shared, tree) = (&compared.watch.shared, &compared.tree);
    let mut seen = compared.list();
    let mut is_found = || {
        let (listing, is_foreign) = shared.compare(&seen, || compared.list());
        seen = listing;
        is_foreign
    };
    std::fs::remove_file(tree.path(path)).unwrap();
    compared.watch.writing().wrote(&tree.path(path));
    assert!(!is_found(), "we removed it");
    tree.put(path);
    assert!(is_found());
    std::fs::remove_file(tree.path(path)).unwrap();
    assert!(is_found(), "they removed it");
}

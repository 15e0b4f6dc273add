//! Keeping on a disk that comes late.

use super::{KEEP_EVERY, LastGood};
use crate::assemble::SystemClock;
use catalog::{Catalog, Settings, Threads};
use rules::{Mode, PackJs, StackLimits};
use std::{fs, sync::Arc, time::Duration};
use store::MemoryStore;
use tokio::{
    select,
    time::{pause, sleep},
};

async fn catalog(store: Arc<MemoryStore>) -> Catalog {
    let settings = Settings {
        default_mode: Mode::Best,
        stack: StackLimits::default(),
        pack_js: PackJs::Trusted,
        keys: packs::signature::TrustedKeys::default(),
        rules_max: 100,
        cache_entries_max: 0,
        cache_ttl: Duration::from_secs(3600),
        delta_max: 4,
        threads: Threads::Apart,
    };
    let catalog = Catalog::new(store, Arc::new(SystemClock), settings);
    catalog.refresh().await.unwrap();
    catalog
}

/// Nothing is published meanwhile.
#[tokio::test]
async fn what_cannot_be_kept_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // In the way of the folder.
    fs::File::create(&data).unwrap();
    let last_good = LastGood {
        path: data.join("last-good.backup.gz"),
    };
    let store = Arc::new(MemoryStore::default());
    let catalog = catalog(Arc::clone(&store)).await;
    pause();
    let comes_late = async {
        sleep(KEEP_EVERY / 2).await;
        fs::remove_file(&data).unwrap();
        sleep(KEEP_EVERY).await;
    };
    select! {
        () = last_good.keep_up(&*store, &catalog) => unreachable!("it goes on for as long as the catalog is there"),
        () = comes_late => {}
    }
    assert!(last_good.path.is_file());
}

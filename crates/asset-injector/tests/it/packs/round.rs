//! From the files of a pack's author to the rules in force: whatever can be built can be installed, in every store,
//! and nothing is lost on the way.

mod source;

use catalog::{Catalog, Install, KeptInMemory, Packs, Settings, Snapshot, Sources, Threads};
use packs::{
    archive,
    content::{self, Content},
    fetch::{Exceptions, Fetcher},
    signature::TrustedKeys,
};
use pg_test::Server;
use proptest::test_runner::{Config, TestRunner};
use rules::{Layer, Mode, PackJs, StackLimits, State, Timestamp};
use semver::Version;
use source::{Source, any_source};
use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use store::{ErrorKind, MemoryStore, RuleStore};
use store_file::{Access, FileStore, Folders};
use store_pg::{PgStore, Settings as PgSettings, Target};
use tokio::runtime::{Builder, Runtime};

const CASES: u32 = 100;
const ENGINE: Version = Version::new(1, 2, 3);

/// 2026-01-01T00:00:00Z, at which the clock stands.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn catalog(store: Arc<dyn RuleStore>) -> Arc<Catalog> {
    let settings = Settings {
        default_mode: Mode::All,
        stack: StackLimits::default(),
        pack_js: PackJs::Trusted,
        keys: TrustedKeys::default(),
        rules_max: 100_000,
        cache_entries_max: 0,
        cache_ttl: Duration::from_secs(60),
        delta_max: 4,
        threads: Threads::Same,
    };
    Arc::new(Catalog::new(store, Arc::new(NOW), settings))
}

fn packs(store: Arc<dyn RuleStore>) -> Packs {
    let sources = Sources {
        repository: None,
        fetcher: Fetcher::new(Exceptions::default()),
        keep: Arc::<KeptInMemory>::default(),
        index_ttl: Duration::from_secs(60),
        held_bytes_max: catalog::HELD_BYTES_MAX,
        engine: ENGINE,
    };
    Packs::new(catalog(store), sources)
}

/// Builds the archive as `packs build` does.
#[track_caller]
fn built(source: &Source) -> (Vec<u8>, Content) {
    let checked = content::of_files(&source.files, &ENGINE).unwrap_or_else(|error| panic!("{error}"));
    let left_out: Vec<_> = checked.warnings.iter().map(|warning| &*warning.file).collect();
    assert_eq!(left_out, source.left_out);
    let archive = archive::build(&checked.files).unwrap();
    let again = content::of_archive(&archive, &ENGINE).unwrap();
    assert_eq!((&again.files, again.warnings.len()), (&checked.files, 0));
    (archive, again)
}

/// The rules and the manifest in force are those of the source.
#[track_caller]
fn assert_in_force(snapshot: &Snapshot, source: &Source) {
    let name = &*source.manifest.name;
    assert_eq!(snapshot.problems().len(), 0);
    assert_eq!(snapshot.packs()[name].manifest.as_ref(), Some(&source.manifest));
    let entries: Vec<_> = snapshot.set().entries().into_iter().collect();
    assert_eq!(entries.len(), source.rules.len());
    for rule in &source.rules {
        let id = rule.id();
        let [entry] = snapshot.set().all_of(id.as_str()) else {
            panic!("{id} is not there once");
        };
        let (found, origin) = (&entry.sourced.rule, &entry.sourced.origin);
        assert!(found.same_rule(rule), "{rule:#?}\n{found:#?}");
        assert_eq!(found.updated_at(), rule.updated_at());
        assert_eq!(
            (origin.layer, origin.pack_name.as_deref()),
            (Layer::Community, Some(name))
        );
        assert_eq!(entry.state, State::Active, "{id}");
    }
}

/// Builds and installs a source, looks at what is in force, there and in a catalog that begins anew over the same
/// place, and takes the pack out again.
async fn round(source: &Source, open: &dyn Fn() -> Arc<dyn RuleStore>) {
    let (archive, content) = built(source);
    let store = open();
    let packs = packs(Arc::clone(&store));
    packs.catalog().refresh().await.unwrap();
    let installed = packs.install(Install::Archive(archive.into(), None), true).await;
    let installed = installed.unwrap_or_else(|error| panic!("{error}"));
    assert!(installed.packs[0].changed);
    assert_in_force(&installed.snapshot, source);
    let name = &*source.manifest.name;
    assert_eq!(store.pack_files(name).await.unwrap(), content.files);
    drop((packs, installed, store));

    let store = open();
    let packs = self::packs(store);
    let snapshot = packs.catalog().refresh().await.unwrap();
    assert_in_force(&snapshot, source);
    let gone = packs.uninstall(name.to_owned(), true).await.unwrap();
    assert_eq!(gone.snapshot.set().entries().into_iter().count(), 0);
}

/// Feature: asset-injector, Property: whatever can be built can be installed, with equal rules
#[track_caller]
fn whatever_is_built_is_installed(place: impl Fn() -> Box<dyn Fn() -> Arc<dyn RuleStore>>) {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(CASES)
    });
    let runtime = runtime();
    let outcome = runner.run(&any_source(), |source| {
        runtime.block_on(round(&source, &*place()));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn in_memory_rules_are_those_of_the_source() {
    whatever_is_built_is_installed(|| {
        let store: Arc<dyn RuleStore> = Arc::new(MemoryStore::default());
        Box::new(move || Arc::clone(&store))
    });
}

#[test]
fn in_files_rules_are_those_of_the_source() {
    whatever_is_built_is_installed(|| {
        let folder = tempfile::tempdir().unwrap();
        Box::new(move || Arc::new(opened(folder.path())))
    });
}

/// Opens the tree. A process that another test is about to start has the lock as well until it runs its own program.
fn opened(root: &Path) -> FileStore {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let folders = Folders::below(root);
        match FileStore::open(folders, Access::ReadWrite, Arc::new(NOW)) {
            Err(error) if error.kind == ErrorKind::InUse && Instant::now() < until => {
                thread::sleep(Duration::from_millis(10));
            }
            opened => return opened.unwrap(),
        }
    }
}

#[test]
fn in_a_database_rules_are_those_of_the_source() {
    let database = Server::shared().database();
    let settings = PgSettings {
        target: Target::parse(&database.url()).unwrap(),
        pool_max: 2,
        statement_timeout: Duration::from_secs(20),
        read_only: None,
    };
    let store: Arc<dyn RuleStore> = Arc::new(PgStore::open(settings).unwrap());
    whatever_is_built_is_installed(|| {
        let store = Arc::clone(&store);
        Box::new(move || Arc::clone(&store))
    });
}

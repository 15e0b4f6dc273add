//! The servers, the database, and the ways between them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use pg_test::{Database, Options, Proxy};
use serde_json::Value;

use super::history::Instance;
use super::{WELL_WITHIN, clients, leases};
use crate::http;
use crate::server::Server;
use crate::shell;
use crate::static_site::StaticSite;

/// How many servers there are.
pub(super) const COUNT: usize = 3;
/// What the database and its log need, and little more.
const ROOM_MIB: u32 = 256;
const POLL: Duration = Duration::from_millis(20);

/// Everything that a server has, by the names of the registers.
pub(super) type Registers = BTreeMap<String, String>;

/// What servers run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'p> {
    pub(super) path: &'p Path,
    /// Whether it plays the next release.
    pub(super) is_next: bool,
}

/// What a server says of itself.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) is_well: bool,
    pub(super) revision: u64,
}

/// How a server is.
pub(super) fn health(address: SocketAddr) -> Result<Health> {
    let said: Value = serde_json::from_str(&http::get(address, "/health")?.body)?;
    let data = &said["data"];
    let revision = data["components"]["engine"]["revision"].as_u64();
    Ok(Health {
        is_well: data["status"] == "ok",
        revision: revision.context("the health has no revision")?,
    })
}

/// A process in its place.
struct Placed {
    server: Server,
    number: usize,
}

/// Three servers on one database, each with its own way to it, and a repository of packs.
pub(super) struct Replicas {
    // The order is that of their end: servers, ways, database.
    servers: Vec<RwLock<Placed>>,
    pub(super) ways: Vec<Proxy>,
    pub(super) database: Database,
    pub(super) repository: StaticSite,
    scratch: PathBuf,
    pub(super) postgres: pg_test::Server,
}

impl Replicas {
    /// Starts servers of that program; what they write stays in `scratch`.
    pub(super) fn start(scratch: &Path, program: Program<'_>) -> Result<Self> {
        let postgres = pg_test::Server::start(Options {
            is_durable: true,
            room_mib: Some(ROOM_MIB),
        });
        let folder = scratch.join("repository");
        clients::make_repository(program.path, &folder)?;
        let mut replicas = Self {
            servers: Vec::new(),
            ways: (0..COUNT).map(|_| Proxy::to(postgres.port())).collect(),
            database: postgres.database(),
            repository: StaticSite::over(&folder)?,
            scratch: scratch.to_owned(),
            postgres,
        };
        shell::run(
            Command::new(program.path)
                .arg("migrate")
                .env("DATABASE_URL", replicas.database.url())
                .env("DATA_DIR", scratch.join("data")),
        )?;
        leases::record(&replicas.database);
        for n in 0..COUNT {
            let server = replicas.server(n, program)?;
            replicas.servers.push(RwLock::new(Placed { server, number: 0 }));
        }
        Ok(replicas)
    }

    /// A server that is ready, on the `n`th way.
    fn server(&self, n: usize, program: Program<'_>) -> Result<Server> {
        let folder = self.scratch.join(format!("replica-{n}"));
        let name = leases::name_of(n);
        let url = self.database.url_at(self.ways[n].port());
        let url = format!("{url}?application_name={name}");
        let repository = self.repository.url();
        let mut settings = vec![
            ("COMMUNITY_REPO_URL", &*repository),
            // By this the repository knows it.
            ("COMMUNITY_REPO_TOKEN", &name),
            ("SINGLES_SYNC_ENABLED", "true"),
            ("SINGLES_SYNC_INTERVAL", "1m"),
        ];
        if program.is_next {
            settings.push(("ASSET_INJECTOR_REHEARSAL", "true"));
        }
        let mut server = Server::start_on_database(program.path, &url, &folder, &settings)?;
        server.wait_until_ready(POLL)?;
        Ok(server)
    }

    /// Puts a server of that program in the place of one: it is well first, then nobody asks the old one any more,
    /// which ends what it has begun. One that is only ready may serve what was kept for as long as it migrates.
    pub(super) fn replace(&self, n: usize, program: Program<'_>) -> Result<()> {
        let server = self.server(n, program)?;
        wait_until(
            1,
            "well",
            WELL_WITHIN,
            |_| health(server.address),
            |all| all[0].is_well,
        )?;
        let old = {
            let mut placed = self.servers[n].write().expect("nobody panics with it");
            let number = placed.number + 1;
            std::mem::replace(&mut *placed, Placed { server, number })
        };
        old.server.stop(Duration::ZERO)
    }

    fn placed(&self, n: usize) -> RwLockReadGuard<'_, Placed> {
        self.servers[n].read().expect("nobody panics with it")
    }

    /// Which process is asked in that place, and where it listens.
    pub(super) fn asked(&self, n: usize) -> (Instance, SocketAddr) {
        let placed = self.placed(n);
        let instance = Instance {
            server: n,
            number: placed.number,
        };
        (instance, placed.server.address)
    }

    /// How a server is.
    pub(super) fn health(&self, n: usize) -> Result<Health> {
        health(self.asked(n).1)
    }

    /// Lets a server stand still.
    pub(super) fn pause(&self, n: usize) -> Result<()> {
        self.placed(n).server.pause()
    }

    /// Lets a server go on.
    pub(super) fn resume(&self, n: usize) -> Result<()> {
        self.placed(n).server.resume()
    }

    /// Waits until each says that it is well.
    pub(super) fn wait_until_well(&self, limit: Duration) -> Result<()> {
        let are_well = |all: &[Health]| all.iter().all(|one| one.is_well);
        self.wait_until("well", limit, are_well)
    }

    /// Waits until all have the same state, which they must by themselves while nobody writes.
    pub(super) fn wait_until_equal(&self, limit: Duration) -> Result<()> {
        let are_equal = |all: &[Health]| all.iter().all(|one| one.revision == all[0].revision);
        self.wait_until("at the same revision", limit, are_equal)
    }

    fn wait_until(&self, what: &str, limit: Duration, holds: impl Fn(&[Health]) -> bool) -> Result<()> {
        wait_until(COUNT, what, limit, |n| self.health(n), holds)
    }

    /// The version of the schema.
    pub(super) fn schema(&self) -> String {
        self.database
            .sql("SELECT max(version) FROM asset_injector.schema_migration")
    }

    pub(super) fn stop(self) -> Result<()> {
        let mut servers = self.servers.into_iter();
        servers.try_for_each(|placed| {
            let placed = placed.into_inner().expect("nobody panics with it");
            placed.server.stop(Duration::ZERO)
        })
    }
}

/// Waits until it holds of so many servers.
fn wait_until(
    count: usize,
    what: &str,
    limit: Duration,
    health: impl Fn(usize) -> Result<Health>,
    holds: impl Fn(&[Health]) -> bool,
) -> Result<()> {
    let began = Instant::now();
    loop {
        let all = (0..count).map(&health).collect::<Result<Vec<_>>>()?;
        if holds(&all) {
            return Ok(());
        }
        if began.elapsed() > limit {
            bail!("not all servers are {what} after {} s: {all:?}", limit.as_secs());
        }
        std::thread::sleep(POLL);
    }
}

//! The servers, the database, and the ways between them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use pg_test::{Database, Options, Proxy};
use serde_json::Value;

use crate::http;
use crate::server::Server;

/// How many servers there are.
pub(super) const COUNT: usize = 3;
/// What the database and its log need, and little more.
const ROOM_MIB: u32 = 256;
const POLL: Duration = Duration::from_millis(20);

/// What a server says of itself.
#[derive(Debug)]
pub(super) struct Health {
    is_well: bool,
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

/// Three servers on one database, each with its own way to it.
pub(super) struct Replicas {
    // The order is that of their end: servers, ways, database.
    servers: Vec<RwLock<Server>>,
    pub(super) ways: Vec<Proxy>,
    database: Database,
    scratch: PathBuf,
    pub(super) postgres: pg_test::Server,
}

impl Replicas {
    /// Starts servers of that program; what they write stays in `scratch`.
    pub(super) fn start(scratch: &Path, program: &Path) -> Result<Self> {
        let postgres = pg_test::Server::start(Options {
            is_durable: true,
            room_mib: Some(ROOM_MIB),
        });
        let mut replicas = Self {
            servers: Vec::new(),
            ways: (0..COUNT).map(|_| Proxy::to(postgres.port())).collect(),
            database: postgres.database(),
            scratch: scratch.to_owned(),
            postgres,
        };
        for n in 0..COUNT {
            let server = replicas.server(n, program)?;
            replicas.servers.push(RwLock::new(server));
        }
        Ok(replicas)
    }

    /// A server that is ready, on the `n`th way.
    fn server(&self, n: usize, program: &Path) -> Result<Server> {
        let folder = self.scratch.join(format!("replica-{n}"));
        let url = self.database.url_at(self.ways[n].port());
        let mut server = Server::start_on_database(program, &url, &folder)?;
        server.wait_until_ready(POLL)?;
        Ok(server)
    }

    /// Puts a server of that program in the place of one: it is ready first, then nobody asks the old one any more,
    /// which ends what it has begun.
    pub(super) fn replace(&self, n: usize, program: &Path) -> Result<()> {
        let new = self.server(n, program)?;
        let old = std::mem::replace(&mut *self.write(n), new);
        old.stop(Duration::ZERO)
    }

    fn write(&self, n: usize) -> RwLockWriteGuard<'_, Server> {
        self.servers[n].write().expect("nobody panics with it")
    }

    pub(super) fn address(&self, n: usize) -> SocketAddr {
        self.servers[n].read().expect("nobody panics with it").address
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        (0..COUNT).map(|n| self.address(n))
    }

    /// Any of them.
    pub(super) fn any(&self, random: &mut fastrand::Rng) -> SocketAddr {
        self.address(random.usize(..COUNT))
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
        let began = Instant::now();
        loop {
            let all = self.addresses().map(health).collect::<Result<Vec<_>>>()?;
            if holds(&all) {
                return Ok(());
            }
            if began.elapsed() > limit {
                bail!("not all servers are {what} after {} s: {all:?}", limit.as_secs());
            }
            std::thread::sleep(POLL);
        }
    }

    /// The version of the schema.
    pub(super) fn schema(&self) -> String {
        self.database
            .sql("SELECT max(version) FROM asset_injector.schema_migration")
    }

    /// The rules of a server, by their ids: their style sheets.
    pub(super) fn rules(&self, n: usize) -> Result<std::collections::BTreeMap<String, String>> {
        let mut rules = std::collections::BTreeMap::new();
        let mut path = "/v1/rules?limit=1000".to_owned();
        loop {
            let body: Value = serde_json::from_str(&http::get(self.address(n), &path)?.body)?;
            let page = &body["data"];
            for rule in page["rules"].as_array().context("`rules` is a list")? {
                let text = |field: &str| rule[field].as_str().unwrap_or_default().to_owned();
                rules.insert(text("id"), text("css"));
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/v1/rules?limit=1000&cursor={cursor}"),
                None => return Ok(rules),
            }
        }
    }

    pub(super) fn stop(self) -> Result<()> {
        let mut servers = self.servers.into_iter();
        servers.try_for_each(|server| {
            server
                .into_inner()
                .expect("nobody panics with it")
                .stop(Duration::ZERO)
        })
    }
}

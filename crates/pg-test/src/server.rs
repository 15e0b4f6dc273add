//! A server and its databases.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// The account of the Debian package; the server refuses to run as root.
const ACCOUNT: &str = "postgres";

/// How often another port is tried.
const TRIES: u32 = 5;

/// Ends what is left of a test in a database, and takes out all that it made.
const EMPTY: &str = "
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    DROP SCHEMA IF EXISTS asset_injector CASCADE";

static SHARED: OnceLock<Server> = OnceLock::new();
static NEXT_DATABASE: AtomicU32 = AtomicU32::new(0);

/// A running server. Everyone on this machine may do everything in it.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    port: u16,
    /// Ends the server when its standard input ends.
    guard: Child,
    /// Databases that nobody uses any more: to empty one is quicker than to drop it and make another.
    used: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// The server of this process, started at the first call.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server that ends when it is dropped, or with this process.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start() -> Self {
        let programs = programs();
        let mut said = String::new();
        for _ in 0..TRIES {
            match Self::try_start(&programs) {
                Ok(server) => return server,
                Err(error) => said = error,
            }
        }
        panic!("PostgreSQL does not start: {said}");
    }

    fn try_start(programs: &Path) -> Result<Self, String> {
        let port = free_port();
        let mut guard = as_account("sh");
        let guard = guard.arg("-c").arg(include_str!("guard.sh")).arg("guard");
        let mut guard = guard
            .arg(programs)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut line = String::new();
        let said = guard.stdout.take().expect("it was asked for");
        BufReader::new(said)
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        if line == "ready\n" {
            let programs = programs.to_owned();
            return Ok(Self {
                programs,
                port,
                guard,
                used: Arc::default(),
            });
        }
        let mut complaint = String::new();
        let mut stderr = guard.stderr.take().expect("it was asked for");
        let _ = stderr.read_to_string(&mut complaint);
        let _ = guard.wait();
        Err(complaint)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An empty database, for nobody else as long as what is returned is there.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn database(&self) -> Database {
        let used = self.used.lock().expect("no holder panics").pop();
        let is_used = used.is_some();
        let n = NEXT_DATABASE.fetch_add(1, Ordering::Relaxed);
        let database = Database {
            name: used.unwrap_or_else(|| format!("test_{n}")),
            port: self.port,
            programs: self.programs.clone(),
            used: Arc::clone(&self.used),
        };
        match is_used {
            true => drop(database.sql(EMPTY)),
            false => drop(database.psql("postgres", &format!("CREATE DATABASE {}", database.name))),
        }
        database
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A database of a server.
#[derive(Debug)]
pub struct Database {
    name: String,
    port: u16,
    programs: PathBuf,
    used: Arc<Mutex<Vec<String>>>,
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of the database.
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Its URL behind another port.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgresql://{ACCOUNT}@127.0.0.1:{port}/{}", self.name)
    }

    /// Runs statements and returns what they print: a line a row, columns separated by `|`.
    ///
    /// # Panics
    ///
    /// When one of them fails.
    pub fn sql(&self, text: &str) -> String {
        self.psql(&self.name, text)
    }

    fn psql(&self, database: &str, text: &str) -> String {
        let port = self.port.to_string();
        let said = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-h", "127.0.0.1", "-U", ACCOUNT, "-p", &port, "-d", database])
            .args(["-c", text])
            .output()
            .expect("psql can be started");
        let complaint = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "`{text}` failed: {complaint}");
        String::from_utf8_lossy(&said.stdout).trim_end().to_owned()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.used
            .lock()
            .expect("no holder panics")
            .push(std::mem::take(&mut self.name));
    }
}

/// The folder of the newest version's programs.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(number);
    let newest = newest.expect("the Debian package `postgresql` is installed");
    newest.join("bin")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("this machine has a free port");
    listener.local_addr().expect("it listens").port()
}

/// A command that does not run as root.
fn as_account(program: &str) -> Command {
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", ACCOUNT, "--", program]);
    command
}

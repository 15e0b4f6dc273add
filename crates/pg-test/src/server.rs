//! A server and its databases.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Who may do everything in a server.
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

/// How a server is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether what is committed outlives the machine, as it does in production; without it, tests are quicker.
    pub is_durable: bool,
    /// How many MiB there are for all of its files; `None`: as many as the machine has. Only root can limit them.
    pub room_mib: Option<u32>,
}

/// A running server. Everyone on this machine may do everything in it.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    port: u16,
    /// Ends the server when its standard input ends.
    guard: Mutex<Guard>,
    /// Where its files are.
    folder: PathBuf,
    has_own_room: bool,
    /// Databases that nobody uses any more: to empty one is quicker than to drop it and make another.
    used: Arc<Mutex<Vec<String>>>,
}

/// The process beside the server.
#[derive(Debug)]
struct Guard {
    process: Child,
    said: BufReader<ChildStdout>,
}

/// Takes all the room that a server has, until it is dropped.
#[derive(Debug)]
pub struct Ballast(PathBuf);

impl Server {
    /// The server of this process, started at the first call.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start(Options::default()))
    }

    /// Starts a server that ends when it is dropped, or with this process.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(options: Options) -> Self {
        let programs = programs();
        let mut complaint = String::new();
        for _ in 0..TRIES {
            match Self::try_start(&programs, options) {
                Ok(server) => return server,
                Err(error) => complaint = error,
            }
        }
        panic!("PostgreSQL does not start: {complaint}");
    }

    fn try_start(programs: &Path, options: Options) -> Result<Self, String> {
        let port = free_port();
        let careless = [
            "-c",
            "fsync=off",
            "-c",
            "synchronous_commit=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "autovacuum=off",
        ];
        let mut process = Command::new("sh")
            .args(["-c", include_str!("guard.sh"), "guard"])
            .arg(programs)
            .arg(port.to_string())
            .arg(options.room_mib.map(|room| room.to_string()).unwrap_or_default())
            .args(careless.into_iter().filter(|_| !options.is_durable))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let said = process.stdout.take().expect("it was asked for");
        let mut guard = Guard {
            process,
            said: BufReader::new(said),
        };
        Ok(Self {
            programs: programs.to_owned(),
            port,
            folder: guard.ready()?,
            guard: Mutex::new(guard),
            has_own_room: options.room_mib.is_some(),
            used: Arc::default(),
        })
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

/// What can happen to a server.
impl Server {
    /// Ends all of its processes at once; what was not written is lost.
    ///
    /// # Panics
    ///
    /// When they cannot be signalled.
    pub fn kill(&self) {
        self.signal("KILL");
    }

    /// Lets all of its processes stand still.
    ///
    /// # Panics
    ///
    /// When they cannot be signalled.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets its processes go on.
    ///
    /// # Panics
    ///
    /// When they cannot be signalled.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Starts it again where it has ended.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn restart(&self) {
        if self.process().is_some_and(|process| is_running(&process)) {
            return;
        }
        let mut guard = self.guard.lock().expect("no holder panics");
        let orders = guard.process.stdin.as_mut().expect("it is taken at the end");
        orders.write_all(b"start\n").expect("the guard reads");
        guard.ready().expect("the server starts again");
    }

    /// Takes all the room that it has.
    ///
    /// # Panics
    ///
    /// When its room is that of the whole machine.
    pub fn fill(&self) -> Ballast {
        assert!(self.has_own_room, "the whole machine is not to be filled");
        let path = self.folder.join("ballast");
        let mut ballast = fs::File::create(&path).expect("the folder is there");
        for size in [1 << 20, 4096, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
        Ballast(path)
    }

    /// Sends a signal to all of its processes.
    fn signal(&self, signal: &str) {
        let process = self.process().expect("it was started");
        // The first one first: it would start others in the place of those that end.
        let order = format!(
            "kill -{signal} {process} $(cat /proc/{process}/task/{process}/children) 2>/dev/null; true"
        );
        let done = Command::new("sh").args(["-c", &order]).status();
        assert!(done.is_ok_and(|status| status.success()), "`{order}` failed");
    }

    /// The number of its first process.
    fn process(&self) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        text.lines().next().map(str::to_owned)
    }
}

fn is_running(process: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = state.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

impl Guard {
    /// Waits until the server can be asked; returns its folder.
    fn ready(&mut self) -> Result<PathBuf, String> {
        let mut line = String::new();
        self.said
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        if let Some(folder) = line.strip_suffix('\n') {
            return Ok(folder.into());
        }
        let mut complaint = String::new();
        if let Some(stderr) = &mut self.process.stderr {
            let _ = stderr.read_to_string(&mut complaint);
        }
        let _ = self.process.wait();
        Err(complaint)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let guard = self.guard.get_mut().expect("no holder panics");
        drop(guard.process.stdin.take());
        let _ = guard.process.wait();
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

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("this machine has a free port");
    listener.local_addr().expect("it listens").port()
}

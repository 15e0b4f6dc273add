//! PgBouncer before a server: many clients share few connections, each for a transaction.

use std::{
    fs,
    io::Write as _,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where `cargo xtask test` unpacks the Debian package.
const UNPACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/debian/pgbouncer");
/// Far more than it takes to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(30);
/// Runs it until standard input ends, and takes its folder away. It does not run as root.
const GUARD: &str = r#"
    trap '' INT HUP TERM
    if [ "$(id -u)" = 0 ]; then chown -R postgres "$2"; set -- "$1" "$2" -u postgres; fi
    program=$1 folder=$2
    shift 2
    "$program" -q "$@" "$folder/pgbouncer.ini" </dev/null >/dev/null 2>&1 &
    cat >/dev/null
    kill -KILL $!
    rm -rf "$folder"
"#;

/// A running PgBouncer in transaction mode, without which nobody can do anything that lasts longer than one.
#[derive(Debug)]
pub struct Pooler {
    port: u16,
    guard: Child,
}

impl Pooler {
    /// Starts one before the server on a port, with so many connections to each database; `None` where PgBouncer is
    /// neither installed nor unpacked. It ends when this is dropped, or with this process.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn before(server: u16, connections: u32) -> Option<Self> {
        let unpacked = Path::new(UNPACKED);
        let places = [unpacked.join("usr/sbin/pgbouncer"), "/usr/sbin/pgbouncer".into()];
        let program = places.into_iter().find(|place| place.is_file())?;
        let port = crate::server::free_port();
        let folder = configured(port, server, connections);
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args([&program, &folder])
            .env("LD_LIBRARY_PATH", libraries(unpacked))
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < LISTENS_WITHIN, "PgBouncer does not start");
            thread::sleep(Duration::from_millis(10));
        }
        Some(Self { port, guard })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A folder with what it is told.
fn configured(port: u16, server: u16, connections: u32) -> PathBuf {
    // Not below TMPDIR: another account must reach it.
    let folder = PathBuf::from(format!("/tmp/pg-test-pooler.{}.{port}", std::process::id()));
    fs::create_dir_all(&folder).expect("there is room");
    let mut file = fs::File::create(folder.join("pgbouncer.ini")).expect("there is room");
    // Databases are emptied for the next test, which ends the connections of those that are kept.
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={server} user=postgres\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
         pool_mode = transaction\ndefault_pool_size = {connections}\nserver_check_delay = 0\n"
    );
    file.write_all(settings.as_bytes()).expect("there is room");
    folder
}

/// Where the libraries of an unpacked package lie.
fn libraries(unpacked: &Path) -> PathBuf {
    unpacked
        .join("usr/lib")
        .join(format!("{}-linux-gnu", std::env::consts::ARCH))
}

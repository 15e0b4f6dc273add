//! `cargo xtask restore-drill`: rules are destroyed, restored from their backup, and compared; those of a tree, and those
//! of a database.
//!
//! Nothing but what an operator types does it: `asset-injector rules copy`. Equal means two things: a backup of what was
//! restored has the same bytes, and the server answers as before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use pg_test::{Database, Options};
use serde_json::{Value, json};

use crate::http::{self, Answer};
use crate::server::{self, RELEASE_BINARY, Server, probe_port};
use crate::shell;

const SCRATCH: &str = "target/xtask/restore-drill";
const PACK: &str = "print-fixes";
const PAGE: &str = "https://www.site-1.example/news";

/// Options of `restore-drill`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many rules are destroyed
    #[arg(long, default_value_t = 10_000)]
    rules: usize,
}

/// Destroys and restores as many as the options say.
pub(crate) fn main(args: &Args) -> Result<()> {
    server::build_release()?;
    run(args.rules)
}

/// The drill on both stores; fails if anything is not as before.
pub(crate) fn run(rules: usize) -> Result<()> {
    let scratch = std::path::absolute(SCRATCH)?;
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch).with_context(|| format!("cannot create `{SCRATCH}`"))?;
    let pack = build_pack(&scratch)?;
    let postgres = pg_test::Server::start(Options {
        is_durable: true,
        room_mib: None,
    });
    let stores = [
        ("tree", Store::Tree(scratch.join("tree/rules"))),
        ("database", Store::Database(postgres.database())),
    ];
    println!("{rules} rules and one pack, destroyed and restored:\n");
    println!("  store     backup    size       restore   serving again  compared");
    for (name, store) in stores {
        let folder = scratch.join(name);
        std::fs::create_dir_all(&folder)?;
        let took = Place { store, folder }
            .drill(rules, &pack)
            .with_context(|| format!("the drill of the {name}"))?;
        println!(
            "  {name:<8}  {:>5.2} s  {:>6} KiB  {:>5.2} s   {:>5.2} s         equal",
            took.backup.as_secs_f64(),
            took.bytes / 1024,
            took.restore.as_secs_f64(),
            took.start.as_secs_f64(),
        );
    }
    Ok(())
}

/// Where rules are.
enum Store {
    Tree(PathBuf),
    Database(Database),
}

/// A store, and where its server and its backups put what they write.
struct Place {
    store: Store,
    folder: PathBuf,
}

/// How long an operator waits.
struct Took {
    backup: Duration,
    bytes: u64,
    restore: Duration,
    start: Duration,
}

impl Place {
    fn drill(&self, rules: usize, pack: &Path) -> Result<Took> {
        let [first, second] = ["first", "second"].map(|name| self.folder.join(format!("{name}.backup.gz")));
        let server = self.serve()?.0;
        fill(&server, rules, pack)?;
        let before = answers(&server)?;
        let backup = self.copy(Direction::ToArchive(&first))?;
        server.kill()?;

        self.destroy()?;
        let (server, _) = self.serve()?;
        ensure!(
            listed(&http::get(server.address, "/v1/rules?limit=1")?)? == 0,
            "nothing was destroyed"
        );
        server.stop(Duration::ZERO)?;

        let restore = self.copy(Direction::FromArchive(&first))?;
        let (server, start) = self.serve()?;
        ensure!(answers(&server)? == before, "the server answers something else");
        self.copy(Direction::ToArchive(&second))?;
        server.stop(Duration::ZERO)?;
        let archive = std::fs::read(&first)?;
        ensure!(archive == std::fs::read(&second)?, "a second backup differs");
        Ok(Took {
            backup,
            bytes: archive.len() as u64,
            restore,
            start,
        })
    }

    /// The program with this place in its settings.
    fn command(&self) -> Command {
        let mut command = Command::new(RELEASE_BINARY);
        command.env("DATA_DIR", self.folder.join("data"));
        match &self.store {
            Store::Tree(tree) => command.env("RULES_DIR", tree),
            Store::Database(database) => command.env("DATABASE_URL", database.url()),
        };
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn serve(&self) -> Result<(Server, Duration)> {
        let mut command = self.command();
        command.arg("serve").env("REQUEST_TIMEOUT", "1m");
        let mut server = Server::spawn(command, probe_port(0)?)?;
        let ready = server.wait_until_ready(Duration::from_millis(5))?;
        Ok((server, ready))
    }

    fn copy(&self, direction: Direction<'_>) -> Result<Duration> {
        let place = match &self.store {
            Store::Tree(tree) => tree.as_os_str(),
            Store::Database(_) => "database".as_ref(),
        };
        let (from, to) = match direction {
            Direction::ToArchive(archive) => (place, archive.as_os_str()),
            Direction::FromArchive(archive) => (archive.as_os_str(), place),
        };
        let mut command = self.command();
        command
            .args(["rules", "copy", "--from"])
            .arg(from)
            .arg("--to")
            .arg(to);
        if matches!(direction, Direction::FromArchive(_)) {
            // A server has been here since: its empty folders are no rules, but its database is one.
            command.arg("--replace");
        }
        let started = Instant::now();
        shell::output(&mut command)?;
        Ok(started.elapsed())
    }

    /// As somebody does who has taken the wrong folder, or the wrong database. What a server has kept of it goes too.
    fn destroy(&self) -> Result<()> {
        match &self.store {
            Store::Tree(tree) => std::fs::remove_dir_all(tree)?,
            Store::Database(database) => {
                database.sql("DROP SCHEMA asset_injector CASCADE");
            }
        }
        let kept = self.folder.join("data");
        if kept.exists() {
            std::fs::remove_dir_all(kept)?;
        }
        Ok(())
    }
}

/// What is copied where.
#[derive(Clone, Copy)]
enum Direction<'a> {
    ToArchive(&'a Path),
    FromArchive(&'a Path),
}

/// The archive of a pack, as `packs new` makes it.
fn build_pack(scratch: &Path) -> Result<PathBuf> {
    let program = std::path::absolute(RELEASE_BINARY)?;
    for verb in ["new", "build"] {
        shell::output(
            Command::new(&program)
                .args(["packs", verb, PACK])
                .current_dir(scratch),
        )?;
    }
    Ok(scratch.join(format!("{PACK}-1.0.0.zip")))
}

/// Rules of every kind of write, and a pack.
fn fill(server: &Server, rules: usize, pack: &Path) -> Result<()> {
    let rule = |number: usize| {
        json!({
            "id": format!("site-{number}"), "type": "wildcard",
            "pattern": format!("https://*.site-{number}.example/*"),
            "css": format!("#banner-{number} {{ display: none }}"), "js": format!("hide({number});"),
        })
    };
    let all = Value::Array((0..rules).map(rule).collect()).to_string();
    let change = json!({ "priority": 7, "tags": ["changed"] }).to_string();
    let writes = [
        ("POST", "/v1/rules/import", Some(all.as_str())),
        ("PATCH", "/v1/rules/site-1", Some(change.as_str())),
        ("POST", "/v1/rules/site-2/disable", None),
        ("DELETE", "/v1/rules/site-3", None),
    ];
    for (method, path, body) in writes {
        let answer = http::send(server.address, method, path, body)?;
        ensure!(
            answer.status == 200,
            "{method} {path} was answered with {}: {:.300}",
            answer.status,
            answer.body
        );
    }
    let address = format!("http://{}", server.address);
    shell::output(
        Command::new(RELEASE_BINARY)
            .args(["packs", "install", "--server", &address])
            .arg(pack),
    )?;
    Ok(())
}

/// What a client sees: all rules, the packs, and what a page gets.
fn answers(server: &Server) -> Result<[String; 3]> {
    let ask = |answer: Answer| -> Result<String> {
        ensure!(answer.status == 200, "{}: {:.300}", answer.status, answer.body);
        Ok(answer.body)
    };
    let page = json!({ "url": PAGE }).to_string();
    let address = server.address;
    let resolved = ask(http::post(address, "/v1/resolve", &page)?)?;
    let mut resolved: Value = serde_json::from_str(&resolved).context("the answer is no JSON")?;
    Ok([
        ask(http::post(address, "/v1/rules/export", "{\"format\":\"yaml\"}")?)?,
        ask(http::get(address, "/v1/packs")?)?,
        resolved["data"].take().to_string(),
    ])
}

fn listed(answer: &Answer) -> Result<u64> {
    let list: Value = serde_json::from_str(&answer.body).context("the list of rules is no JSON")?;
    list["data"]["count"].as_u64().context("the list has no count")
}

//! What an update of very many packs costs those who resolve meanwhile.
//!
//! A repository is made with the binary itself and served on this machine. All packs are installed by a lock file, in
//! one write, and then updated by one call; what is compared are resolves before and during that call, over the same
//! connections and without the cache.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::http::{self as load_test, Load};
use super::{SCRATCH, median, rule, verdict};
use crate::http;
use crate::server::{self, RELEASE_BINARY, Server};
use crate::shell;
use crate::static_site::StaticSite;

/// Rules of a pack, in files of so many.
const RULES: usize = 1000;
const RULES_A_FILE: usize = 50;
/// Resolves may be so many times slower while packs are updated.
const SLOWER_AIM: f64 = 2.0;
/// Connections that resolve: few, so that the load generator leaves the server a core.
const RESOLVING: &str = "4";
/// One after another, as long as the update takes.
const WINDOW_SECONDS: u32 = 1;

/// Measures and prints.
pub(super) fn main(short: bool) -> Result<()> {
    load_test::build_tool()?;
    let packs = if short { 10 } else { 100 };
    let repository = repository(packs)?;
    let site = StaticSite::over(&repository)?;
    let server = serve(&repository, &site.url())?;
    let address = server.address;
    call(address, "/v1/packs/install", &json!({ "locked": true }))?;
    super::check_count(&server, packs * RULES)?;

    let updated = updated(address)?;
    let css = http::get(address, "/v1/rules/pack-0:site-0")?.body;
    if !css.contains("#v2-banner-0") {
        bail!("the update was acknowledged and is not in force: {css:.300}");
    }
    report(packs, &updated);
    server.stop(Duration::ZERO)
}

/// A repository with two versions of so many packs, and the lock file of the first ones.
fn repository(packs: usize) -> Result<PathBuf> {
    let folder = Path::new(SCRATCH).join("packs-repository");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    for pack in 0..packs {
        let pack_folder = folder.join(format!("packs/pack-{pack}"));
        for version in 1..=2 {
            write_pack(&pack_folder, pack, version)?;
            let mut build = Command::new(RELEASE_BINARY);
            build
                .args(["packs", "build"])
                .arg(&pack_folder)
                .arg("-o")
                .arg(&pack_folder);
            shell::output(&mut build)?;
        }
    }
    shell::output(Command::new(RELEASE_BINARY).args(["packs", "index"]).arg(&folder))?;
    Ok(folder)
}

/// The folder of a pack as its makers have it.
fn write_pack(folder: &Path, pack: usize, version: usize) -> Result<()> {
    let rules = folder.join("rules");
    std::fs::create_dir_all(&rules)?;
    let manifest =
        format!("name: pack-{pack}\nversion: {version}.0.0\ndescription: For a benchmark\nauthor: xtask\n");
    std::fs::write(folder.join("manifest.yaml"), manifest)?;
    for first in (0..RULES).step_by(RULES_A_FILE) {
        let numbers = first..first + RULES_A_FILE;
        let text: String = numbers.map(|n| entry(pack * RULES + n, version)).collect();
        std::fs::write(rules.join(format!("from-{first}.rule.yaml")), text)?;
    }
    Ok(())
}

/// A rule as an entry of a list, which says the version of its pack.
fn entry(number: usize, version: usize) -> String {
    let rule = rule(number).replace("#banner", &format!("#v{version}-banner"));
    let mut text = String::new();
    for (n, line) in rule.lines().enumerate() {
        let lead = if n == 0 { "-" } else { " " };
        writeln!(text, "{lead} {line}").expect("text takes everything");
    }
    text
}

/// Serves an empty tree whose lock file names the first version of all packs of the repository.
fn serve(repository: &Path, url: &str) -> Result<Server> {
    let scratch = Path::new(SCRATCH).join("packs");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    let community = scratch.join("rules/community");
    std::fs::create_dir_all(&community)?;
    let index = std::fs::read_to_string(repository.join("index.json"))?;
    std::fs::write(
        community.join("packs.lock"),
        lock_file(&serde_json::from_str(&index)?, url)?,
    )?;
    let log = std::fs::File::create(Path::new(SCRATCH).join("packs.log"))?;
    let mut command = Command::new(RELEASE_BINARY);
    command
        .arg("serve")
        .env("RULES_DIR", scratch.join("rules"))
        .env("DATA_DIR", scratch.join("data"))
        .env("COMMUNITY_REPO_URL", url)
        .env("CACHE_MAX_SIZE", "0")
        .stdout(Stdio::null())
        .stderr(log);
    let mut server = Server::spawn(command, server::probe_port(0)?)?;
    server.wait_until_ready(Duration::from_millis(1))?;
    Ok(server)
}

fn lock_file(index: &Value, url: &str) -> Result<String> {
    let mut text = String::from("version: 1\npacks:\n");
    for pack in index["packs"].as_array().context("`packs` is a list")? {
        let name = pack["name"].as_str().context("a pack has a name")?;
        let versions = pack["versions"].as_array().context("`versions` is a list")?;
        let first = versions.iter().find(|version| version["version"] == "1.0.0");
        let sha256 = &first.context("every pack has a first version")?["sha256"];
        writeln!(
            text,
            "  - {{name: {name}, version: '1.0.0', url: '{url}packs/{name}/{name}-1.0.0.zip', sha256: {sha256}}}"
        )?;
    }
    Ok(text)
}

/// What an update came to.
struct Measured {
    took: Duration,
    /// Windows of load before it, and those that lie within it.
    before: Vec<Load>,
    during: Vec<Load>,
    publications: u64,
}

/// Updates all packs under load.
fn updated(address: SocketAddr) -> Result<Measured> {
    let question = json!({ "url": "https://www.site-0.example/news/article?page=2" }).to_string();
    let window = || load_test::load(address, &question, RESOLVING, WINDOW_SECONDS);
    window()?;
    let revision = revision(address)?;
    let is_over = AtomicBool::new(false);
    let before = (0..5).map(|_| window()).collect::<Result<Vec<_>>>()?;
    let (took, during) = std::thread::scope(|scope| {
        let updating = scope.spawn(|| {
            let started = Instant::now();
            let outcome = call(address, "/v1/packs/update", &json!({ "all": true }));
            let took = started.elapsed();
            is_over.store(true, Ordering::SeqCst);
            outcome.map(|_| took)
        });
        let mut during = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            let load = window();
            // A window that the update ended in measures something of both, unless there is no other.
            if during.is_empty() || !is_over.load(Ordering::SeqCst) {
                during.push(load?);
            }
        }
        anyhow::Ok((updating.join().expect("the call does not panic")?, during))
    })?;
    Ok(Measured {
        took,
        before,
        during,
        publications: self::revision(address)? - revision,
    })
}

fn report(packs: usize, measured: &Measured) {
    let Measured {
        took,
        before,
        during,
        publications,
    } = measured;
    println!(
        "\nupdate of {packs} packs of {RULES} rules: {:.1} s, {publications} publication{} (aim: 1)",
        took.as_secs_f64(),
        if *publications == 1 { "" } else { "s" },
    );
    compare("p50", before, during, |load| load.p50_us);
    compare("p99", before, during, |load| load.p99_us);
}

fn compare(name: &str, before: &[Load], during: &[Load], of: fn(&Load) -> f64) {
    let middle = |loads: &[Load]| median(&loads.iter().map(of).collect::<Vec<_>>());
    let (alone, beside) = (middle(before), middle(during));
    let most = during.iter().map(of).fold(0.0, f64::max);
    let ratio = beside / alone;
    println!(
        "uncached resolves over HTTP, {RESOLVING} connections: {name} {alone:.0} µs before, {beside:.0} µs during \
         ({} windows of {WINDOW_SECONDS} s, {most:.0} µs in the slowest): × {ratio:.1} (aim ≤ {SLOWER_AIM}: {})",
        during.len(),
        verdict(ratio <= SLOWER_AIM),
    );
}

fn call(address: SocketAddr, path: &str, body: &Value) -> Result<Value> {
    let answer = http::post(address, path, &body.to_string())?;
    if answer.status != 200 {
        bail!("{path} answered {}: {:.500}", answer.status, answer.body);
    }
    serde_json::from_str(&answer.body).context("the answer is no JSON")
}

/// The number of the snapshot in force.
fn revision(address: SocketAddr) -> Result<u64> {
    let stats = http::get(address, "/v1/stats")?.body;
    let stats: Value = serde_json::from_str(&stats).context("the statistics are no JSON")?;
    let revision = stats["data"]["revision"].as_u64();
    revision.with_context(|| format!("no revision in {stats}"))
}

#[cfg(test)]
mod tests {
    use super::{entry, lock_file};
    use serde_json::json;

    #[test]
    fn an_entry_says_its_version() {
        let text = entry(3, 2);
        assert!(text.starts_with("- id: site-3\n  type: wildcard\n"), "{text}");
        assert!(text.contains("#v2-banner-3"), "{text}");
    }

    #[test]
    fn the_lock_file_names_the_first_version() {
        let versions = json!([{"version": "2.0.0", "sha256": "b"}, {"version": "1.0.0", "sha256": "a"}]);
        let index = json!({"packs": [{"name": "p", "versions": versions}]});
        let text = lock_file(&index, "http://x/").expect("sound");
        assert!(
            text.contains("url: 'http://x/packs/p/p-1.0.0.zip', sha256: \"a\"}"),
            "{text}"
        );
    }
}

//! Where `resolve` and `explain` ask: a server, or a rules tree in this process.
//!
//! A tree is asked through the same router that `serve` answers with, so both give the same answer.

use crate::{
    assemble::Local,
    cli,
    client::{Answer, Client},
    config::{Config, Flags},
    failure::Failure,
    output,
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use store_file::Folders;

/// The longest wait for a server that was named.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The longest wait to find out whether the configured server is there.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where rules are asked for.
pub(crate) enum Target {
    /// A server.
    Server(Client),
    /// A rules tree.
    Tree(Box<Local>),
}

impl Target {
    /// Finds out where to ask, and says so.
    ///
    /// # Errors
    ///
    /// When what was named cannot be asked.
    pub(crate) fn choose(args: &cli::Target) -> anyhow::Result<Self> {
        if let Some(url) = &args.server {
            return Ok(Self::Server(Client::new(url, TIMEOUT)?));
        }
        if let Some(dir) = &args.rules_dir {
            return Self::tree_of(dir);
        }
        let config = Config::load(&Flags::default())?;
        if let Some(server) = Self::configured_server(&config) {
            output::note(&format!("asking the server at {}", server.base()));
            return Ok(Self::Server(server));
        }
        if !config.folders.folders.root.exists() && !config.folders.folders.local.exists() {
            return Err(Failure::usage(
                format!(
                    "no server answers at {} and there is no rules folder `{}`",
                    config.server.address,
                    config.folders.folders.root.display()
                ),
                "name one with --server or --rules-dir, or make one with `asset-injector init`",
            )
            .into());
        }
        Self::tree(&config)
    }

    /// Asks by POST and returns the `data` of the answer.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is an error.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let Answer { status, body } = match self {
            Self::Server(client) => client.post(path, body)?,
            Self::Tree(local) => local.post(path, body)?,
        };
        if status != 200 {
            return Err(refusal(status, &body).into());
        }
        Ok(body["data"].clone())
    }

    fn tree_of(dir: &Path) -> anyhow::Result<Self> {
        if !dir.is_dir() {
            return Err(Failure::usage(
                format!("there is no folder `{}`", dir.display()),
                "make one with `asset-injector init DIR`; its rules folder is DIR/rules",
            )
            .into());
        }
        let mut config = Config::load(&Flags::default())?;
        config.folders.folders = folders_of(dir);
        Self::tree(&config)
    }

    fn tree(config: &Config) -> anyhow::Result<Self> {
        let folders = &config.folders.folders;
        let local = Local::load(config)?;
        let from = if folders.local == folders.root {
            "local rules in"
        } else {
            "the rules tree"
        };
        output::note(&format!("reading {from} {}", folders.root.display()));
        match problems(local.snapshot()) {
            0 => {}
            count => output::note(&format!(
                "{} in its files; `asset-injector check {}` shows them",
                output::count(count, "problem"),
                folders.root.display()
            )),
        }
        Ok(Self::Tree(Box::new(local)))
    }

    /// The configured server, if it answers and is one of ours.
    fn configured_server(config: &Config) -> Option<Client> {
        let probe = Client::of_configured(config, PROBE_TIMEOUT).ok()?;
        let answer = probe.get("/health").ok()?;
        answer.body.to_string().contains("uptime_seconds").then_some(())?;
        Client::of_configured(config, TIMEOUT).ok()
    }
}

fn problems(snapshot: &catalog::Snapshot) -> usize {
    snapshot.problems().len() + snapshot.problems_more()
}

/// The folders of a named tree; one that has none of the three holds local rules itself.
fn folders_of(dir: &Path) -> Folders {
    let below = Folders::below(dir);
    let is_tree = [&below.local, &below.overrides, &below.community]
        .into_iter()
        .any(|folder| folder.is_dir());
    if is_tree {
        below
    } else {
        Folders {
            local: PathBuf::from(dir),
            ..below
        }
    }
}

/// An error answer as an error of ours.
fn refusal(status: u16, body: &Value) -> Failure {
    let message = body["message"]
        .as_str()
        .unwrap_or("the answer is not one of an asset-injector server");
    let details = &body["details"];
    let errors = details["errors"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<_> = errors
        .iter()
        .filter_map(|error| error["reason"].as_str())
        .collect();
    let message = match reasons.is_empty() {
        true => format!("{message} (status {status})"),
        false => format!("{message}: {}", reasons.join("; ")),
    };
    let hint = errors.iter().find_map(|error| error["hint"].as_str());
    Failure::new(
        message,
        hint.unwrap_or("`asset-injector doctor` looks for what is wrong"),
    )
}

/// A question about a URL.
pub(crate) fn question(url: &str, mode: Option<cli::Mode>) -> Value {
    match mode.map(rules::Mode::from) {
        Some(mode) => json!({ "url": url, "mode": mode.as_str() }),
        None => json!({ "url": url }),
    }
}

/// Refuses a URL that no rule can match, before anyone is asked.
///
/// # Errors
///
/// When it is no URL of a page.
pub(crate) fn check_url(url: &str) -> Result<(), Failure> {
    match urlmatch::Candidate::parse(url) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::usage(
            format!("`{url}` is not the URL of a page: {error}"),
            "write it as a browser shows it: https://www.example.com/",
        )),
    }
}

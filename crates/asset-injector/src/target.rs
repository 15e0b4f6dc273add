//! Where commands ask and change: a server, or a rules tree or a database in this process.
//!
//! A tree is asked through the same router that `serve` answers with, so both give the same answer, and
//! a command is one call, written once.

use crate::{
    assemble::Local,
    call::{Answer, Call, Observer},
    cli,
    client::Client,
    config::{Config, Flags, client_token},
    failure::Failure,
    output, refusal,
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
    /// A rules tree, or a database.
    Tree(Box<Local>),
}

/// What a tree is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It stays as it is.
    Look,
    /// It changes.
    Change,
}

impl Use {
    fn doing(self) -> &'static str {
        match self {
            Self::Look => "reading",
            Self::Change => "changing",
        }
    }
}

impl Target {
    /// Finds out where to ask, and says so.
    ///
    /// # Errors
    ///
    /// When what was named cannot be asked.
    pub(crate) fn choose(args: &cli::Target) -> anyhow::Result<Self> {
        Self::of(args, Use::Look)
    }

    /// Finds out what to change, and says so; a tree is owned from then on.
    ///
    /// # Errors
    ///
    /// When what was named cannot be asked, or another process owns the tree.
    pub(crate) fn choose_for_change(args: &cli::Target) -> anyhow::Result<Self> {
        Self::of(args, Use::Change)
    }

    fn of(args: &cli::Target, for_use: Use) -> anyhow::Result<Self> {
        if let Some(url) = &args.server {
            let client = Client::new(url, TIMEOUT)?;
            return Ok(Self::Server(client.with_token(client_token()?)));
        }
        if let Some(dir) = &args.rules_dir {
            return Self::tree_of(dir, for_use);
        }
        let config = Config::load(&Flags::default())?;
        if let Some(server) = Self::configured_server(&config) {
            output::note(&format!("asking the server at {}", server.base()));
            return Ok(Self::Server(server.with_token(client_token()?)));
        }
        if let Some(database) = &config.database {
            let local = match for_use {
                Use::Look => Local::load(&config)?,
                Use::Change => Local::own(&config)?,
            };
            let doing = for_use.doing();
            output::note(&format!("{doing} the database {}", database.target));
            note_problems(&local, "rows", "asset-injector rules problems");
            return Ok(Self::Tree(Box::new(local)));
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
        Self::tree(&config, for_use)
    }

    /// Makes a call and returns its answer, whatever its status.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub(crate) fn ask(&self, call: &Call, seen: Observer<'_>) -> anyhow::Result<Answer> {
        match self {
            Self::Server(client) => client.send(call, seen),
            Self::Tree(local) => local.send(call, seen),
        }
    }

    /// Makes a call and returns its answer.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is an error.
    pub(crate) fn answer(&self, call: &Call) -> anyhow::Result<Answer> {
        let answer = self.ask(call, &mut |_| ())?;
        match answer.is_success() {
            true => Ok(answer),
            false => Err(self.refusal(&answer).into()),
        }
    }

    /// Makes a call and returns the `data` of its answer.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is an error.
    pub(crate) fn data(&self, call: &Call) -> anyhow::Result<Value> {
        Ok(self.answer(call)?.value()["data"].take())
    }

    /// An error answer as an error of ours.
    pub(crate) fn refusal(&self, answer: &Answer) -> Failure {
        let token = match self {
            Self::Server(client) => Some(client.has_token()),
            Self::Tree(_) => None,
        };
        refusal::of(answer, token)
    }

    fn tree_of(dir: &Path, for_use: Use) -> anyhow::Result<Self> {
        if !dir.is_dir() {
            return Err(Failure::usage(
                format!("there is no folder `{}`", dir.display()),
                "make one with `asset-injector init DIR`; its rules folder is DIR/rules",
            )
            .into());
        }
        let mut config = Config::load(&Flags::default())?;
        config.folders.folders = folders_of(dir);
        config.database = None;
        Self::tree(&config, for_use)
    }

    fn tree(config: &Config, for_use: Use) -> anyhow::Result<Self> {
        let folders = &config.folders.folders;
        let local = match for_use {
            Use::Look => Local::load(config)?,
            Use::Change => Local::own(config)?,
        };
        let what = if folders.local == folders.root {
            "local rules in"
        } else {
            "the rules tree"
        };
        output::note(&format!("{} {what} {}", for_use.doing(), folders.root.display()));
        note_problems(
            &local,
            "files",
            &format!("asset-injector check {}", folders.root.display()),
        );
        Ok(Self::Tree(Box::new(local)))
    }

    /// The configured server, if it answers and is one of ours.
    fn configured_server(config: &Config) -> Option<Client> {
        let probe = Client::of_configured(config, PROBE_TIMEOUT).ok()?;
        let answer = probe.get("/health").ok()?;
        answer
            .value()
            .to_string()
            .contains("uptime_seconds")
            .then_some(())?;
        Client::of_configured(config, TIMEOUT).ok()
    }
}

/// Says how many problems there are, and which command shows them.
fn note_problems(local: &Local, of: &str, command: &str) {
    let snapshot = local.snapshot();
    match snapshot.problems().len() + snapshot.problems_more() {
        0 => {}
        count => output::note(&format!(
            "{} in its {of}; `{command}` shows them",
            output::count(count, "problem")
        )),
    }
}

/// The folders of a named tree; one that has no `local` and holds rule files itself holds local rules.
fn folders_of(dir: &Path) -> Folders {
    let below = Folders::below(dir);
    let has_rules = |folder: &Path| folder.is_dir() && !store_file::rule_files(folder).0.is_empty();
    // Who changes rules makes the folders that are missing, so empty ones say nothing.
    let is_tree =
        below.local.is_dir() || has_rules(&below.overrides) || has_rules(&below.community) || !has_rules(dir);
    if is_tree {
        below
    } else {
        Folders {
            local: PathBuf::from(dir),
            ..below
        }
    }
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

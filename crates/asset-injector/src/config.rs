//! Strings from flags, environment and `.env` become each part's own typed settings.
//!
//! Flag > environment > `.env` > default, and the origin of each value is remembered. Every bad
//! value is reported at once. This is the only place that reads the environment.

mod access;
mod catalog;
mod community;
mod database;
mod dotenv;
mod folders;
mod http;
mod keys;
mod log;
mod reader;
mod server;
mod source;
mod tls;
mod traces;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use access::AccessConfig;
pub(crate) use community::CommunityConfig;
pub(crate) use database::DatabaseConfig;
pub(crate) use folders::FolderConfig;
pub(crate) use http::HttpConfig;
pub(crate) use keys::{Fallback, Part, ROWS, flag};
pub(crate) use log::{Format, LogConfig};
pub(crate) use reader::{Effective, Invalid};
pub(crate) use server::ServerConfig;
pub(crate) use source::{Flags, Origin, Sources};
pub(crate) use tls::TlsFiles;
pub(crate) use traces::{Compression, ExportConfig, Protocol, Root, SamplerName};

use reader::Reader;

/// Holds the token that commands show to a server.
pub(crate) const CLIENT_TOKEN: &str = "ASSET_INJECTOR_TOKEN";

/// Holds the password of the key that `packs sign` signs with.
pub(crate) const KEY_PASSWORD: &str = "ASSET_INJECTOR_KEY_PASSWORD";

/// The settings of every part, with where each value came from.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// How the listener and its connections behave.
    pub(crate) server: ServerConfig,
    /// The certificate of an encrypted listener.
    pub(crate) tls: Option<TlsFiles>,
    /// How the HTTP API answers.
    pub(crate) http: HttpConfig,
    /// Who may call.
    pub(crate) access: AccessConfig,
    /// How rules are merged, resolved and cached.
    pub(crate) catalog: ::catalog::Settings,
    /// Where rule files lie.
    pub(crate) folders: FolderConfig,
    /// The database that holds the rules in the place of files.
    pub(crate) database: Option<DatabaseConfig>,
    /// Where packs come from.
    pub(crate) community: CommunityConfig,
    /// What is logged, and how.
    pub(crate) log: LogConfig,
    /// Where spans are exported to; nowhere unless a collector is named.
    pub(crate) export: Option<ExportConfig>,
    /// Every setting as it is in force, in the order of the table.
    pub(crate) effective: Vec<Effective>,
}

impl Config {
    /// Reads flags, the process's environment and `.env` of the working directory.
    ///
    /// # Errors
    ///
    /// All bad values together.
    pub(crate) fn load(flags: &Flags) -> Result<Self, Invalid> {
        Self::from_sources(&Sources::of_process(flags.clone())?)
    }

    /// Turns given sources into settings.
    ///
    /// # Errors
    ///
    /// All bad values together.
    pub(crate) fn from_sources(sources: &Sources) -> Result<Self, Invalid> {
        let mut reader = Reader::new(sources);
        let server = server::read(&mut reader);
        let tls = tls::read(&mut reader);
        let http = http::read(&mut reader);
        let access = access::read(&mut reader);
        let folders = folders::read(&mut reader);
        let database = database::read(&mut reader);
        let community = community::read(&mut reader);
        let catalog = catalog::read(&mut reader, &community.keys);
        let log = log::read(&mut reader);
        let export = traces::read(&mut reader, &log.environment);
        let effective = reader.finish()?;
        Ok(Self {
            server,
            tls,
            http,
            access,
            catalog,
            folders,
            database,
            community,
            log,
            export,
            effective,
        })
    }
}

/// What a text asks to be logged, as `LOG_LEVEL` takes it; `None` if that is not allowed.
pub(crate) fn log_level(text: &str) -> Option<tracing_subscriber::filter::Targets> {
    (keys::LOG_LEVEL.parse)(text)
}

/// What `LOG_LEVEL` allows.
pub(crate) const LOG_LEVEL_ALLOWED: &str = keys::LOG_LEVEL.row.allowed;

/// The mode that rules are used with, from the environment and `.env`, whatever the other settings are.
///
/// # Errors
///
/// When it is not valid, or `.env` cannot be read.
pub(crate) fn resolve_mode() -> Result<rules::Mode, Invalid> {
    let sources = Sources::of_process(Flags::default())?;
    let mut reader = Reader::new(&sources);
    let mode = reader.read(&keys::RESOLVE_MODE);
    reader.finish().map(|_| mode)
}

/// The token that commands show to a server: a setting of theirs, which `serve` does not have.
///
/// # Errors
///
/// When `.env` cannot be read.
pub(crate) fn client_token() -> Result<Option<String>, Invalid> {
    let sources = Sources::of_process(Flags::default())?;
    Ok(sources.find(CLIENT_TOKEN).map(|(token, _)| token.to_owned()))
}

/// The password of the key that signs: a setting of that command alone.
///
/// # Errors
///
/// When `.env` cannot be read.
pub(crate) fn key_password() -> Result<Option<String>, Invalid> {
    let sources = Sources::of_process(Flags::default())?;
    Ok(sources
        .find(KEY_PASSWORD)
        .map(|(password, _)| password.to_owned()))
}

//! Where a setting's text can come from, and which one wins.

use super::{ROWS, dotenv, flag, reader::Invalid};
use std::{collections::BTreeMap, fmt, fs, io, path::Path};

/// The file of settings in the working directory.
const DOTENV: &str = ".env";

/// Where a value came from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag,
    /// The process's environment.
    Environment,
    /// `.env` of the working directory.
    DotEnv,
    /// The table.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::DotEnv => ".env",
            Self::Default => "default",
        })
    }
}

/// Settings given as flags, by the name of the setting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags(BTreeMap<&'static str, String>);

/// The command line's flags are made from the table, so that none can be missing.
impl clap::Args for Flags {
    fn augment_args(command: clap::Command) -> clap::Command {
        ROWS.iter().fold(command, |command, row| {
            let default = match row.default {
                super::keys::Fallback::Is(text) => text.to_owned(),
                super::keys::Fallback::Follows(words) => words.to_owned(),
            };
            let details = format!("{}\nAllowed: {}\n[default: {default}]", row.about, row.allowed);
            command.arg(
                clap::Arg::new(row.name)
                    .long(flag(row.name))
                    .value_name("VALUE")
                    .help(row.about)
                    .long_help(details)
                    .help_heading(row.part.heading()),
            )
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let given = |name| Some((name, matches.get_one::<String>(name)?.clone()));
        Ok(Self(ROWS.iter().filter_map(|row| given(row.name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The texts of all sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    pub(crate) flags: Flags,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) dotenv: BTreeMap<String, String>,
}

impl Sources {
    /// The sources of this process. Its environment is read and never changed.
    ///
    /// # Errors
    ///
    /// When `.env` exists and cannot be read.
    pub(crate) fn of_process(flags: Flags) -> Result<Self, Invalid> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        let environment = std::env::vars_os().filter_map(text).collect();
        let dotenv = read_dotenv(Path::new(DOTENV)).map_err(Invalid::dotenv)?;
        Ok(Self {
            flags,
            environment,
            dotenv,
        })
    }

    /// The text in force for a setting and where it came from; an empty text counts as unset.
    pub(crate) fn find(&self, name: &str) -> Option<(&str, Origin)> {
        let sources = [
            (self.flags.0.get(name), Origin::Flag),
            (self.environment.get(name), Origin::Environment),
            (self.dotenv.get(name), Origin::DotEnv),
        ];
        let trimmed = sources
            .into_iter()
            .filter_map(|(text, origin)| Some((text?.trim(), origin)));
        trimmed.into_iter().find(|(text, _)| !text.is_empty())
    }
}

/// Reads the file if it is there.
fn read_dotenv(path: &Path) -> Result<BTreeMap<String, String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => dotenv::parse(&text).map_err(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error.to_string()),
    }
}

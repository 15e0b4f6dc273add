//! A place that holds rules as a whole: where `rules copy` reads and writes.

mod watched;

use crate::{
    assemble::{self, SystemClock},
    atomic,
    config::{Config, Flags},
    failure::Failure,
};
use anyhow::Context as _;
use backup::{ENDING, Saved};
use rules::Clock as _;
use std::{
    fmt,
    fs::{self, File},
    io::{self, BufReader, Read as _, Write as _},
    path::PathBuf,
    sync::Arc,
};
use store::{Edit, ErrorKind, RuleStore};
use store_file::{Access, FileStore, Folders};
use store_pg::Target as Database;
use tokio::runtime::Runtime;
use watched::Watched;

/// The word for the database that is configured: an argument can be seen by others on the machine, and the password in
/// it.
const CONFIGURED: &str = "database";

/// A place, as it was named.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A rules tree.
    Tree(PathBuf),
    /// A database.
    Database(Box<Database>),
    /// A backup archive.
    Archive(PathBuf),
    /// A backup archive on standard input or output.
    Stream,
}

impl Place {
    /// The place that a text names.
    ///
    /// # Errors
    ///
    /// When it is the URL of a database and cannot be read, or the configured database and none is; the message has no
    /// secret of it.
    pub(crate) fn named(text: &str) -> anyhow::Result<Self> {
        let is_database = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        match text {
            "-" => Ok(Self::Stream),
            CONFIGURED => match Config::load(&Flags::default())?.database {
                Some(database) => Ok(Self::Database(Box::new(database.target))),
                None => {
                    let help = "set DATABASE_URL; a folder of that name is `./database`";
                    Err(Failure::usage("no database is configured", help).into())
                }
            },
            _ if is_database => match Database::parse(text) {
                Ok(database) => Ok(Self::Database(Box::new(database))),
                Err(reason) => {
                    let message = format!("the URL of the database cannot be used: {reason}");
                    let help = "write postgresql://USER:PASSWORD@HOST/DATABASE";
                    Err(Failure::usage(message, help).into())
                }
            },
            _ if text.ends_with(ENDING) => Ok(Self::Archive(text.into())),
            _ => Ok(Self::Tree(text.into())),
        }
    }

    /// Whether both are the same place, as far as their names tell.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let real = |place: &Self| match place {
            Self::Tree(path) | Self::Archive(path) => fs::canonicalize(path).ok(),
            Self::Database(database) => Some(PathBuf::from(format!("postgresql://{database}"))),
            Self::Stream => None,
        };
        real(self).is_some_and(|path| Some(path) == real(other))
    }

    /// Opens the place to read everything that is there.
    ///
    /// # Errors
    ///
    /// When there is nothing that can be read.
    pub(crate) fn source(self) -> anyhow::Result<Source> {
        let held = match &self {
            Self::Tree(path) => {
                if !path.is_dir() {
                    return Err(no_tree(path.display()).into());
                }
                let store = FileStore::new(Folders::below(path));
                Held::Store(Arc::new(store), assemble::runtime()?)
            }
            Self::Database(database) => {
                let runtime = assemble::runtime()?;
                let store = Watched::open(database, Some("it is only read".to_owned()), &runtime)?;
                Held::Store(Arc::new(store), runtime)
            }
            Self::Archive(path) => Held::Archive(path.clone()),
            Self::Stream => {
                let saved = backup::read(BufReader::new(io::stdin()));
                Held::Memory(Box::new(saved.with_context(|| self.to_string())?))
            }
        };
        Ok(Source { place: self, held })
    }

    /// Opens the place to write everything to it.
    ///
    /// # Errors
    ///
    /// When nothing can be written there.
    pub(crate) fn target(self) -> anyhow::Result<Target> {
        let held = match &self {
            Self::Tree(path) => {
                if path.exists() && !path.is_dir() {
                    return Err(no_tree(path.display()).into());
                }
                let store = FileStore::open(Folders::below(path), Access::ReadWrite, Arc::new(SystemClock));
                Held::Store(Arc::new(writable(store)?), assemble::runtime()?)
            }
            Self::Database(database) => {
                let runtime = assemble::runtime()?;
                Held::Store(Arc::new(Watched::open(database, None, &runtime)?), runtime)
            }
            Self::Archive(path) => Held::Archive(path.clone()),
            Self::Stream => Held::Memory(Box::default()),
        };
        Ok(Target(Source { place: self, held }))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree(path) | Self::Archive(path) => path.display().fmt(f),
            Self::Database(database) => write!(f, "postgresql://{database}"),
            Self::Stream => f.write_str("-"),
        }
    }
}

fn no_tree(path: impl fmt::Display) -> Failure {
    let help = format!(
        "name a rules tree, the URL of a database, or a backup archive: a file whose name ends in `{ENDING}`, or `-`"
    );
    Failure::usage(format!("{path} is no folder"), help)
}

fn writable(opened: Result<FileStore, store::Error>) -> anyhow::Result<FileStore> {
    let help = "stop the server that serves it, or copy to another folder";
    let store = opened.map_err(|error| match error.kind == ErrorKind::InUse {
        true => Failure::new(error.message, help).into(),
        false => anyhow::Error::new(error),
    })?;
    match store.read_only() {
        None => Ok(store),
        Some(reason) => {
            let message = format!("nothing can be written there: {reason}");
            Err(Failure::new(
                message,
                "let this user write to the folder, or copy to another one",
            )
            .into())
        }
    }
}

/// What is behind a place that was opened.
enum Held {
    Store(Arc<dyn RuleStore>, Runtime),
    Archive(PathBuf),
    /// What was read or written where that can be done once only.
    Memory(Box<Saved>),
}

/// A place to read.
pub(crate) struct Source {
    place: Place,
    held: Held,
}

impl Source {
    /// Reads everything that is there now.
    ///
    /// # Errors
    ///
    /// When it cannot be read as a whole.
    pub(crate) fn read(&self) -> anyhow::Result<Saved> {
        match &self.held {
            Held::Store(store, runtime) => {
                let saved = runtime.block_on(Saved::take(&**store, SystemClock.now()));
                saved.with_context(|| self.place.to_string())
            }
            Held::Archive(path) => {
                let file = File::open(path).with_context(|| self.place.to_string())?;
                let saved = backup::read(BufReader::new(file)).with_context(|| self.place.to_string())?;
                match saved.has_pack_files {
                    true => Ok(saved),
                    false => Err(not_whole(&self.place).into()),
                }
            }
            Held::Memory(saved) => match saved.has_pack_files {
                true => Ok(Saved::clone(saved)),
                false => Err(not_whole(&self.place).into()),
            },
        }
    }

    /// The rule files with comments of their own among those that these rules were read from; archives have none.
    pub(crate) fn files_with_comments(&self, saved: &Saved) -> usize {
        let Place::Tree(root) = &self.place else { return 0 };
        let own = saved.contents.rules.iter();
        let own = own.filter(|sourced| sourced.origin.layer != rules::Layer::Community);
        let files = own.filter_map(|sourced| sourced.origin.file.as_deref());
        let files: std::collections::BTreeSet<&str> = files.collect();
        let has_comments = |file: &&&str| {
            let mut text = String::new();
            let read = File::open(root.join(file)).and_then(|mut file| file.read_to_string(&mut text));
            read.is_ok() && text.lines().any(|line| line.trim_start().starts_with('#'))
        };
        files.iter().filter(has_comments).count()
    }
}

fn not_whole(place: &Place) -> Failure {
    Failure::new(
        format!("{place} holds the rules of packs without their files"),
        "name an archive that `rules copy` has written",
    )
}

/// What a write that failed means for whoever copies.
fn not_written(place: &Place, error: store::Error) -> anyhow::Error {
    let (message, help) = if error.kind == ErrorKind::Changed {
        (
            format!("{place} was changed by somebody else meanwhile, and nothing was written: {error}"),
            "run the command again",
        )
    } else if error.kind == ErrorKind::Torn {
        (
            format!("nobody knows whether {place} was written: {error}"),
            "run the command again with --replace, which writes what is missing",
        )
    } else {
        return anyhow::Error::new(error).context("nothing was written");
    };
    Failure::new(message, help).into()
}

/// A place to write to.
pub(crate) struct Target(Source);

impl Target {
    /// Whether an archive of that name is there already; what it holds is not looked at.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(&self.0.held, Held::Archive(path) if path.exists())
    }

    /// Reads what is there now; nothing where an archive will be made.
    ///
    /// # Errors
    ///
    /// As [`Source::read`].
    pub(crate) fn before(&self) -> anyhow::Result<Saved> {
        match &self.0.held {
            Held::Store(..) => self.0.read(),
            Held::Archive(_) | Held::Memory(_) => Ok(Saved::default()),
        }
    }

    /// Makes the place hold what was saved, in one write; `before` is what it held.
    ///
    /// # Errors
    ///
    /// When it was not written; then the place is as it was.
    pub(crate) fn write(&mut self, saved: &Saved, before: &Saved) -> anyhow::Result<()> {
        match &mut self.0.held {
            Held::Store(store, runtime) => {
                let mut edits = saved.edits(before);
                if !edits.is_empty() {
                    edits.insert(0, Edit::ExpectState(before.contents.revision));
                }
                let written = runtime.block_on(store.write(&edits));
                written.map_err(|error| not_written(&self.0.place, error))?;
            }
            Held::Archive(path) => atomic::put_private(path, |file| {
                saved.write(file)?;
                Ok(())
            })?,
            Held::Memory(written) => {
                let bytes = saved.write(Vec::new())?;
                **written = backup::read(&bytes[..])?;
                io::stdout().write_all(&bytes)?;
            }
        }
        Ok(())
    }

    /// Reads it again.
    ///
    /// # Errors
    ///
    /// As [`Source::read`].
    pub(crate) fn read(&self) -> anyhow::Result<Saved> {
        self.0.read()
    }
}

//! The schema, and how it gets from one release to the next.
//!
//! A migration is a file in `migrations/` and a row of [`MIGRATIONS`]; what was released is never changed again, and
//! nothing goes back. All that are missing run in one transaction under a lock, so that of several processes one does
//! it and the others wait or come back, and a migration that fails leaves everything as it was.
//!
//! While a release is rolled out, the one before runs beside it, and a release that is taken back runs on the newer
//! schema. So a migration first only adds (a table, a column with a constant default, an index), and what it replaces
//! goes one release later. None writes a table anew: a transaction that waits for that table began before, and would
//! find it empty. Each says from which version on programs run on its schema: `compatible_with`. A program that
//! knows less than the database accepts it if every migration that it does not know is compatible with what it knows.

mod restored;

use crate::{
    connection::{Access, CommitError, Connections, Transaction},
    error::{self, unavailable},
    sql,
};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use store::{Error, ErrorKind};

/// A step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// 1 and up, without a gap.
    pub version: i32,
    /// What it is about.
    pub name: &'static str,
    /// The version of the schema that a program must know to run on this one.
    pub compatible_with: i32,
    /// All tables of the schema once it is applied, but the one of the migrations; each has a primary key.
    pub(crate) tables: &'static [&'static str],
    pub(crate) text: &'static str,
}

/// The tables since version 1.
const TABLES: &[&str] = &[
    "change",
    "disabled",
    "lease",
    "pack",
    "pack_file",
    "pin",
    "rule",
    "state",
    "touched",
];

/// All of them, in their order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "rules",
        compatible_with: 1,
        tables: TABLES,
        text: include_str!("../migrations/0001_rules.sql"),
    },
    Migration {
        version: 2,
        name: "identity",
        compatible_with: 1,
        tables: TABLES,
        text: include_str!("../migrations/0002_identity.sql"),
    },
];

/// The migrations that this program knows.
#[cfg(not(feature = "rehearsal"))]
pub(crate) fn known() -> &'static [Migration] {
    MIGRATIONS
}

/// The migrations that this program knows: one more, where it plays the next release.
#[cfg(feature = "rehearsal")]
pub(crate) fn known() -> &'static [Migration] {
    static OF_NEXT: std::sync::LazyLock<Vec<Migration>> = std::sync::LazyLock::new(|| {
        let next = Migration {
            version: MIGRATIONS.last().map_or(0, |newest| newest.version) + 1,
            name: "rehearsal",
            compatible_with: MIGRATIONS.last().map_or(0, |newest| newest.version),
            // Nothing comes after it that would look at them.
            tables: &[],
            text: include_str!("../migrations/rehearsal.sql"),
        };
        MIGRATIONS.iter().copied().chain([next]).collect()
    });
    match std::env::var_os("ASSET_INJECTOR_REHEARSAL") {
        Some(_) => &OF_NEXT,
        None => MIGRATIONS,
    }
}

/// The longest time for a step of a migration, and for the wait of whoever waits until it is done: more than any takes.
const STEP_MAX: Duration = Duration::from_secs(24 * 3600);

/// How long a migration waits for a lock on a table, in the words of the database: whoever comes after it waits as
/// well, so that it gives up, and the next start tries again.
const LOCK_TIMEOUT: &str = "10s";

/// What is made before there is a schema to migrate. Where the schema is there, whoever owns it needs no right to make
/// one.
const BEGIN: &str = "
    DO $$ BEGIN
        IF to_regnamespace('asset_injector') IS NULL THEN
            CREATE SCHEMA asset_injector;
        END IF;
    END $$;
    CREATE TABLE IF NOT EXISTS asset_injector.schema_migration (
        version          integer PRIMARY KEY,
        name             text NOT NULL,
        checksum         text NOT NULL,
        compatible_with  integer NOT NULL,
        applied_at       timestamptz NOT NULL DEFAULT now()
    )";

/// How long whoever migrates waits for another process that is at it.
pub(crate) enum Wait<'w> {
    /// As long as a statement may take: what is served goes on meanwhile, and whoever asked asks again.
    Briefly,
    /// Until it is done, which is said before.
    Out(&'w (dyn Fn() + Sync)),
}

/// How a database stands to the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The version of the schema; 0 where there is none.
    pub version: i32,
    /// The migrations that the database lacks, by version and name.
    pub pending: Vec<(i32, String)>,
}

/// A migration that was applied.
struct Applied {
    version: i32,
    name: String,
    checksum: String,
    compatible_with: i32,
}

/// Looks at what is applied.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`] when the database is not one that this program can work on.
pub(crate) async fn standing(connections: &Connections, known: &[Migration]) -> Result<Standing, Error> {
    let transaction = connections.begin(Access::Read).await?;
    let looked_at = look_at(&transaction).await;
    transaction.end().await;
    compare(&looked_at?, known)
}

/// Makes sure that the database can hold every text, and looks at what is applied.
async fn look_at(transaction: &Transaction) -> Result<Vec<Applied>, Error> {
    let row = transaction.row(&sql::ENCODING, &[]).await?;
    let encoding: &str = row.get(0);
    if encoding != "UTF8" {
        let message = format!(
            "the database's encoding is {encoding}, which cannot hold every rule: `createdb --encoding UTF8` makes one that can"
        );
        return Err(Error::new(ErrorKind::Corrupt, message));
    }
    applied(transaction).await
}

/// Applies what is missing; says what that was.
///
/// # Errors
///
/// As [`standing`], when another process takes longer than is waited for, when a backup is being restored, and when a
/// migration fails: nothing is changed then.
pub(crate) async fn migrate(
    connections: &Connections,
    known: &[Migration],
    wait: Wait<'_>,
) -> Result<Vec<(i32, String)>, Error> {
    // Most starts find nothing to do, and need no right to change the schema.
    let pending = standing(connections, known).await?.pending;
    if pending.is_empty() {
        return Ok(pending);
    }
    let mut transaction = connections.begin(Access::Write).await?;
    match apply(&mut transaction, known, wait).await {
        Ok(done) => match transaction.commit().await {
            Ok(()) => Ok(done),
            Err(CommitError::Refused(error) | CommitError::Unknown(error)) => Err(error),
        },
        Err(error) => {
            transaction.end().await;
            Err(error)
        }
    }
}

async fn apply(
    transaction: &mut Transaction,
    known: &[Migration],
    wait: Wait<'_>,
) -> Result<Vec<(i32, String)>, Error> {
    lock(transaction, wait).await?;
    // Before anything is looked at: a table that was made while we waited may not be known before another is touched.
    transaction.batch(BEGIN).await?;
    let standing = compare(&applied(transaction).await?, known)?;
    if standing.pending.is_empty() {
        // Whoever was waited for has done it.
        return Ok(standing.pending);
    }
    restored::check(transaction, known, standing.version).await?;
    for migration in known.iter().filter(|known| known.version > standing.version) {
        transaction.batch(migration.text).await?;
        let Migration {
            version,
            name,
            compatible_with,
            ..
        } = migration;
        let checksum = checksum(migration.text);
        transaction
            .run(&sql::MIGRATED, &[version, name, &checksum, compatible_with])
            .await?;
    }
    Ok(standing.pending)
}

/// Makes sure that nobody else migrates until the transaction ends.
async fn lock(transaction: &mut Transaction, wait: Wait<'_>) -> Result<(), Error> {
    if let Wait::Out(say) = wait {
        let free = transaction.row(&sql::TRY_LOCK_MIGRATIONS, &[]).await?;
        if !free.get::<_, bool>(0) {
            say();
        }
        transaction.allow(STEP_MAX);
        transaction
            .batch("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            .await?;
    }
    // Whoever has it already gets it once more.
    let locked = transaction.run(&sql::LOCK_MIGRATIONS, &[]).await;
    locked.map_err(|error| match error::is_of_waiting(&error) {
        true => unavailable(
            "another process migrates the database, and is not done within DATABASE_STATEMENT_TIMEOUT",
        )
        .because(error),
        false => error,
    })?;
    transaction.allow(STEP_MAX);
    let limits = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL statement_timeout = 0");
    transaction.batch(&limits).await
}

async fn applied(transaction: &Transaction) -> Result<Vec<Applied>, Error> {
    if !transaction
        .row(&sql::HAS_MIGRATIONS, &[])
        .await?
        .get::<_, bool>(0)
    {
        return Ok(Vec::new());
    }
    let rows = transaction.rows(&sql::MIGRATIONS, &[]).await?;
    let applied = rows.iter().map(|row| Applied {
        version: row.get(0),
        name: row.get(1),
        checksum: row.get(2),
        compatible_with: row.get(3),
    });
    Ok(applied.collect())
}

fn compare(applied: &[Applied], known: &[Migration]) -> Result<Standing, Error> {
    let newest = known.last().map_or(0, |migration| migration.version);
    for applied in applied {
        let known = known.iter().find(|known| known.version == applied.version);
        let reason = match known {
            Some(known) if checksum(known.text) != applied.checksum => "was applied with another text",
            None if applied.compatible_with > newest => {
                "is of a newer release, which this one cannot run beside"
            }
            Some(_) | None => continue,
        };
        let message = format!("the migration {} ({}) {reason}", applied.version, applied.name);
        return Err(Error::new(ErrorKind::Corrupt, message));
    }
    let version = applied.last().map_or(0, |applied| applied.version);
    let pending = known.iter().filter(|known| known.version > version);
    Ok(Standing {
        version,
        pending: pending
            .map(|known| (known.version, known.name.to_owned()))
            .collect(),
    })
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;

//! `migrate`: the schema of the database.

use crate::{
    assemble,
    cli::Migrate,
    config::{Config, Flags},
    failure::{Failure, Outcome},
    output,
};
use std::io::Write as _;
use store::ErrorKind;

/// Applies what is missing, or says what is.
pub(super) fn run(args: &Migrate) -> anyhow::Result<Outcome> {
    let config = Config::load(&Flags::default())?;
    let Some(database) = &config.database else {
        let message = "no database is configured";
        return Err(Failure::usage(message, "set DATABASE_URL; rule files need no migration").into());
    };
    let store = assemble::database(database, None)?;
    let mut stdout = output::stdout();
    let runtime = assemble::runtime()?;
    if !args.check {
        let say = || {
            // Nobody may read it, and the migration comes all the same.
            let _ = writeln!(
                output::stderr(),
                "another process migrates the database; waiting until it is done"
            );
        };
        for (version, name) in runtime.block_on(store.migrate(say))? {
            writeln!(stdout, "applied {version} {name}")?;
        }
    }
    let standing = match runtime.block_on(store.standing()) {
        Err(error) if args.check && error.kind == ErrorKind::Corrupt => {
            writeln!(stdout, "{}: {error}", database.target)?;
            return Ok(Outcome::Findings);
        }
        standing => standing?,
    };
    for (version, name) in &standing.pending {
        writeln!(stdout, "pending {version} {name}")?;
    }
    writeln!(stdout, "{} is at version {}", database.target, standing.version)?;
    Ok(match standing.pending.is_empty() {
        true => Outcome::Done,
        false => Outcome::Findings,
    })
}

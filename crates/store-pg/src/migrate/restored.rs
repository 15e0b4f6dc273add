//! A backup that is being restored is not migrated: what a migration adds meanwhile is in the way of whoever restores it.
//!
//! Tables come first, one by one, then rows, several tables at a time, and the primary keys last. So a schema is whole
//! once every table has its key.

use super::Migration;
use crate::{connection::Transaction, error::unavailable, sql};
use std::collections::BTreeMap;
use store::Error;

/// Fails where the database, whose schema says that it is of this version, lacks what each of that version has.
///
/// # Errors
///
/// `Unavailable` with what it lacks: whoever restores it may be done the next time.
pub(super) async fn check(transaction: &Transaction, known: &[Migration], version: i32) -> Result<(), Error> {
    let Some(lack) = lack(transaction, known, version).await? else {
        return Ok(());
    };
    Err(unavailable(format!(
        "the database {lack}: a backup is being restored to it, or that was given up"
    )))
}

async fn lack(transaction: &Transaction, known: &[Migration], version: i32) -> Result<Option<String>, Error> {
    let rows = transaction.rows(&sql::TABLES, &[]).await?;
    let keyed: BTreeMap<&str, bool> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let Some(applied) = known.iter().find(|known| known.version == version) else {
        let ours = known.first().map_or(&[][..], |first| first.tables);
        let found = ours.iter().find(|table| keyed.contains_key(*table));
        return Ok(found.map(|table| format!("has the table `{table}`, and no record of migrations")));
    };
    for table in applied.tables {
        match keyed.get(table) {
            Some(true) => {}
            Some(false) => return Ok(Some(format!("lacks the primary key of the table `{table}`"))),
            None => return Ok(Some(format!("lacks the table `{table}`"))),
        }
    }
    let has_state: bool = transaction.row(&sql::HAS_STATE, &[]).await?.get(0);
    Ok((!has_state).then(|| "holds a schema and no rules yet".to_owned()))
}

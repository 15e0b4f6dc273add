//! Edits as statements: those of rules many at a time, those of packs one by one, all in one transaction.

mod packs;
mod plan;

use crate::{
    connection::Transaction,
    error::unavailable,
    load::{self, revision, stored},
    memory::Stamp,
    row::RuleKey,
    sql,
};
use plan::Plan;
use rules::{Rule, on_parser_stack};
use std::collections::{BTreeMap, BTreeSet};
use store::{Edit, Error, ErrorKind, Revision};
use tokio::task::spawn_blocking;

/// Rows that go with one statement.
const ROWS: usize = 1_000;

/// Ids of changes that are remembered: who asks for a difference that reaches further back loads everything. The log
/// is cut when it has become twice as long.
const TOUCHED_MAX: i64 = 50_000;

/// What a write has changed so far.
#[derive(Debug, Default)]
struct Changed {
    /// The keys of ids.
    touched: BTreeSet<String>,
    /// Whether anything about a pack is other than it was.
    has_packs: bool,
}

/// Makes all edits; returns the state that it makes and, where there is one, the state that was before; `None` when
/// nothing is other than before. `given` knows the states that were given out.
pub(crate) async fn write(
    transaction: &Transaction,
    edits: &[Edit],
    token: &str,
    given: impl Fn(Revision) -> Option<Stamp> + Sync,
) -> Result<(Revision, Option<Stamp>), Error> {
    let locked = transaction.row(&sql::LOCK, &[]).await?;
    let database: String = locked.get(2);
    let (before, logged) = (revision(locked.get(0)), locked.get::<_, i64>(1));
    let mut changed = Changed::default();
    let has_id = |edit: &Edit| edit.id().is_some();
    for edits in edits.chunk_by(|one, other| has_id(one) && has_id(other)) {
        match edits {
            [Edit::ExpectState(seen)] => {
                expect_state(transaction, given(*seen), &database).await?;
                continue;
            }
            [Edit::ExpectPacks(seen)] => {
                packs::expect(transaction, seen).await?;
                continue;
            }
            [Edit::Install(new)] => packs::install(transaction, new).await?,
            [Edit::Uninstall(name)] => packs::uninstall(transaction, name).await?,
            [Edit::Singles(change)] => packs::change_singles(transaction, change).await?,
            edits => {
                edit_rules(transaction, edits, &mut changed.touched).await?;
                continue;
            }
        }
        changed.has_packs = true;
    }
    if changed.touched.is_empty() && !changed.has_packs {
        return Ok((before, None));
    }
    let next = Stamp {
        database,
        revision: Revision(before.0 + 1),
        token: token.to_owned(),
    };
    log(transaction, &next, changed, logged).await?;
    let text = next.revision.0.to_string();
    transaction.run(&sql::NOTIFY, &[&text]).await?;
    Ok((before, Some(next)))
}

/// Refuses what was decided on a state that is not known to have led to the one that is locked.
async fn expect_state(transaction: &Transaction, seen: Option<Stamp>, database: &str) -> Result<(), Error> {
    let message = match seen {
        Some(seen) if seen.database != database => {
            "another database has taken the place of the one that was read"
        }
        Some(seen) if load::is_of_history(transaction, &seen).await? => return Ok(()),
        Some(_) => "the database is not known to have come from the state that was read",
        None => "nobody remembers the state that was read",
    };
    Err(Error::new(ErrorKind::Changed, message))
}

/// Makes edits of rules, disabled ids and pins.
async fn edit_rules(
    transaction: &Transaction,
    edits: &[Edit],
    touched: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let standing = standing(transaction, edits).await?;
    let edits = edits.to_vec();
    let planning = spawn_blocking(move || on_parser_stack(|| Plan::of(&edits, standing)));
    let plan = planning.await;
    let plan = plan.map_err(|stopped| unavailable("the work on rules was stopped").because(stopped))??;
    plan.carry_out(transaction).await?;
    touched.extend(plan.touched());
    Ok(())
}

/// The bodies of the rules that edits are about, the one in force first.
async fn standing(transaction: &Transaction, edits: &[Edit]) -> Result<BTreeMap<RuleKey, String>, Error> {
    let wanted: BTreeSet<RuleKey> = edits.iter().filter_map(plan::rule_key).collect();
    let wanted: Vec<RuleKey> = wanted.into_iter().collect();
    let mut standing = BTreeMap::new();
    for wanted in wanted.chunks(ROWS) {
        let keys: Vec<&str> = wanted.iter().map(|wanted| &*wanted.key).collect();
        let layers: Vec<&str> = wanted.iter().map(|wanted| wanted.layer.as_str()).collect();
        for row in transaction.rows(&sql::STANDING, &[&keys, &layers]).await? {
            if let Some(key) = RuleKey::of_columns(row.get(0), row.get(1)) {
                standing.entry(key).or_insert_with(|| row.get(2));
            }
        }
    }
    Ok(standing)
}

/// Writes down the next state, and what it touched.
async fn log(transaction: &Transaction, next: &Stamp, changed: Changed, logged: i64) -> Result<(), Error> {
    let revision = stored(next.revision);
    let touched: Vec<String> = changed.touched.into_iter().collect();
    let count = i64::try_from(touched.len()).unwrap_or(i64::MAX);
    let now = logged.saturating_add(count);
    transaction
        .run(&sql::NEXT, &[&revision, &next.token, &now])
        .await?;
    // What is other than before a change of packs takes all rules to tell.
    if changed.has_packs || count > TOUCHED_MAX {
        return cut(transaction, revision).await;
    }
    for touched in touched.chunks(ROWS) {
        transaction.run(&sql::LOG, &[&revision, &touched]).await?;
    }
    if now > 2 * TOUCHED_MAX {
        let from = transaction.rows(&sql::CUT_FROM, &[&TOUCHED_MAX]).await?;
        if let Some(from) = from.first() {
            cut(transaction, from.get(0)).await?;
        }
    }
    Ok(())
}

/// Forgets what led to a state.
async fn cut(transaction: &Transaction, floor: i64) -> Result<(), Error> {
    transaction.run(&sql::CUT_TOUCHED, &[&floor]).await?;
    transaction.run(&sql::CUT_CHANGES, &[&floor]).await?;
    transaction.run(&sql::SET_FLOOR, &[&floor]).await
}

/// Rules as columns, many at a time.
async fn put_rules(transaction: &Transaction, rows: &[plan::PutRow<'_>]) -> Result<(), Error> {
    for rows in rows.chunks(ROWS) {
        let keys: Vec<&str> = rows.iter().map(|row| row.key).collect();
        let layers: Vec<&str> = rows.iter().map(|row| row.layer.as_str()).collect();
        let files: Vec<&str> = rows.iter().map(|row| row.file).collect();
        let ordinals: Vec<i32> = rows.iter().map(|row| row.ordinal).collect();
        let packs: Vec<Option<&str>> = rows.iter().map(|row| row.pack).collect();
        let bodies: Vec<&str> = rows.iter().map(|row| row.body).collect();
        transaction
            .run(
                &sql::PUT_RULES,
                &[&keys, &layers, &files, &ordinals, &packs, &bodies],
            )
            .await?;
    }
    Ok(())
}

/// The text of a rule's column.
fn body(rule: &Rule) -> String {
    crate::body::encode(&rule.to_value())
}
